"""The effects of a recorded verdict, the one that decides first, each beside the memo's figure."""

from __future__ import annotations

from typing import NamedTuple

from cbspec.ledger import Entry, RecordedAssertion, RecordedEffect


class Compared(NamedTuple):
    """An effect and how the memo's figure lies to it.

    Attributes:
        opposite: whether the memo's figure and our whole interval lie on different sides of zero.
    """

    effect: RecordedEffect
    opposite: bool


def compared(entry: Entry) -> list[Compared]:
    """The effect that the verdict hangs on, then every other one for which the memo reports a figure."""
    first = decisive(entry)
    reported = [
        each for asserted in entry.assertions for each in asserted.effects if each.reported is not None and each is not first
    ]
    return [Compared(effect, _opposite(effect)) for effect in ([first] if first else []) + reported]


def decisive(entry: Entry) -> RecordedEffect | None:
    """The effect that the verdict's reason names; the only one, where there is one; None where all count alike (a drawing)."""
    effects = [effect for asserted in _implicated(entry) for effect in asserted.effects]
    named = [effect for effect in effects if f"{effect.measure}: {effect.label} = " in entry.reason]
    return next(iter(named or (effects if len(effects) == 1 else [])), None)


def _implicated(entry: Entry) -> tuple[RecordedAssertion, ...]:
    """What made the verdict: failed controls where it is invalid, else the assertions with the same verdict, else all."""
    failed = tuple(control for control in entry.controls if control.verdict != "holds")
    if entry.verdict == "invalid" and failed:
        return failed
    return tuple(asserted for asserted in entry.assertions if asserted.verdict == entry.verdict) or entry.assertions


def _opposite(effect: RecordedEffect) -> bool:
    if effect.reported is None or effect.low is None or effect.high is None:
        return False
    return effect.high < 0 < effect.reported or effect.reported < 0 < effect.low
