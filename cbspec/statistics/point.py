"""One point of a drawing: values that are described, and nothing tested."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cbspec.model.finding import Effect
from cbspec.model.replicates import one
from cbspec.statistics import student
from cbspec.statistics.evidence import Level
from cbspec.statistics.sample import Array, Measurements, Unmeasured
from cbspec.statistics.spread import deviation, mean


@dataclass(frozen=True)
class Point:
    """One measure of one arm, and the ends of its axis.

    Nothing is tested: p is 0 where it complies, else 1.
    """

    measure: str
    label: str
    low: float
    high: float
    data: Measurements

    @property
    def test(self) -> str:
        return "nothing tested"

    @property
    def bounds(self) -> tuple[float, ...]:
        return self.low, self.high

    @property
    def asserted(self) -> str:
        return f"between {self.low:.4g} and {self.high:.4g}"

    @property
    def p(self) -> Array:
        return np.asarray(float(bool(self.missing or self.stray)))

    @property
    def against(self) -> Array:
        return np.asarray(float(not self.stray))

    @cached_property
    def missing(self) -> str:
        """Return why some seed has no value; empty if every seed has one."""
        try:
            self.data.column(self.label, self.measure)
        except Unmeasured as missing:
            return str(missing)
        return ""

    @cached_property
    def stray(self) -> str:
        """Return the first value beyond the axis in words; empty if all lie within."""
        if self.missing:
            return ""
        seeds = self.data.table[self.label, self.measure].seeds
        for seed, value in zip(seeds, self.data.column(self.label, self.measure), strict=True):
            if not self.low <= value <= self.high:
                where = f"{self.measure} of {self.label} x {one(self.data.replicates)} {seed}"
                return f"{where} is {value:.4g}, not {self.asserted}"
        return ""

    def effect(self, level: Level) -> Effect:
        """Return mean and Student's interval, unguarded: nothing is decided by it.

        Without a value on some seed there is none at all, and n is 0.
        """
        values = self.values()
        n = values.size
        estimate, spread, half = math.nan, None, math.inf
        if n:
            estimate = float(mean(values))
        if n > 1:
            spread = float(deviation(values))
            half = student.reach(level.miss, n, guarded=False) * spread / math.sqrt(n)
        return Effect(
            label=self.label,
            measure=self.measure,
            unit=self.data.unit(self.measure),
            estimate=estimate,
            low=estimate - half,
            high=estimate + half,
            confidence=1 - level.miss,
            p=float(self.p),
            n=n,
            reported=self.data.reported_value(self.measure, self.label),
            spread=spread,
        )

    def values(self) -> Array:
        if self.missing:
            return np.array([])
        return self.data.column(self.label, self.measure)
