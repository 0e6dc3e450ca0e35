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
            enough = [entry for entry in alike if len(entry.seeds) <= len(claim.seeds.pool)]
            if any(_decided(assertion, claim, entry) for entry in enough) or _beyond(
                assertion, enough
            ):
                continue
            if reason := lint(assertion, claim.seeds, claim.alpha, spreads=_spreads(alike)):
                yield located(
                    claim,
                    f"{section}[{index}]",
                    f"{reason} (on record: {claim.id} at scale {claim.scale})",
                )


def _decided(assertion: Assertion, claim: Claim, entry: Entry) -> bool:
    """Tell whether the very assertion was decided."""
    terms = assertion.spelled_out(claim.alpha)
    verdicts = {recorded.verdict for recorded in entry.recorded if recorded.terms == terms}
    return bool(verdicts & {"holds", "refuted"})


Name = tuple[str, str]
"""(measure, label) of an effect; the label says which arms are summed."""


def _beyond(assertion: Assertion, entries: Iterable[Entry]) -> bool:
    """Tell whether a sum on record lies wholly beyond its bounds, so that the assertion can be
    refuted if it cannot be shown.
    """
    bounded: dict[Name, list[Contrast]] = defaultdict(list)
    for contrast in assertion.contrasts() if assertion.conjunctive else ():
        bounded[contrast.measure, contrast.label].append(contrast)
    return any(
        _outside(effect, contrast)
        for effect in _effects(entries)
        for contrast in bounded[effect.measure, effect.label]
    )


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
    return (
        effect for entry in entries for recorded in entry.recorded for effect in recorded.effects
    )
