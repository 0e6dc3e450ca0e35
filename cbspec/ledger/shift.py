"""Effects whose figures are not the recorded ones."""

from __future__ import annotations

from collections import Counter

import msgspec

from cbspec.ledger.entry import Entry
from cbspec.ledger.notation import interval
from cbspec.ledger.recorded import RecordedEffect

# Relative to the effect's largest figure: twice what rounding to six significant digits can differ
# by.
TOLERANCE = 2e-5


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One effect before and after; None on the side that does not have it."""

    before: RecordedEffect | None
    after: RecordedEffect | None

    @property
    def text(self) -> str:
        """Return the shift as text: ``"vec_m4 - dfa of dL_same: -0.132 [-0.140, -0.124] -> -0.101
        [-0.109, -0.093]"``.
        """
        known = self.after or self.before
        assert known is not None  # one side at least
        return f"{known.label} of {known.measure}: {_side(self.before)} -> {_side(self.after)}"


def shifts(old: Entry, new: Entry) -> tuple[Shift, ...]:
    """Return every effect that only one entry has, or whose estimate, interval or number of seeds
    moved by more than rounding.
    """
    before, after = _effects(old), _effects(new)
    moved = []
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was is None or now is None or _moved(was, now):
            moved.append(Shift(before=was, after=now))
    return tuple(moved)


def _effects(entry: Entry) -> dict[tuple[str, str, int], RecordedEffect]:
    """Return the effects by measure, label and count; the count tells a label apart that comes
    again in another assertion.
    """
    counts: Counter[tuple[str, str]] = Counter()
    effects: dict[tuple[str, str, int], RecordedEffect] = {}
    for recorded in entry.recorded:
        for effect in recorded.effects:
            name = effect.measure, effect.label
            effects[*name, counts[name]] = effect
            counts[name] += 1
    return effects


def _moved(was: RecordedEffect, now: RecordedEffect) -> bool:
    # The spread says nothing that estimate, interval and n do not; a record from before it was kept
    # has not drifted.
    pairs = ((was.estimate, now.estimate), (was.low, now.low), (was.high, now.high))
    figures = [abs(figure) for pair in pairs for figure in pair if figure is not None]
    tolerance = TOLERANCE * max(figures, default=0.0)
    return was.n != now.n or any(_differ(a, b, tolerance) for a, b in pairs)


def _differ(a: float | None, b: float | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > tolerance


def _side(effect: RecordedEffect | None) -> str:
    return "none" if effect is None else f"{interval(effect)} (n = {effect.n})"
