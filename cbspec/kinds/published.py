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
from cbspec.statistics import independent, skew
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.independent import Moments
from cbspec.statistics.result import NEVER, Result, Sides, bounds_in_words, of_quotient
from cbspec.statistics.sample import SQUARABLE, Measurements
from cbspec.statistics.spread import deviation


class Published(Measured, frozen=True, kw_only=True, tag="published"):
    """Every arm differs from a published mean, which has a spread of its own, by more than one amount
    and / or less than another (Welch's t test).
    """

    synonyms = ("reported", "welch", "literature", "baseline")
    compares: ClassVar[bool] = False
    tests: ClassVar[tuple[str, ...]] = ("t", "robust")
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

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm's difference, and of its quotient where noise is a factor."""
        bounds: dict[tuple[str, str], Sides] = {}
        for arm in self.arms:
            bounds[self.measure, f"{arm} - {self.mean:g}"] = self.above, self.below
            bounds[self.measure, f"{arm} / {self.mean:g}"] = of_quotient(self.above, self.below)
        return bounds

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)

    def _compared(self, arm: str, data: Measurements) -> Result:
        if self._of_quotient(arm, data):
            return self._on_logarithms(arm, data)
        values = data.squarable(arm, self.measure)
        spread = None  # of many simulated trials there is no one spread
        if values.ndim == 1 and values.size > 1:
            spread = float(deviation(values))
        # The arm is not paired with the paper's runs, so skewed noise does not become symmetric
        guarded = self.test == "robust" or data.declared(self.measure).skewed
        test = "Welch's t test"
        if guarded:
            test = skew.guarded(test)
        theirs = Moments(self.mean, self.sd, self.n)
        ours = independent.moments(values, data.resolution(self.measure))
        return Result(
            label=f"{arm} - {self.mean:g}",
            measure=self.measure,
            unit=data.unit(self.measure),
            test=test,
            above=self.above,
            below=self.below,
            tail=partial(independent.welch_of_moments, ours, theirs, guarded=guarded),
            estimate=np.asarray(ours.mean - self.mean),
            interval=partial(independent.interval_of_moments, ours, theirs, guarded=guarded),
            n=values.shape[-1],
            reported=0.0,
            spread=spread,
            seeds=values - self.mean,
        )

    def _of_quotient(self, arm: str, data: Measurements) -> bool:
        """Tell whether noise is log-normal and the difference is asserted to be on a side of 0."""
        bounded = self.above or self.below
        return not bounded and self.mean > 0 and data.factorial((arm,), self.measure)

    def _on_logarithms(self, arm: str, data: Measurements) -> Result:
        """Return the quotient of the geometric means against 1."""
        values = data.logarithms(arm, self.measure)
        ours = independent.moments(values, data.resolution(self.measure), logs=True)
        # The logarithms of a lognormal variable have these moments (Aitchison and Brown 1957)
        variance = math.log1p(min(self.sd / self.mean, SQUARABLE) ** 2)
        middle = math.log(self.mean) - variance / 2
        theirs = Moments(middle, math.sqrt(variance), self.n)
        above, below = of_quotient(self.above, self.below)
        return Result(
            label=f"{arm} / {self.mean:g}",
            measure=self.measure,
            unit="ratio",
            test="Welch's t test on logarithms",
            above=above,
            below=below,
            tail=partial(independent.welch_of_moments, ours, theirs),
            estimate=np.asarray(ours.mean - middle),
            interval=partial(independent.interval_of_moments, ours, theirs),
            n=values.shape[-1],
            reported=1.0,
            seeds=np.exp(np.minimum(values - middle, NEVER)),
            logs=True,
        )
