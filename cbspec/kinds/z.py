"""The kind ``z``: a mean whose spread is known from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, more, smaller, unordered
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics import skew
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words
from cbspec.statistics.sample import Array, Measurements
from cbspec.statistics.spread import mean


class Z(Measured, frozen=True, kw_only=True, tag="z"):
    """The mean of every arm lies above (or below) a value, by a spread that is known and not that of
    these runs (z test).
    """

    synonyms = ("known sigma", "z test", "known spread")
    compares: ClassVar[bool] = False
    by_moments: ClassVar[bool] = True
    by_spread: ClassVar[bool] = False
    tests: ClassVar[tuple[str, ...]] = ("t", "robust")
    tighter: ClassVar = {"arms": more, "above": larger, "below": smaller, "sigma": unordered}

    arms: Arms
    sigma: Annotated[float, Meta(gt=0, description="the known standard deviation over runs")]
    above: Annotated[float | None, Meta(description="what the mean exceeds")] = None
    below: Annotated[float | None, Meta(description="what the mean stays below")] = None

    def sentence(self) -> str:
        """Return the arms, their bounds and the known spread."""
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure} of {listed(self.arms)} lies {bounds}, with sigma {self.sigma:g}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm's mean."""
        return every(of_inference(self._located(arm, data)) for arm in self.arms)

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm's mean."""
        return {(self.measure, arm): (self.above, self.below) for arm in self.arms}

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - one run has a known error, too
        """Return 0: any p can be reached, by a single run too."""
        return 0.0

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)

    def _located(self, arm: str, data: Measurements) -> Result:
        values = data.squarable(arm, self.measure)
        seeds = values
        if data.summarised((arm,), self.measure):
            seeds = np.array([])  # the values only stand in for runs that are not known
        # A known spread tells nothing of the shape
        guarded = self.test == "robust" or data.declared(self.measure).skewed
        test = "z test"
        if guarded:
            test = skew.guarded(test)
        return Result(
            label=arm,
            measure=self.measure,
            unit=data.unit(self.measure),
            test=test,
            above=self.above,
            below=self.below,
            tail=partial(self._tail, values, guarded),
            estimate=mean(values),
            interval=partial(self._interval, values, guarded),
            n=values.shape[-1],
            reported=data.reported_value(self.measure, arm),
            spread=self.sigma,
            seeds=seeds,
        )

    def _tail(self, values: Array, guarded: bool, bound: float, side: int) -> Array:
        from scipy.special import ndtr

        # The error does not depend on these runs, so that the statistic is normal and not Student's t
        n = values.shape[-1]
        with np.errstate(over="ignore"):  # beyond the largest double is certain
            z = side * (mean(values) - bound) / (self.sigma / math.sqrt(n))
        p = np.asarray(ndtr(-z))
        if guarded:
            return np.asarray(np.maximum(p, skew.known_tail(z, n)))
        return p

    def _interval(self, values: Array, guarded: bool, miss: float) -> tuple[float, float]:
        from scipy.special import ndtri

        n = values.size
        half = -float(ndtri(miss / 2))
        if guarded:
            half = max(half, skew.known_critical(miss, n))
        half *= self.sigma / math.sqrt(n)
        middle = float(mean(values))
        return middle - half, middle + half
