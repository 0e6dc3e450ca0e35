"""What the memos report by now, in place of what they reported when a verdict was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cbspec.claim import Claim
from cbspec.kinds import Assertion, Compound, Figure, Ratio, Unpaired, Z, measures_of
from cbspec.ledger import Entry, Key, Ledger, RecordedAssertion
from cbspec.ledger.notation import rounded
from cbspec.statistics.sample import Measurements

Reported = Mapping[str, Mapping[str, float]]
"""Measure -> arm -> value."""


def with_sources(ledger: Ledger, claims: Iterable[Claim]) -> Ledger:
    """Return a ledger whose effects stand beside the values that the claim files give today.

    No verdict depends on what a memo reports, so no verdict is recorded anew when a mistake in it is
    mended.

    Args:
        ledger: the recorded verdicts.
        claims: the claims at every scale.
    """
    sources = {(claim.id, claim.scale): claim.source.reported for claim in claims}
    entries: dict[Key, Entry] = dict(ledger.entries)
    for key, entry in entries.items():
        source = sources.get((entry.claim, entry.scale))
        if source is not None:
            asserted = tuple(_beside(assertion, source) for assertion in entry.assertions)
            entries[key] = msgspec.structs.replace(entry, assertions=asserted)
    return Ledger(entries.values(), ledger.withdrawn)


def _beside(recorded: RecordedAssertion, source: Reported) -> RecordedAssertion:
    known = _reported(recorded.terms, source)
    effects = []
    for effect in recorded.effects:
        place = effect.measure, effect.label
        if place in known:
            effect = msgspec.structs.replace(effect, reported=rounded(known[place]))
        effects.append(effect)
    return msgspec.structs.replace(recorded, effects=tuple(effects))


def _reported(terms: Assertion, source: Reported) -> dict[tuple[str, str], float | None]:
    """Return (measure, label) -> the memo's value of an effect; None where it has none."""
    known: dict[tuple[str, str], float | None] = {}
    if isinstance(terms, Compound):
        for part in terms.of:
            known |= _reported(part, source)
        return known
    data = Measurements({}, reported=source)
    for contrast in terms.contrasts():
        known[contrast.measure, contrast.label] = contrast.reported(data)
        quotient = contrast.on_logarithms()
        known.setdefault((quotient.measure, quotient.label), quotient.reported(data))
    if isinstance(terms, Figure | Z):
        for measure in measures_of(terms):
            for arm in terms.arms:
                known[measure, arm] = data.reported_value(measure, arm)
    if isinstance(terms, Unpaired):
        for compared in (terms.compared(), terms.compared(logs=True)):
            known[compared.measure, compared.label] = compared.reported(data)
    if isinstance(terms, Ratio):
        over, under = (data.reported_value(terms.measure, arm) for arm in terms.arms)
        value = over / under if over is not None and under else None
        known[terms.measure, " / ".join(terms.arms)] = value
    return known
