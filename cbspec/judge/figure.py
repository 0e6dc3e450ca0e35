"""The points of a drawing as evidence: each has a value within its axis on every seed, or it has not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cbspec.assertion import Figure
from cbspec.finding import Effect
from cbspec.judge import student
from cbspec.judge.evidence import Evidence, Level, Premise
from cbspec.judge.sample import Array, Measurements, Unmeasured


@dataclass(frozen=True)
class Point:
    """One measure of one arm, and the ends of its axis. Nothing is tested: p is 0 where it complies, else 1."""

    measure: str
    label: str
    low: float
    high: float
    data: Measurements

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
        """Why there is no value on some seed; empty where there are all."""
        try:
            self.data.column(self.label, self.measure)
        except Unmeasured as missing:
            return str(missing)
        return ""

    @cached_property
    def stray(self) -> str:
        """The first value beyond the axis; empty where there is none."""
        if self.missing:
            return ""
        seeds = self.data.table[self.label, self.measure].seeds
        for seed, value in zip(seeds, self.data.column(self.label, self.measure), strict=True):
            if not self.low <= value <= self.high:
                return f"{self.measure} of {self.label} x seed {seed} is {value:.4g}, not {self.asserted}"
        return ""

    def effect(self, level: Level) -> Effect:
        """Mean and Student's interval, unguarded: nothing is decided by it. No value on one seed: none at all, and n is 0."""
        values = np.array([]) if self.missing else self.data.column(self.label, self.measure)
        n = values.size
        estimate = float(values[0] + np.mean(values - values[0])) if n else math.nan  # exact for equal values
        spread = float(np.std(values - values[0], ddof=1)) if n > 1 else None
        half = math.inf if spread is None else student.reach(level.miss, n, guarded=False) * spread / math.sqrt(n)
        return Effect(
            label=self.label,
            measure=self.measure,
            unit=self.data.unit(self.measure),
            estimate=estimate,
            low=estimate - half,
            high=estimate + half,
            confidence=0.95,
            p=float(self.p),
            n=n,
            reported=self.data.figure(self.measure, self.label),
            spread=spread,
        )


def figure_evidence(assertion: Figure, data: Measurements) -> Evidence:
    """Shown with every value within its axis, refuted by one that is not; a value that does not exist is a failed premise.

    The points that have values keep their effects all the same, so that a drawing with a gap can be made.
    """
    points = [Point(measure, arm, low, high, data) for measure, (low, high) in assertion.axes.items() for arm in assertion.arms]
    missing = next((point.missing for point in points if point.missing), "")
    stray = next((point.stray for point in points if point.stray), "")
    return Evidence(
        p=np.max([point.p for point in points], axis=0),
        against=np.min([point.against for point in points], axis=0),
        inferences=tuple(points),
        premises=(Premise(p=np.asarray(1.0), wanted=True, reason=missing),) if missing else (),
        said=stray or f"each of {len(points)} points has a value within its axis on every seed",
    )
