"""One line of the record: the verdict on a claim at a scale on a device family, and all that is
needed to compare it later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from cbspec.claim import Claim
from cbspec.kinds import AnyKind, Assertion
from cbspec.ledger.notation import rounded
from cbspec.model.finding import Effect, Finding, Judgement, Verdict
from cbspec.model.values import Values
from cbspec.stage import Call

Device = str
"""The name of a device family."""
Digest = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{4,64}$", description="hexadecimal; digests are shortened to 16 digits"),
]

# In standard errors. Nearer than this to the bound, a decided verdict may flip with other seeds.
FRAGILE = 2.0


class Key(NamedTuple):
    """What an entry is about."""

    claim: str
    scale: str
    device: str

    def __str__(self) -> str:
        return f"{self.claim} ({self.scale}, {self.device})"


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Base of what stands in the ledger: unknown keys are mistakes of a hand edit, and what is as
    usual is left out.
    """


class Provenance(_Record, frozen=True, kw_only=True):
    """Where a verdict comes from. `commit` is None outside a repository; `torch` is the minor
    version, as in ``"2.11"``.
    """

    commit: Digest | None
    dirty: bool
    torch: str
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]


class RecordedEffect(_Record, frozen=True, kw_only=True):
    """An `Effect` as recorded: figures to six significant digits, None where undefined or unbounded
    (or, for `spread`, older).
    """

    label: str
    measure: str
    unit: str
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    p: float | None
    n: int
    reported: float | None = None
    spread: float | None = None


class RecordedAssertion(_Record, frozen=True, kw_only=True):
    """An assertion with its decision.

    Attributes:
        key: its key path in the claim when it was recorded.
        verdict: None when the run ended before it was decided.
        terms: what was asserted, alpha filled in and note left out; it shows whether the goalposts
            moved, and which way.
    """

    key: str
    verdict: Verdict | None
    terms: AnyKind
    effects: tuple[RecordedEffect, ...] = ()


class SeedPlan(_Record, frozen=True, kw_only=True):
    """The seeds that the claim may draw: ``pool[:start]`` at first."""

    start: int
    pool: tuple[int, ...]


class Acceptance(_Record, frozen=True, kw_only=True):
    """A change that a person took into the record on purpose."""

    date: str
    outcome: str
    before: Verdict | None
    after: Verdict
    reason: Annotated[str, Meta(min_length=1)]
    moves: tuple[str, ...] = ()


class Entry(_Record, frozen=True, kw_only=True):
    """The verdict on record.

    Attributes:
        headroom: standard errors from the bound that decides, see `Judgement`.
        fragile: decided, with a headroom of less than `FRAGILE` standard errors.
        digest: of everything asserted and measured (`Claim.digest`).
        arms: arm -> digest of its stage call: what was measured.
        code: stage -> code fingerprint of its implementation.
        accepted: oldest first.
        evidence: digest of the values that it was judged on; None for one from before they were
            kept.
        adopted: stage -> fingerprint of the code that computed the results which were adopted for
            this code, their canary being identical.
        doubt: what a person decided when the code's canary was another one: `superseded` until it
            is run again, or `carried over` with the reason that `accepted` has.
    """

    claim: Annotated[str, Meta(min_length=1)]
    scale: Annotated[str, Meta(min_length=1)]
    device: Device
    verdict: Verdict
    reason: str
    headroom: float | None
    fragile: bool
    seeds: tuple[int, ...]
    drawn: SeedPlan
    assertions: tuple[RecordedAssertion, ...]
    controls: tuple[RecordedAssertion, ...]
    digest: Digest
    arms: dict[str, Digest]
    code: dict[str, Digest]
    provenance: Provenance
    accepted: tuple[Acceptance, ...] = ()
    evidence: Digest | None = None
    adopted: dict[str, Digest] = {}
    doubt: Literal["superseded", "carried over"] | None = None

    @property
    def key(self) -> Key:
        return Key(self.claim, self.scale, self.device)

    @property
    def recorded(self) -> tuple[RecordedAssertion, ...]:
        """Return the assertions, then the controls."""
        return self.assertions + self.controls

    @property
    def implicated(self) -> tuple[RecordedAssertion, ...]:
        """Return what made the verdict: the failed controls if it is invalid, else the assertions
        with the same verdict, else all.
        """
        failed = tuple(control for control in self.controls if control.verdict != "holds")
        if self.verdict == "invalid" and failed:
            return failed
        return (
            tuple(asserted for asserted in self.assertions if asserted.verdict == self.verdict)
            or self.assertions
        )

    @property
    def decisive(self) -> RecordedEffect | None:
        """Return the effect that the reason names, or the only effect; None if all count alike (a
        drawing).
        """
        effects = [effect for asserted in self.implicated for effect in asserted.effects]
        named = [
            effect for effect in effects if f"{effect.measure}: {effect.label} = " in self.reason
        ]
        return next(iter(named or (effects if len(effects) == 1 else [])), None)

    def measured_as(self, calls: Mapping[str, Call]) -> bool:
        """Tell whether these arms (name -> stage call) are on record, each as the same stage
        call.
        """
        return all(self.arms.get(name) == short(call.digest) for name, call in calls.items())

    def stale(self, code: Mapping[str, str]) -> tuple[str, ...]:
        """Return the stages whose fingerprint in `code` is not the recorded one, sorted."""
        now = {stage: short(digest) for stage, digest in code.items()}
        return tuple(
            sorted(
                stage
                for stage in now.keys() | self.code.keys()
                if now.get(stage) != self.code.get(stage)
            )
        )


def entry_of(
    claim: Claim,
    judgement: Judgement,
    *,
    device: Device,
    code: Mapping[str, str],
    provenance: Provenance,
    values: Values | None = None,
    adopted: Mapping[str, str] | None = None,
) -> Entry:
    """Return what the ledger would record of a judgement.

    Args:
        code: stage name -> fingerprint of the code that its implementation reaches, for every stage
            the claim runs.
        values: what was judged; None where a stage failed.
        adopted: stage name -> fingerprint of the code that computed its adopted results.
    """
    decided = judgement.verdict in ("holds", "refuted")
    headroom = rounded(judgement.headroom)
    return Entry(
        claim=claim.id,
        scale=claim.scale,
        device=device,
        verdict=judgement.verdict,
        reason=judgement.reason,
        headroom=headroom,
        fragile=decided and headroom is not None and headroom < FRAGILE,
        seeds=judgement.seeds,
        drawn=SeedPlan(start=claim.seeds.start, pool=claim.seeds.pool),
        assertions=_recorded("assert", claim.assertions, judgement.findings, claim.alpha),
        controls=_recorded("controls", claim.controls, judgement.controls, claim.alpha),
        digest=short(claim.digest),
        arms={name: short(call.digest) for name, call in sorted(claim.arms.items())},
        code={stage: short(digest) for stage, digest in sorted(code.items())},
        provenance=provenance,
        evidence=short(values.digest) if values else None,
        adopted={stage: short(digest) for stage, digest in sorted((adopted or {}).items())},
    )


def seeds_taken(claim: Claim, recorded: Entry | None) -> tuple[int, ...]:
    """Return the seeds of the recorded verdict, if they are more than the first ones and the claim
    still draws them in that order.
    """
    if (
        recorded
        and len(recorded.seeds) > claim.seeds.start
        and recorded.seeds == claim.seeds.pool[: len(recorded.seeds)]
    ):
        return recorded.seeds
    return claim.seeds.first


def short(digest: str) -> str:
    """Return the first 16 hexadecimal digits, which tell any two digests of a project apart."""
    return digest[:16]


def _recorded(
    section: str, assertions: Sequence[Assertion], findings: Sequence[Finding], alpha: float
) -> tuple[RecordedAssertion, ...]:
    by_key = {finding.key: finding for finding in findings}
    keyed = [(f"{section}[{index}]", assertion) for index, assertion in enumerate(assertions)]
    return tuple(
        _record(key, assertion.spelled_out(alpha), by_key.get(key)) for key, assertion in keyed
    )


def _record(key: str, terms: Assertion, finding: Finding | None) -> RecordedAssertion:
    if finding is None:
        return RecordedAssertion(key=key, verdict=None, terms=terms)
    return RecordedAssertion(
        key=key, verdict=finding.verdict, terms=terms, effects=tuple(map(_effect, finding.effects))
    )


def _effect(effect: Effect) -> RecordedEffect:
    return RecordedEffect(
        label=effect.label,
        measure=effect.measure,
        unit=effect.unit,
        estimate=rounded(effect.estimate),
        low=rounded(effect.low),
        high=rounded(effect.high),
        confidence=rounded(effect.confidence) or 0.0,
        p=rounded(effect.p),
        n=effect.n,
        reported=rounded(effect.reported),
        spread=rounded(effect.spread),
    )
