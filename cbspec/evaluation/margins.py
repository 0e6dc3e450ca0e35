"""The power lint by recorded spread: warns of margins that the seeds cannot reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cbspec.claim import Claim
from cbspec.errors import Diagnostic
from cbspec.judge import lint
from cbspec.kinds import Assertion, Contrast, arms_of
from cbspec.language import located
from cbspec.ledger import Entry, Ledger, NoiseRecord, RecordedEffect


def undecidable(
    claims: Iterable[Claim], ledger: Ledger, noise: NoiseRecord | None = None
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each assertion that its seeds cannot show, by the recorded spread.

    A recorded spread counts at its own scale, as long as the arms are the same stage calls. If
    several device families have recorded one, the smallest counts.

    An assertion that was decided before is left out. This includes `refuted`, since then the effect
    is out of reach of the margin, not of the seeds. The same holds if one part of a conjunction was
    refuted.

    Of a claim without a verdict at this scale the differences of two arms are held to the noise of
    their measure, and to the least that differences have shown.
    """
    known = defaultdict(list)
    for entry in ledger:
        known[entry.claim, entry.scale].append(entry)
    mistakes: dict[Diagnostic, None] = {}
    for claim in claims:
        entries = known.get((claim.id, claim.scale), [])
        if claim.due and entries:
            mistakes |= dict.fromkeys(_out_of_reach(claim, entries))
        elif claim.due and noise:
            mistakes |= dict.fromkeys(_below_noise(claim, noise))
    return tuple(mistakes)


def _out_of_reach(claim: Claim, entries: Sequence[Entry]) -> Iterator[Diagnostic]:
    for key, assertion in claim.asserted.items():
        arms = {name: claim.arms[name] for name in arms_of(assertion)}
        alike = [entry for entry in entries if entry.measured_as(arms)]
        if _decidable(assertion, claim, alike):
            continue
        if reason := lint(assertion, claim.seeds, claim.alpha, spreads=_spreads(alike)):
            record = f"on record: {claim.id} at scale {claim.scale}"
            yield located(claim, key, f"{reason} ({record})")


def _below_noise(claim: Claim, noise: NoiseRecord) -> Iterator[Diagnostic]:
    """Yield the assertions that a claim without a verdict cannot show, by the noise on record."""
    units = claim.units
    for key, assertion in claim.asserted.items():
        spreads = {}
        for contrast in assertion.contrasts():
            unit = units.get(contrast.measure)
            least = noise.least_difference(contrast.measure, claim.scale, unit)
            if least and not contrast.logs and sorted(contrast.weights.values()) == [-1, 1]:
                spreads[contrast.measure, contrast.label] = least
        if not spreads:
            continue
        if reason := lint(assertion, claim.seeds, claim.alpha, spreads=spreads):
            yield located(claim, key, f"{reason} (noise on record at scale {claim.scale})")


def _decidable(assertion: Assertion, claim: Claim, alike: Iterable[Entry]) -> bool:
    """Tell whether the record shows that the seeds of the pool can decide an assertion.

    Args:
        assertion: the assertion.
        claim: its claim.
        alike: recorded verdicts whose arms are the same stage calls.
    """
    enough = []
    for entry in alike:
        if len(entry.seeds) > len(claim.seeds.pool):
            continue
        if _decided(assertion, claim, entry):
            return True
        enough.append(entry)
    return _beyond(assertion, enough)


def _decided(assertion: Assertion, claim: Claim, entry: Entry) -> bool:
    """Tell whether a recorded verdict has decided the same assertion."""
    terms = assertion.spelled_out(claim.alpha)
    return any(
        recorded.terms == terms and recorded.verdict in ("holds", "refuted")
        for recorded in entry.recorded
    )


Name = tuple[str, str]
"""The measure and the label of an effect. The label says which arms are summed."""


def _beyond(assertion: Assertion, entries: Iterable[Entry]) -> bool:
    """Tell whether the interval of a recorded sum lies beyond its bounds, which refutes."""
    if not assertion.conjunctive:
        return False
    bounded: dict[Name, list[Contrast]] = defaultdict(list)
    for contrast in assertion.contrasts():
        bounded[contrast.measure, contrast.label].append(contrast)
    for effect in _effects(entries):
        for contrast in bounded[effect.measure, effect.label]:
            if _outside(effect, contrast):
                return True
    return False


def _outside(effect: RecordedEffect, contrast: Contrast) -> bool:
    above = effect.low is not None and effect.low > contrast.high
    return above or (effect.high is not None and effect.high < contrast.low)


def _spreads(entries: Iterable[Entry]) -> dict[Name, float]:
    """Return the smallest recorded spread of every sum."""
    spreads: dict[Name, float] = {}
    for effect in _effects(entries):
        if effect.spread is not None:
            name = effect.measure, effect.label
            spreads[name] = min(effect.spread, spreads.get(name, effect.spread))
    return spreads


def _effects(entries: Iterable[Entry]) -> Iterator[RecordedEffect]:
    for entry in entries:
        yield from entry.effects
