"""Testing a contrast: one one-sided test for each finite bound, all needed (Schuirmann 1987)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cbspec.model.finding import Effect
from cbspec.statistics import assurance, sign_flip, skew, student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Level, StatisticalEvidence, of_inference
from cbspec.statistics.result import NEVER, exponential
from cbspec.statistics.sample import Array, Measurements
from cbspec.statistics.spread import deviation, mean


def located(contrast: Contrast, data: Measurements, test: str) -> Location:
    """Return the test of a contrast. A measure with log-normal noise is tested on logarithms.

    Args:
        contrast: the sum of arm means with its bounds.
        data: the measured values.
        test: ``"t"``, ``"exact"`` or ``"robust"``.
    """
    skewed = data.declared(contrast.measure).skewed
    if data.factorial(contrast.weights, contrast.measure):
        contrast, skewed = contrast.on_logarithms(), False
    robust = not contrast.balanced and (test == "robust" or skewed)
    return Location(contrast, data, exact=test == "exact", robust=robust)


def tested(contrast: Contrast, data: Measurements, test: str) -> StatisticalEvidence:
    """Return the evidence of a contrast; see `located`."""
    return of_inference(located(contrast, data, test))


@dataclass(frozen=True)
class Location:
    """The test that the mean of a sum over seeds lies between its bounds.

    Attributes:
        contrast: the sum and its bounds.
        data: the measured values.
        exact: use sign flips instead of t.
        robust: guard against skew as well; see `cbspec.statistics.skew`.
    """

    contrast: Contrast
    data: Measurements
    exact: bool = False
    robust: bool = False

    @property
    def label(self) -> str:
        return self.contrast.label

    @property
    def test(self) -> str:
        words = "sign-flip test" if self.exact else "t test"
        if self.contrast.logs:
            words += " on logarithms"
        if self.robust:
            words = skew.guarded(words)
        return words

    @property
    def bounds(self) -> tuple[float, ...]:
        """Return the finite bounds, in the unit that people read."""
        return tuple(self._read(bound) for bound, _ in self._sides)

    @property
    def asserted(self) -> str:
        bounds = [f"{bound + 0.0:.6g}" for bound in self.bounds]  # never "-0"
        if len(bounds) == 2:
            return f"between {bounds[0]} and {bounds[1]}"
        if math.isinf(self.contrast.low):
            return f"below {bounds[0]}"
        return f"above {bounds[0]}"

    @cached_property
    def p(self) -> Array:
        return np.asarray(np.max([self._tail(bound, side) for bound, side in self._sides], axis=0))

    @cached_property
    def against(self) -> Array:
        p = np.min([self._tail(bound, -side) for bound, side in self._sides], axis=0)
        return np.asarray(np.minimum(p * len(self._sides), 1))

    def effect(self, level: Level) -> Effect:
        """Return the effect with its interval by t.

        An exact test has the same interval, because few seeds have no sign-flip interval.
        """
        low, high = self.interval(level.miss)
        estimate = self._read(float(self._mean))
        unit = self.data.unit(self.contrast.measure)
        if self.contrast.logs and len(self.contrast.weights) > 1:
            unit = "ratio"
        decided = self.p <= level.shown or self.against <= level.refuted
        needed = None
        if not decided:
            needed = self.needed(level)
        return Effect(
            label=self.label,
            measure=self.contrast.measure,
            unit=unit,
            estimate=estimate,
            low=self._read(float(low)),
            high=self._read(float(high)),
            confidence=1 - level.miss,
            p=float(self.p),
            n=self._n,
            needed=needed,
            reported=self.contrast.reported(self.data),
            spread=self._spread(estimate),
        )

    def values(self) -> Array:
        """Return the sum of each seed in the unit of the effect, shape `[seed]`.

        Empty if single runs are unknown.
        """
        if self.data.summarised(self.contrast.weights, self.contrast.measure):
            return np.array([])
        if self.contrast.logs:
            return np.exp(np.minimum(self._values, NEVER))
        return self._values

    def interval(self, miss: float) -> tuple[Array, Array]:
        """Return the two-sided interval of the sum, shape `[...]` each; infinite for one seed.

        Args:
            miss: the rate at which it may miss the true value.
        """
        if self._n < 2:
            return self._mean - np.inf, self._mean + np.inf
        with np.errstate(over="ignore"):  # an end beyond the largest double is unbounded
            half = student.reach(miss, self._n, guarded=self.robust) * self._error
            return self._mean - half, self._mean + half

    def needed(self, level: Level) -> tuple[int, int] | None:
        """Return the numbers of seeds that would decide; see `assurance.needed`."""
        if self._n > 1 and not np.any(deviation(self._values)):
            return None  # the same on each: more of them say no more
        middle, unit = float(self._mean), float(self._deviation or 1)  # of one seed: any unit
        seen = assurance.Seen(
            n=self._n,
            low=(self.contrast.low - middle) / unit,
            high=(self.contrast.high - middle) / unit,
        )
        alphas = level.shown, level.refuted / len(self._sides)
        if not max(alphas):  # before the first look nothing is decided
            return None
        seeds = assurance.needed(seen, *alphas, guarded=self.robust)
        if seeds is None or not self.exact:
            return seeds
        # n sign flips give no p below 2^-n, whatever the effect is
        least = math.ceil(-math.log2(max(alphas)))
        return max(seeds[0], least), max(seeds[1], least)

    @cached_property
    def _values(self) -> Array:
        return self.contrast.values(self.data)

    @property
    def _n(self) -> int:
        return int(self._values.shape[-1])

    @property
    def _sides(self) -> list[tuple[float, int]]:
        """Return (bound, asserted side of it) for each finite bound."""
        ends = ((self.contrast.low, 1), (self.contrast.high, -1))
        return [(bound, side) for bound, side in ends if math.isfinite(bound)]

    @cached_property
    def _mean(self) -> Array:
        return mean(self._values)

    @cached_property
    def _deviation(self) -> Array:
        """Return the standard deviation over seeds; 0 for one seed.

        It is not below what the measure resolves, so that equal values do not look exact.
        """
        if self._n < 2:
            return np.zeros_like(self._mean)
        return np.maximum(deviation(self._values), self.contrast.least_deviation(self.data))

    @cached_property
    def _error(self) -> Array:
        """Return the standard error of the mean."""
        return np.asarray(self._deviation / math.sqrt(self._n))

    def _tail(self, bound: float, side: int) -> Array:
        """Return the one-sided p-value that the mean lies on a side of the bound."""
        beyond = side * (self._mean - bound)
        # Without any spread, as of zeros, t is infinite and only the side counts
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            t = np.nan_to_num(beyond / self._error, nan=0.0, posinf=np.inf, neginf=-np.inf)
        p = student.tail(t, self._n, guarded=self.robust)
        if not self.exact:
            return p
        flipped = sign_flip.tail(side * (self._values - bound))
        if self.robust:
            return np.maximum(flipped, p)
        return flipped

    def _spread(self, estimate: float) -> float | None:
        """Return the standard deviation over seeds in the unit of the effect; None for one seed."""
        if self._n < 2:
            return None
        if self.contrast.logs:
            spread = float(self._deviation) * estimate  # to first order: d exp(x) = exp(x) dx
            return spread if math.isfinite(spread) else None
        return float(self._deviation)

    def _read(self, value: float) -> float:
        """Convert a value to the unit of the effect."""
        if self.contrast.logs:
            return exponential(value)
        return value
