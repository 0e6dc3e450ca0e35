"""The power lint that needs a record: margins against the spread over seeds that the ledger has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cbspec.claim import Claim
from cbspec.errors import Diagnostic
from cbspec.judge import lint
from cbspec.kinds import Assertion, Contrast, arms_of
from cbspec.language import located
from cbspec.ledger import Entry, Ledger, RecordedEffect


def undecidable(claims: Iterable[Claim], ledger: Ledger) -> tuple[Diagnostic, ...]:
    """Return the assertions and controls that their seeds can never show, by the recorded spread,
    with the seeds needed.

    A spread counts at the scale that it was measured at, while the arms are the same stage calls.
    If several device families have one, the smallest counts.

    An assertion that is on record as decided is decidable. This includes `refuted`: its margin was
    never in reach because the difference lies beyond it. The same holds for a conjunction of which
    one part lies there. A claim of which no verdict is due is left out.
    """
    known = defaultdict(list)
    for entry in ledger:
        known[entry.claim, entry.scale].append(entry)
    mistakes: dict[Diagnostic, None] = {}
    for claim in claims:
        entries = known.get((claim.id, claim.scale), [])
        if claim.due:
            mistakes |= dict.fromkeys(_out_of_reach(claim, entries))
    return tuple(mistakes)


def _out_of_reach(claim: Claim, entries: Sequence[Entry]) -> Iterator[Diagnostic]:
    if not entries:
        return
    for section, assertions in (("assert", claim.assertions), ("controls", claim.controls)):
        for index, assertion in enumerate(assertions):
            arms = {name: claim.arms[name] for name in arms_of(assertion)}
            alike = [entry for entry in entries if entry.measured_as(arms)]
            if _decidable(assertion, claim, alike):
                continue
            if reason := lint(assertion, claim.seeds, claim.alpha, spreads=_spreads(alike)):
                yield located(
                    claim,
                    f"{section}[{index}]",
                    f"{reason} (on record: {claim.id} at scale {claim.scale})",
                )


def _decidable(assertion: Assertion, claim: Claim, alike: Iterable[Entry]) -> bool:
    """Tell whether the record shows that the seeds of the pool can decide an assertion, for it or
    against it.

    Args:
        alike: verdicts on record whose arms are the same stage calls.
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
    """Tell whether the very assertion was decided."""
    terms = assertion.spelled_out(claim.alpha)
    return any(
        recorded.terms == terms and recorded.verdict in ("holds", "refuted")
        for recorded in entry.recorded
    )


Name = tuple[str, str]
"""(measure, label) of an effect; the label says which arms are summed."""


def _beyond(assertion: Assertion, entries: Iterable[Entry]) -> bool:
    """Tell whether a sum on record lies wholly beyond its bounds, so that the assertion can be
    refuted if it cannot be shown.
    """
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
    """Return the smallest spread on record of every sum."""
    spreads: dict[Name, float] = {}
    for effect in _effects(entries):
        if effect.spread is not None:
            name = effect.measure, effect.label
            spreads[name] = min(effect.spread, spreads.get(name, effect.spread))
    return spreads


def _effects(entries: Iterable[Entry]) -> Iterator[RecordedEffect]:
    for entry in entries:
        for recorded in entry.recorded:
            yield from recorded.effects
