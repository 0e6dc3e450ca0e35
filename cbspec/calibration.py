"""The power lint that needs a record: margins against the spread over seeds that the ledger has."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cbspec.assertion import Any, Assertion, arms_of
from cbspec.claim import Claim
from cbspec.errors import Mistake
from cbspec.judge import lint
from cbspec.judge.bounds import Bounded, contrasts
from cbspec.language import located
from cbspec.ledger import Entry, Ledger, RecordedEffect
from cbspec.ledger.entry import terms_of


def undecidable(claims: Iterable[Claim], ledger: Ledger) -> tuple[Mistake, ...]:
    """The assertions and controls that their seeds can never show, as far as the spread on record tells; with the seeds needed.

    A spread counts at the scale that it was measured at, while the arms are the same stage calls; of several device families
    the smallest does. An assertion that is on record as decided is decidable: `refuted` too, whose margin was never in reach
    because the difference lies beyond it; so is a conjunction of which one part lies there. A claim that is not said to be
    decidable at its scale is not asked about.
    """
    known = defaultdict(list)
    for entry in ledger:
        known[entry.claim, entry.scale].append(entry)
    found: dict[Mistake, None] = {}
    for claim in claims:
        entries = known.get((claim.id, claim.scale), [])
        if claim.scale in claim.decidable:
            found |= dict.fromkeys(_out_of_reach(claim, entries))
    return tuple(found)


def _out_of_reach(claim: Claim, entries: Sequence[Entry]) -> Iterator[Mistake]:
    if not entries:
        return
    for section, assertions in (("assert", claim.assertions), ("controls", claim.controls)):
        for index, assertion in enumerate(assertions):
            arms = {name: claim.arms[name] for name in arms_of(assertion)}
            alike = [entry for entry in entries if entry.measured_as(arms)]
            enough = [entry for entry in alike if len(entry.seeds) <= len(claim.seeds.pool)]
            if any(_decided(assertion, claim, entry) for entry in enough) or _beyond(assertion, enough):
                continue
            if reason := lint(assertion, claim.seeds, claim.alpha, spreads=_spreads(alike)):
                yield located(claim, f"{section}[{index}]", f"{reason} (on record: {claim.id} at scale {claim.scale})")


def _decided(assertion: Assertion, claim: Claim, entry: Entry) -> bool:
    """Whether the very assertion was decided."""
    terms = terms_of(assertion, claim.alpha)
    verdicts = {recorded.verdict for recorded in entry.recorded if recorded.terms == terms}
    return bool(verdicts & {"holds", "refuted"})


Name = tuple[str, str]
"""(measure, label) of an effect; the label says which arms are summed."""


def _bounds(assertion: Assertion) -> Iterator[tuple[Name, tuple[float, float]]]:
    """Every sum that the assertion bounds, with its bounds."""
    for part in getattr(assertion, "of", ()):
        yield from _bounds(part)
    for each in contrasts(assertion) if isinstance(assertion, Bounded) else ():
        yield (each.measure, each.label), (each.low, each.high)


def _beyond(assertion: Assertion, entries: Iterable[Entry]) -> bool:
    """Whether a sum on record lies wholly beyond its bounds, so that the assertion can be refuted if it cannot be shown."""
    bounds = {} if isinstance(assertion, Any) else dict(_bounds(assertion))
    for effect in _effects(entries):
        low, high = bounds.get((effect.measure, effect.label), (-math.inf, math.inf))
        if (effect.low is not None and effect.low > high) or (effect.high is not None and effect.high < low):
            return True
    return False


def _spreads(entries: Iterable[Entry]) -> dict[Name, float]:
    """The smallest spread on record of every sum."""
    found: dict[Name, float] = {}
    for effect in _effects(entries):
        if effect.spread is not None:
            name = effect.measure, effect.label
            found[name] = min(effect.spread, found.get(name, effect.spread))
    return found


def _effects(entries: Iterable[Entry]) -> Iterator[RecordedEffect]:
    return (effect for entry in entries for recorded in entry.recorded for effect in recorded.effects)
