"""The kind ``correlation``: two measures that go together, over seeds or over arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Assertion, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arms, MeasureName, listed
from cbspec.kinds.sums import needs_bounds
from cbspec.stage import Measure
from cbspec.stage.declaration import declared
from cbspec.statistics import pairings, pearson
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words, finite_bounds
from cbspec.statistics.sample import Array, Measurements

Coefficient = Annotated[float, Meta(gt=-1, lt=1, description="a correlation coefficient")]
FEWEST_ARMS = 3
FEWEST_PERMUTED = 6  # seeds: of 720 pairings one is below the level of any look at them
OF_NONE = (
    "where noise is heavy, a correlation can only be told from 0, by permutation: no test of another "
    "value keeps its level; use above: 0 or below: 0"
)


class Correlation(Assertion, frozen=True, kw_only=True, tag="correlation"):
    """Pearson's correlation of two measures lies above (or below) a value: over the seeds of every
    arm, or over the arms within each seed.
    """

    synonyms = ("pearson", "association of measures")
    tests: ClassVar[tuple[str, ...]] = ("t", "exact")
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

    @property
    def by_run(self) -> bool:
        """Whether each seed has a coefficient over the arms."""
        return self.over == "arms"

    def sentence(self) -> str:
        """Return the measures, what they are correlated over, and the bounds."""
        bounds = bounds_in_words(self.above, self.below)
        where = f"over the {self.over} of {listed(self.arms)}"
        return f"the correlation of {listed(self.measures)} {where} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm, or of the mean over seeds.

        Sources: Fisher 1915, 1921; Pitman 1937.
        """
        first, second = self.measures
        ones, others = [], []
        for arm in self.arms:
            ones.append(_column(arm, first, data))
            others.append(_column(arm, second, data))
        if self.over == "seeds":
            of_arms = []
            for arm, one, other in zip(self.arms, ones, others, strict=True):
                of_arms.append(of_inference(self._of_arm(arm, one, other, data)))
            return every(of_arms)
        # [..., seed, arm]: one coefficient for each seed, as arms of one seed are no independent
        # draws and give no test of their own
        return of_inference(
            self._within_seeds(np.stack(ones, axis=-1), np.stack(others, axis=-1), data)
        )

    @property
    def enumerates(self) -> bool:
        """Pairings are permuted, whose number `pairings` bounds, and no signs flipped."""
        return False

    def judged_under(self, measures: Mapping[str, Measure]) -> Correlation:
        """Return the assertion with the permutation test that heavy noise demands."""
        if self._permuted(measures):
            return msgspec.structs.replace(self, test="exact")
        return self

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm's coefficient, or of that over arms."""
        labels = [self._over_arms]
        if self.over == "seeds":
            labels = list(map(self._label, self.arms))
        return {(self.measures[0], label): (self.above, self.below) for label in labels}

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p of the one pairing in order, or 0 if there are enough seeds for a test of r."""
        if self.test == "exact":
            if self.over == "seeds":
                return pairings.least_p(1, n)
            return pairings.least_p(n, len(self.arms))
        fewest = 2  # for a t test of the seeds' coefficients
        if self.over == "seeds":
            fewest = pearson.FEWEST
        if n < fewest:
            return 1.0
        return 0.0

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other, and arms too few to correlate."""
        yield from needs_bounds(self.above, self.below)
        if self.test == "exact" and any(finite_bounds(self.above, self.below)):
            yield ("test",), "pairings tell a correlation from 0 alone: use above: 0 or below: 0"
        if self.over == "arms" and len(self.arms) < FEWEST_ARMS:
            yield ("arms",), f"needs {FEWEST_ARMS} arms to correlate over"

    def unsuited(self, measures: Mapping[str, Measure]) -> Iterator[str]:
        """Yield that a coefficient of heavy noise is compared with anything but 0."""
        if self._permuted(measures) and any(finite_bounds(self.above, self.below)):
            yield OF_NONE

    def begins_with(self, measures: Mapping[str, Measure]) -> int:
        """Return the fewest seeds whose pairings can be told from chance at every look."""
        if self.over == "seeds" and self._permuted(measures):
            return FEWEST_PERMUTED
        return 1

    def _permuted(self, measures: Mapping[str, Measure]) -> bool:
        """Tell whether pairings are asked for, or a measure has heavy noise, whose r is not Student's."""
        if self.test == "exact":
            return True
        return any(declared(measures, name).noise == "heavy" for name in self.measures)

    def _label(self, arm: str) -> str:
        return f"r of {' and '.join(self.measures)} in {arm}"

    @property
    def _over_arms(self) -> str:
        return f"r of {' and '.join(self.measures)} over arms"

    def _known(self, arm: str, measure: str, data: Measurements) -> Array:
        """Return the standard deviation of what is known of an arm's values, or of their logarithms."""
        logs = data.factorial((arm,), measure)
        alone = Contrast(label=arm, measure=measure, weights={arm: 1.0}, logs=logs)
        return alone.least_deviation(data)

    def _of_arm(self, arm: str, one: Array, other: Array, data: Measurements) -> Result:
        n = one.shape[-1]
        r = pearson.coefficient(one, other)
        known = [self._known(arm, measure, data) for measure in self.measures]
        clipped, _ = pearson.resolved(r, one, other, (known[0], known[1]))
        result = Result(
            label=self._label(arm),
            measure=self.measures[0],
            unit="correlation",
            test="test of Pearson's r",
            above=self.above,
            below=self.below,
            tail=partial(pearson.tail, clipped, n),
            estimate=r,
            interval=lambda miss: _around(float(r), pearson.interval(float(clipped), n, miss)),
            n=n,
        )
        if self._permuted(data.measures):
            return _permuted(result, one[..., None, :], other[..., None, :])
        return result

    def _within_seeds(self, ones: Array, others: Array, data: Measurements) -> Result:
        # Fisher's z = artanh r is close to normal with a variance that does not depend on r, so that
        # the coefficients of the seeds may be averaged
        r = pearson.coefficient(ones, others)
        known = []
        for measure in self.measures:
            of_arms = [self._known(arm, measure, data) for arm in self.arms]
            known.append(np.max(of_arms, axis=0)[..., None])
        clipped, errors = pearson.resolved(r, ones, others, (known[0], known[1]))
        z, least = np.arctanh(clipped), np.sqrt(np.mean(errors**2, axis=-1))
        result = Result(
            label=self._over_arms,
            measure=self.measures[0],
            unit="correlation",
            test="t test of Fisher's z",
            above=self.above,
            below=self.below,
            tail=partial(pearson.mean_tail, z, least),
            estimate=np.tanh(np.mean(z, axis=-1)),
            interval=partial(pearson.mean_interval, z, least),
            n=r.shape[-1],
            seeds=r,
        )
        if self._permuted(data.measures):
            return _permuted(replace(result, estimate=np.mean(r, axis=-1)), ones, others)
        return result


def _around(r: float, interval: tuple[float, float]) -> tuple[float, float]:
    """Return the interval, widened to hold the coefficient itself."""
    return min(interval[0], r), max(interval[1], r)


def _permuted(result: Result, ones: Array, others: Array) -> Result:
    """Return the same coefficient with the permutation test and what that leaves open.

    Args:
        ones, others: shape `[..., group, item]`, see `pairings.tail`.
    """

    def tail(bound: float, side: int) -> Array:  # noqa: ARG001 - the bound is 0
        return pairings.tail(ones, others, side)

    def interval(miss: float) -> tuple[float, float]:
        low, high = (bool(tail(0.0, side) <= miss / 2) for side in (1, -1))
        return 0.0 if low else -1.0, 0.0 if high else 1.0

    return replace(result, test="permutation test of r", tail=tail, interval=interval)


def _column(arm: str, measure: str, data: Measurements) -> Array:
    """Return the values, or their logarithms if noise is log-normal.

    Pearson's r of skewed values depends on the largest of them.
    """
    if data.factorial((arm,), measure):
        return data.logarithms(arm, measure)
    return data.squarable(arm, measure)
