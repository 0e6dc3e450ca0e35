"""The effects of a recorded verdict with the memo's values, the deciding effect first."""

from __future__ import annotations

from typing import NamedTuple

from cbspec.ledger import Entry, RecordedEffect


class Compared(NamedTuple):
    """An effect compared with the memo's value.

    Attributes:
        opposite: whether the memo's value and our whole interval have different signs.
    """

    effect: RecordedEffect
    opposite: bool


def compared(entry: Entry) -> list[Compared]:
    """Return the deciding effect, then every other effect with a value in the memo, each once.

    If an effect is both drawn and tested, it has the interval of the test, which decides.
    """
    shown: dict[tuple[str, str], Compared] = {}
    first = entry.decisive
    if first:
        shown[first.label, first.measure] = Compared(first, _opposite(first))
    for asserted in sorted(entry.assertions, key=lambda asserted: not asserted.terms.tested):
        for effect in asserted.effects:
            if effect.reported is not None:
                place = effect.label, effect.measure
                shown.setdefault(place, Compared(effect, _opposite(effect)))
    return list(shown.values())


def _opposite(effect: RecordedEffect) -> bool:
    if effect.reported is None or effect.low is None or effect.high is None:
        return False
    return effect.high < 0 < effect.reported or effect.reported < 0 < effect.low
