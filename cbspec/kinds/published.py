"""The kind ``published``: a difference from a mean that others report."""

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
from cbspec.statistics import independent
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, bounds_in_words
from cbspec.statistics.sample import Array, Measurements
from cbspec.statistics.spread import deviation, mean


class Published(Measured, frozen=True, kw_only=True, tag="published"):
    """Every arm differs from a published mean, which has a spread of its own, by more than one amount
    and / or less than another (Welch's t test).
    """

    synonyms = ("reported", "welch", "literature", "baseline")
    compares: ClassVar[bool] = False
    tighter: ClassVar = {
        "arms": more,
        "above": larger,
        "below": smaller,
        **dict.fromkeys(("mean", "sd", "n"), unordered),
    }

    arms: Arms
    mean: Annotated[float, Meta(description="the mean as published, in the measure's unit")]
    sd: Annotated[float, Meta(ge=0, description="its standard deviation over runs")]
    n: Annotated[int, Meta(ge=2, description="the runs it is the mean of")]
    above: Annotated[float | None, Meta(description="what arm - mean exceeds")] = None
    below: Annotated[float | None, Meta(description="what arm - mean stays below")] = None

    def sentence(self) -> str:
        """Return the arms, the published mean and the bounds."""
        bounds = bounds_in_words(self.above, self.below)
        mean = f"the published {self.mean:g} (sd {self.sd:g}, n = {self.n})"
        return f"{self.measure} of {listed(self.arms)} less {mean} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm. Source: Welch 1947."""
        return every(of_inference(self._compared(arm, data)) for arm in self.arms)

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)

    def _compared(self, arm: str, data: Measurements) -> Result:
        values = data.squarable(arm, self.measure)
        spread = None  # of many simulated trials there is no one spread
        if values.ndim == 1 and values.size > 1:
            spread = float(deviation(values))
        return Result(
            label=f"{arm} - {self.mean:g}",
            measure=self.measure,
            unit=data.unit(self.measure),
            test="Welch's t test",
            above=self.above,
            below=self.below,
            tail=partial(self._tail, values),
            estimate=mean(values) - self.mean,
            interval=partial(self._interval, values),
            n=values.shape[-1],
            reported=0.0,
            spread=spread,
            seeds=values - self.mean,
        )

    def _tail(self, values: Array, bound: float, side: int) -> Array:
        from scipy.stats import ttest_ind_from_stats

        if values.shape[-1] < 2:
            return np.ones(values.shape[:-1])
        test = ttest_ind_from_stats(
            mean(values) - bound,
            deviation(values),
            values.shape[-1],
            self.mean,
            self.sd,
            self.n,
            equal_var=False,
            alternative=independent.alternative(side),
        )
        return np.asarray(test.pvalue)

    def _interval(self, values: Array, miss: float) -> tuple[float, float]:
        if values.size < 2:
            return -math.inf, math.inf
        ours, theirs = (float(deviation(values)), values.size), (self.sd, self.n)
        half = independent.half_width(ours, theirs, miss)
        middle = float(mean(values)) - self.mean
        return middle - half, middle + half
