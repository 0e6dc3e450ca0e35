"""The result of a test that another module computes, mostly by SciPy, in the form for judging."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cbspec.model.finding import Effect
from cbspec.statistics.evidence import Level
from cbspec.statistics.sample import Array

NO_TEST = "as printed"
"""In place of a test's name, where numbers are compared as they are published."""

NEVER = 708.0  # the largest power of e that a double holds, rounded down

Tail = Callable[[float, int], Array]
"""A bound and the side of it that is asserted (1 above, -1 below) -> the one-sided p."""

Sides = tuple[float | None, float | None]
"""What an effect is asserted to lie above and below; None on an open side."""


def exponential(value: float) -> float:
    """Return e to this power, or about the largest double; of an open end infinity."""
    if value == math.inf:
        return math.inf
    return math.exp(min(value, NEVER))


def finite_bounds(above: float | None, below: float | None) -> tuple[float, ...]:
    """Return the bounds that are not None."""
    return tuple(bound for bound in (above, below) if bound is not None)


def interval_of(above: float | None, below: float | None) -> tuple[float, float]:
    """Return the interval between two bounds, which is infinite where one is None."""
    low, high = -math.inf, math.inf
    if above is not None:
        low = above
    if below is not None:
        high = below
    return low, high


def of_quotient(above: float | None, below: float | None) -> Sides:
    """Return the bounds of a quotient in place of those of a difference, all of which are 0."""
    return None if above is None else 1.0, None if below is None else 1.0


def bounds_in_words(above: float | None, below: float | None) -> str:
    """Return ``"above 0.3 and below 0.5"``."""
    sides = []
    if above is not None:
        sides.append(f"above {above:g}")
    if below is not None:
        sides.append(f"below {below:g}")
    return " and ".join(sides)


@dataclass(frozen=True, kw_only=True)
class Result:
    """An effect that is asserted to lie above one bound and / or below another.

    Attributes:
        above, below: the bounds; None where a side is open.
        tail: see `Tail`.
        estimate: shape `[...]`.
        interval: rate at which it may miss -> its two ends.
        n: training seeds; the smaller number if the arms have different ones.
        sizes: the runs of each arm whose single runs are known, if the arms have runs of their own.
        seeds: the effect on each seed; empty if single seeds have none.
        logs: whether `tail`, `estimate` and `interval` are on logarithms; bounds and seeds never are.
    """

    label: str
    measure: str
    unit: str
    test: str
    above: float | None
    below: float | None
    tail: Tail
    estimate: Array
    interval: Callable[[float], tuple[float, float]]
    n: int
    sizes: tuple[int, ...] = ()
    reported: float | None = None
    spread: float | None = None
    seeds: Array = field(default_factory=lambda: np.array([]))
    logs: bool = False

    @property
    def bounds(self) -> tuple[float, ...]:
        return finite_bounds(self.above, self.below)

    @property
    def asserted(self) -> str:
        return bounds_in_words(self.above, self.below)

    @property
    def p(self) -> Array:
        return np.asarray(np.max([self.tail(*side) for side in self._sides], axis=0))

    @property
    def against(self) -> Array:
        p = np.min([self.tail(bound, -side) for bound, side in self._sides], axis=0)
        return np.asarray(np.minimum(p * len(self._sides), 1))

    def effect(self, level: Level) -> Effect:
        low, high = self.interval(level.miss)
        estimate = float(self.estimate)
        if self.logs:
            low, estimate, high = exponential(low), exponential(estimate), exponential(high)
        confidence, p = 1 - level.miss, float(self.p)
        if self.test == NO_TEST:
            confidence, p = 1.0, math.nan
        return Effect(
            label=self.label,
            measure=self.measure,
            unit=self.unit,
            estimate=estimate,
            low=low,
            high=high,
            confidence=confidence,
            p=p,
            n=self.n,
            reported=self.reported,
            spread=self.spread,
        )

    def values(self) -> Array:
        return self.seeds

    @property
    def _sides(self) -> list[tuple[float, int]]:
        ends = ((self.above, 1), (self.below, -1))
        sides = []
        for bound, side in ends:
            if bound is not None:
                sides.append((math.log(bound) if self.logs else bound, side))
        return sides
