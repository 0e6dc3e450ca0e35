"""The effects of a recorded verdict, the one that decides first, each beside the memo's figure."""

from __future__ import annotations

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
    """The effect that the verdict hangs on, then every other one for which the memo reports a figure."""
    first = entry.decisive
    reported = [
        each for asserted in entry.assertions for each in asserted.effects if each.reported is not None and each is not first
    ]
    return [Compared(effect, _opposite(effect)) for effect in ([first] if first else []) + reported]


def _opposite(effect: RecordedEffect) -> bool:
    if effect.reported is None or effect.low is None or effect.high is None:
        return False
    return effect.high < 0 < effect.reported or effect.reported < 0 < effect.low
