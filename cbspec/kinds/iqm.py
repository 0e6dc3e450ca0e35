"""The kind ``iqm``: the mean of the middle half of the seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Problem
from cbspec.kinds.change import larger, more, smaller, unordered
from cbspec.kinds.names import listed
from cbspec.kinds.subtraction import Subtraction
from cbspec.kinds.sums import AS_RATIO, needs_bounds
from cbspec.stage import Measure
from cbspec.stage.declaration import declared
from cbspec.statistics import trimmed
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words, finite_bounds
from cbspec.statistics.sample import Measurements, Unmeasured

SKEWED = (
    "where noise is heavy, the interquartile mean of few runs estimates no one quantity, so no test "
    "of it keeps its level: use quantile, or subtract an arm"
)


class Iqm(Subtraction, frozen=True, kw_only=True, tag="iqm"):
    """The interquartile mean of every arm, or of its difference from another arm, lies above (or
    below) a value (t test of the trimmed mean).
    """

    synonyms = ("trimmed", "interquartile", "rliable")
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tighter: ClassVar = {"arms": more, "above": larger, "below": smaller, "minus": unordered}

    above: Annotated[float | None, Meta(description="what the mean exceeds")] = None
    below: Annotated[float | None, Meta(description="what the mean stays below")] = None

    def sentence(self) -> str:
        """Return the arms and their bounds."""
        arms = listed(self.labels())
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure}: the interquartile mean of {arms} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm. Source: Tukey and McLaughlin 1963."""
        return every(of_inference(self._located(arm, data)) for arm in self.arms)

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm."""
        return {(self.measure, label): (self.above, self.below) for label in self.labels()}

    def unsuited(self, measures: Mapping[str, Measure]) -> Iterator[str]:
        """Yield that an arm may be skewed, or that arms are compared by an amount where noise is a
        factor.
        """
        noise = declared(measures, self.measure).noise
        bounds = finite_bounds(self.above, self.below)
        if noise == "heavy" and self.minus is None:
            yield SKEWED
        if noise == "lognormal" and self.minus is not None and any(bounds):
            yield AS_RATIO

    def problems(self) -> Iterator[Problem]:
        """Yield an arm subtracted from itself, and bounds that are missing or exclude each other."""
        yield from super().problems()
        yield from needs_bounds(self.above, self.below)

    @property
    def _positive_bounds(self) -> tuple[float | None, float | None]:
        """Return the bounds that have logarithms. A lower one at or below 0 says nothing of what is
        positive, unless it stands alone.
        """
        above, below = self.above, self.below
        if above is not None and above <= 0 and below is not None:
            above = None
        if any(bound <= 0 for bound in finite_bounds(above, below)):
            return None, None
        return above, below

    def _located(self, arm: str, data: Measurements) -> Result:
        plain = self.contrast(arm, self.above, self.below)
        values = seeds = self.column(plain, data)
        least, test = plain.least_deviation(data), "t test of the interquartile mean"
        repeated = np.all(trimmed.moments(values)[1] == 0)
        if repeated and self.minus is None and not data.resolution(self.measure):
            raise Unmeasured(
                f"{self.measure} of {arm} is the same on half of its seeds or more: equal values are "
                "expected only of a measure that declares a resolution"
            )
        bounds, logs = (self.above, self.below), False
        if self.minus is None and data.factorial((arm,), self.measure):
            logs = any(self._positive_bounds)
        if logs:
            bounds = self._positive_bounds
            values, test = data.logarithms(arm, self.measure), f"{test} on logarithms"
            least = replace(plain, logs=True).least_deviation(data)
        return Result(
            label=self.label(arm),
            measure=self.measure,
            unit=data.unit(self.measure),
            test=test,
            above=bounds[0],
            below=bounds[1],
            tail=partial(trimmed.tail, values, least=least),
            estimate=trimmed.moments(values)[0],
            interval=partial(trimmed.interval, values, least=least),
            n=values.shape[-1],
            seeds=seeds,
            logs=logs,
        )
