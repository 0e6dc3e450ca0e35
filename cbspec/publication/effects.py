"""The effects of a recorded verdict, the one that decides first, each beside the memo's figure."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from cbspec.ledger import Entry, RecordedEffect


class Compared(NamedTuple):
    """An effect and how the memo's figure lies to it.

    Attributes:
        opposite: whether the memo's figure and our whole interval lie on different sides of zero.
    """

    effect: RecordedEffect
    opposite: bool


def compared(entry: Entry) -> list[Compared]:
    """Return the effect that the verdict hangs on, then every other one for which the memo reports
    a number, each once.

    If an effect is both drawn and tested, the test's interval is shown, for the verdict stands on
    that.
    """
    first = entry.decisive
    tested = sorted(entry.assertions, key=lambda asserted: not asserted.terms.tested)
    reported = (
        effect for asserted in tested for effect in asserted.effects if effect.reported is not None
    )
    shown: dict[tuple[str, str], RecordedEffect] = {}
    for effect in chain([first] if first else [], reported):
        shown.setdefault((effect.label, effect.measure), effect)
    return [Compared(effect, _opposite(effect)) for effect in shown.values()]


def _opposite(effect: RecordedEffect) -> bool:
    if effect.reported is None or effect.low is None or effect.high is None:
        return False
    return effect.high < 0 < effect.reported or effect.reported < 0 < effect.low
