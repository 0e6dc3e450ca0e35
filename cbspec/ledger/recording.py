"""Making an entry of a judgement, and finding the seeds that a recorded verdict asks for."""

from __future__ import annotations

from collections.abc import Mapping

from cbspec.claim import Claim, Seeds
from cbspec.kinds import measures_of_all
from cbspec.ledger.entry import Device, Entry, Provenance, SeedPlan, short
from cbspec.ledger.notation import rounded
from cbspec.ledger.recorded import recorded
from cbspec.model.dependencies import Dependencies
from cbspec.model.finding import Judgement
from cbspec.model.values import Values
from cbspec.model.visible import visible


def entry_of(
    claim: Claim,
    judgement: Judgement,
    *,
    device: Device,
    code: Mapping[str, str],
    provenance: Provenance,
    values: Values | None = None,
    adopted: Mapping[str, str] | None = None,
    dependencies: Dependencies | None = None,
    loaded: Mapping[str, tuple[str, ...]] | None = None,
) -> Entry:
    """Return the entry that the ledger would have for a judgement.

    Args:
        claim: the judged claim.
        judgement: its verdict.
        device: the device family.
        code: stage -> fingerprint of its code, for every stage of the claim.
        provenance: the commit and state of the project.
        values: the values that were judged; None if a stage failed.
        adopted: stage -> fingerprint of the code that computed its adopted results.
        dependencies: the declared files, versions and variables of all stages of the claim.
        loaded: implementation -> files that its runs have loaded and no code names.
    """
    return Entry(
        claim=claim.id,
        scale=claim.scale,
        device=device,
        verdict=judgement.verdict,
        reason=visible(judgement.reason, keep="\n\t"),
        seeds=judgement.seeds,
        drawn=_seed_plan(claim.drawn or claim.seeds),
        assertions=recorded("assert", claim.assertions, judgement.findings, claim.alpha),
        controls=recorded("controls", claim.controls, judgement.controls, claim.alpha),
        digest=short(claim.digest),
        arms=_shortened({name: call.digest for name, call in claim.arms.items()}),
        measured=_measured(claim),
        code=_shortened(code),
        provenance=provenance,
        evidence=_evidence(values),
        adopted=_shortened(adopted or {}),
        dependencies=dependencies or Dependencies(),
        loaded=dict(loaded or {}),
        again=rounded(judgement.again),
    )


def _measured(claim: Claim) -> dict[str, str]:
    """Return arm -> digest of what it measures, for arms whose stage tells that from the rest.

    It has no measure that nothing asserts. Where a file lies has no part in it, unless arms are
    told apart by their files.
    """
    asserted = measures_of_all(claim.asserted.values())
    files = {call.files for call in claim.arms.values() if call.stage.measured and call.files}
    digests = {}
    for arm, call in claim.arms.items():
        if call.stage.measured:
            digests[arm] = call.measuring(asserted, named=len(files) > 1)
    return _shortened(digests)


def _evidence(values: Values | None) -> str | None:
    if values is None:
        return None
    return short(values.digest)


def _seed_plan(seeds: Seeds) -> SeedPlan:
    return SeedPlan(start=seeds.start, pool=seeds.pool, looks=seeds.looks)


def seeds_taken(claim: Claim, recorded: Entry | None) -> tuple[int, ...]:
    """Return the seeds that the first analysis of a run has.

    They are those of the recorded verdict, if it has more than the claim's first seeds and the
    claim still draws them in that order. Otherwise they are the claim's first seeds.
    """
    if recorded is None:
        return claim.seeds.first
    seeds = recorded.seeds
    if len(seeds) > claim.seeds.start and seeds == claim.seeds.pool[: len(seeds)]:
        return seeds
    return claim.seeds.first


def _shortened(digests: Mapping[str, str]) -> dict[str, str]:
    return {name: short(digest) for name, digest in sorted(digests.items())}
