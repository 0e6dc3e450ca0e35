"""A linear axis: values to coordinates, and round numbers along it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cbspec.ledger.notation import number

PADDING = 0.06  # of the range, on both sides
LEAST = 1e-9  # of the room: relative to the largest value, and at all
STEPS = (1.0, 2.0, 2.5, 5.0)  # times a power of ten


class Tick(NamedTuple):
    """A round number of an axis and where it lies."""

    at: float
    text: str


@dataclass(frozen=True)
class Axis:
    """Maps values from `low` to `high` to coordinates from `start` to `end`.

    An axis without any value holds nothing and has no ticks.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the coordinate of a value, to a tenth; beyond the axis, that of its nearest end."""
        if self.empty:
            return self.start
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def place(self, value: float | None) -> float | None:
        """Return the coordinate of a value that may be missing, or may have no axis to lie on."""
        if value is None or self.empty:
            return None
        return self.at(value)

    @property
    def empty(self) -> bool:
        return not self.low < self.high

    def holds(self, value: float) -> bool:
        """Tell whether a value lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 5) -> list[Tick]:
        """Return at most `most` round numbers along the axis."""
        if self.empty:
            return []
        step = _step((self.high - self.low) / most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        places = max(0, -math.floor(math.log10(step) + 1e-9))
        if not math.isclose(step * 10**places, round(step * 10**places)):
            places += 1
        ticks = []
        for count in range(first, last + 1):
            value = count * step
            ticks.append(Tick(self.at(value), _tick_text(value, places)))
        return ticks


def axis_of(values: Iterable[float | None], start: float, end: float) -> Axis:
    """Return an axis that holds all finite values, with a margin; it is empty if there are none."""
    low, high = math.inf, -math.inf
    for value in values:
        if value is not None and math.isfinite(value):
            low, high = min(low, value), max(high, value)
    if low > high:
        return Axis(low, high, start, end)
    room = PADDING * ((high - low) or abs(low))
    # Values that rounding alone tells apart get an axis on which they are one
    room = max(room, LEAST * max(abs(low), abs(high)), LEAST)
    return Axis(low - room, high + room, start, end)


def _tick_text(value: float, places: int) -> str:
    if places > 6 or abs(value) >= 1e6:
        return number(value)
    return f"{value:.{places}f}"


def _step(least: float) -> float:
    """Return the smallest round step that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    for step in STEPS:
        if power * step >= least * (1 - 1e-9):
            return power * step
    return 10.0 * power
