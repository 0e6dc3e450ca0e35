"""The effects of a recorded verdict, the one that decides first, each beside the memo's value."""

from __future__ import annotations

from typing import NamedTuple

from cbspec.ledger import Entry, RecordedEffect


class Compared(NamedTuple):
    """An effect and how the memo's value lies to it.

    Attributes:
        opposite: whether the memo's value and our whole interval lie on different sides of zero.
    """

    effect: RecordedEffect
    opposite: bool


def compared(entry: Entry) -> list[Compared]:
    """Return the effect that the verdict hangs on, then every other one for which the memo reports
    a value, each once.

    If an effect is both drawn and tested, the test's interval is shown, for the verdict stands on
    that.
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
