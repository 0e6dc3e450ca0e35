"""The kind ``correlation``: two measures that go together, over seeds or over arms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Assertion, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arms, MeasureName, listed
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics import pearson
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, bounds_in_words
from cbspec.statistics.sample import Array, Measurements

Coefficient = Annotated[float, Meta(gt=-1, lt=1, description="a correlation coefficient")]
FEWEST_ARMS = 3


class Correlation(Assertion, frozen=True, kw_only=True, tag="correlation"):
    """Pearson's correlation of two measures lies above (or below) a value: over the seeds of every
    arm, or over the arms within each seed.
    """

    synonyms = ("pearson", "association of measures")
    tighter: ClassVar = {"above": larger, "below": smaller, "over": unordered}

    measures: Annotated[
        tuple[MeasureName, ...],
        Meta(min_length=2, max_length=2, description="the two measures"),
    ]
    arms: Arms
    over: Annotated[
        Literal["seeds", "arms"],
        Meta(
            description="seeds: each arm has a coefficient over its seeds; arms: each seed has one "
            "over the arms, and their mean (by Fisher's z) is tested over seeds"
        ),
    ] = "seeds"
    above: Coefficient | None = None
    below: Coefficient | None = None

    def sentence(self) -> str:
        """Return the measures, what they are correlated over, and the bounds."""
        bounds = bounds_in_words(self.above, self.below)
        where = f"over the {self.over} of {listed(self.arms)}"
        return f"the correlation of {listed(self.measures)} {where} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm, or of the mean over seeds.

        Source: Fisher 1915, 1921.
        """
        first, second = self.measures
        ones, others = [], []
        for arm in self.arms:
            ones.append(_column(arm, first, data))
            others.append(_column(arm, second, data))
        if self.over == "seeds":
            of_arms = []
            for arm, one, other in zip(self.arms, ones, others, strict=True):
                of_arms.append(of_inference(self._of_arm(arm, one, other)))
            return every(of_arms)
        # [..., seed, arm]: one coefficient for each seed, as arms of one seed are no independent
        # draws and give no test of their own
        r = pearson.coefficient(np.stack(ones, axis=-1), np.stack(others, axis=-1))
        return of_inference(self._within_seeds(r))

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return 0 if there are enough seeds for a test, else 1."""
        fewest = 2  # for a t test of the seeds' coefficients
        if self.over == "seeds":
            fewest = pearson.FEWEST
        if n < fewest:
            return 1.0
        return 0.0

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other, and arms too few to correlate."""
        yield from needs_bounds(self.above, self.below)
        if self.over == "arms" and len(self.arms) < FEWEST_ARMS:
            yield ("arms",), f"needs {FEWEST_ARMS} arms to correlate over"

    def _of_arm(self, arm: str, one: Array, other: Array) -> Result:
        n = one.shape[-1]
        r = pearson.coefficient(one, other)
        return Result(
            label=f"r of {' and '.join(self.measures)} in {arm}",
            measure=self.measures[0],
            unit="correlation",
            test="test of Pearson's r",
            above=self.above,
            below=self.below,
            tail=partial(pearson.tail, r, n),
            estimate=r,
            interval=lambda miss: pearson.interval(float(r), n, miss),
            n=n,
        )

    def _within_seeds(self, r: Array) -> Result:
        # Fisher's z = artanh r is close to normal with a variance that does not depend on r, so that
        # the coefficients of the seeds may be averaged
        z = np.arctanh(np.clip(r, -pearson.MOST, pearson.MOST))
        return Result(
            label=f"r of {' and '.join(self.measures)} over arms",
            measure=self.measures[0],
            unit="correlation",
            test="t test of Fisher's z",
            above=self.above,
            below=self.below,
            tail=partial(pearson.mean_tail, z),
            estimate=np.tanh(np.mean(z, axis=-1)),
            interval=partial(pearson.mean_interval, z),
            n=r.shape[-1],
            seeds=r,
        )


def _column(arm: str, measure: str, data: Measurements) -> Array:
    """Return the values, or their logarithms if noise is log-normal.

    Pearson's r of skewed values depends on the largest of them.
    """
    if data.factorial((arm,), measure):
        return data.logarithms(arm, measure)
    return data.squarable(arm, measure)
