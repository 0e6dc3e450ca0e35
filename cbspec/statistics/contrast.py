"""A weighted sum of arm means between two bounds: the one question to which nearly every kind comes
down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cbspec.model.finding import Effect
from cbspec.statistics import sign_flip, student
from cbspec.statistics.evidence import Level, StatisticalEvidence, of_inference
from cbspec.statistics.sample import ROUNDING, Array, Measurements


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Asserts that ``low < offset + sum of weight x mean of arm < high``.

    Attributes:
        label: what it is in the claim's words.
        weights: arm -> weight.
        low, high: the bounds asserted, in the measure's unit (as logarithms with `logs`).
        logs: the arms' logarithms are summed instead; shown as a ratio.
    """

    label: str
    measure: str
    weights: Mapping[str, float]
    offset: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    logs: bool = False

    @property
    def balanced(self) -> bool:
        """Tell whether equal noise in all arms makes the sum symmetric: each weight has its
        opposite.

        Otherwise the tests are guarded.
        """
        weights = sorted(weight for weight in self.weights.values() if weight)
        return np.allclose(weights, [-weight for weight in reversed(weights)], rtol=1e-9, atol=0)

    def evidence(self, data: Measurements, test: str) -> StatisticalEvidence:
        """Test the sum over the seeds by ``"t"`` or ``"exact"``."""
        return of_inference(Location(self, data, exact=test == "exact"))

    def values(self, data: Measurements) -> Array:
        """Return the sum per seed, shape `[..., seed]`.

        Seeds that differ by rounding alone are made equal, bounds included.
        """
        columns = {arm: data.column(arm, self.measure) for arm in self.weights}
        if self.logs:
            columns = {arm: np.log(column) for arm, column in columns.items()}
        total = sum(
            (weight * columns[arm] for arm, weight in self.weights.items()), np.full(1, self.offset)
        )
        size = sum(
            (abs(weight * columns[arm]) for arm, weight in self.weights.items()),
            np.full(1, abs(self.offset)),
        )
        rounding = ROUNDING * (np.max(size, axis=-1, keepdims=True) + float(self.logs))
        for anchor in (total[..., :1], self.low, self.high):
            if np.all(np.isfinite(anchor)):
                total = np.where(np.abs(total - anchor) <= rounding, anchor, total)
        return np.asarray(total)

    def reported(self, data: Measurements) -> float | None:
        """Return the memo's number for the same sum, if it has one for every arm."""
        figures = {arm: data.figure(self.measure, arm) for arm in self.weights}
        known = {arm: figure for arm, figure in figures.items() if figure is not None}
        if len(known) < len(figures) or (
            self.logs and any(figure <= 0 for figure in known.values())
        ):
            return None
        if self.logs:
            return math.exp(
                sum(self.weights[arm] * math.log(figure) for arm, figure in known.items())
            )
        return self.offset + sum(self.weights[arm] * figure for arm, figure in known.items())


@dataclass(frozen=True)
class Location:
    """A contrast tested: each finite bound by a one-sided test, both needed (Schuirmann 1987 where
    there are two).
    """

    contrast: Contrast
    data: Measurements
    exact: bool

    @property
    def label(self) -> str:
        return self.contrast.label

    @property
    def asserted(self) -> str:
        # Never "-0"
        low, high = (
            f"{self._shown(bound) + 0.0:.4g}" for bound in (self.contrast.low, self.contrast.high)
        )
        if math.isinf(self.contrast.high):
            return f"above {low}"
        return f"below {high}" if math.isinf(self.contrast.low) else f"between {low} and {high}"

    @cached_property
    def p(self) -> Array:
        return np.asarray(np.max([self._tail(bound, side) for bound, side in self._bounds], axis=0))

    @cached_property
    def against(self) -> Array:
        p = np.min([self._tail(bound, -side) for bound, side in self._bounds], axis=0)
        return np.asarray(np.minimum(p * len(self._bounds), 1))

    def effect(self, level: Level) -> Effect:
        """Return the effect with its interval by t, also if the test is exact: few seeds have no
        sign-flip interval.
        """
        p = float(self.p)
        estimate, low, high = (
            self._shown(float(value)) for value in (self._mean, *self.interval(level.miss))
        )
        distance = student.equivalent(p, self._n) - student.equivalent(level.shown, self._n)
        return Effect(
            label=self.label,
            measure=self.contrast.measure,
            unit="ratio" if self.contrast.logs else self.data.unit(self.contrast.measure),
            estimate=estimate,
            low=low,
            high=high,
            confidence=0.95,
            p=p,
            n=self._n,
            needed=None
            if p <= level.shown or self.against <= level.refuted
            else self._needed(level),
            headroom=distance if math.isfinite(distance) else None,
            reported=self.contrast.reported(self.data),
            spread=float(self._deviation) if self._n > 1 else None,
        )

    def interval(self, miss: float) -> tuple[Array, Array]:
        """Return the two-sided interval of the sum that misses it at that rate, shape `[...]` each;
        a single seed bounds nothing.
        """
        if self._n < 2:
            return self._mean - np.inf, self._mean + np.inf
        half = student.reach(miss, self._n, guarded=self._guarded) * self._error
        return self._mean - half, self._mean + half

    def _needed(self, level: Level) -> int | None:
        low, high, mean, alpha = (
            self.contrast.low,
            self.contrast.high,
            float(self._mean),
            level.shown,
        )
        if not low < mean < high:  # the effect seen refutes: how many seeds until that is shown
            low, high = (-math.inf, low) if mean <= low else (high, math.inf)
            alpha = level.refuted / len(self._bounds)
        sd, guarded = float(self._deviation), self._guarded
        seeds = (
            student.needed(mean, sd, alpha, low=low, high=high, guarded=guarded)
            if self._n > 1
            else None
        )
        if seeds is None or not self.exact:
            return seeds
        return max(seeds, math.ceil(-math.log2(alpha)))

    @cached_property
    def _values(self) -> Array:
        return self.contrast.values(self.data)

    @property
    def _n(self) -> int:
        return int(self._values.shape[-1])

    @property
    def _guarded(self) -> bool:
        return not self.contrast.balanced

    @property
    def _bounds(self) -> list[tuple[float, int]]:
        """Return (bound, side of it that is asserted)."""
        ends = ((self.contrast.low, 1), (self.contrast.high, -1))
        return [(bound, side) for bound, side in ends if math.isfinite(bound)]

    @cached_property
    def _mean(self) -> Array:
        first = self._values[..., :1]
        # Exact for equal values
        return np.asarray(first[..., 0] + np.mean(self._values - first, axis=-1))

    @cached_property
    def _deviation(self) -> Array:
        """Return the standard deviation over seeds, 0 for a single one."""
        if self._n < 2:
            return np.zeros_like(self._mean)
        return np.asarray(np.std(self._values - self._values[..., :1], axis=-1, ddof=1))

    @cached_property
    def _error(self) -> Array:
        """Return the standard error of the mean."""
        return np.asarray(self._deviation / math.sqrt(self._n))

    def _tail(self, bound: float, side: int) -> Array:
        """Return the one-sided p of the mean lying on that side of the bound.

        Sign flips need symmetric noise even more than t does, so the guard holds them as well.
        """
        beyond = side * (self._mean - bound)
        # No spread at all: nothing but the side counts
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.nan_to_num(beyond / self._error, nan=0.0, posinf=np.inf, neginf=-np.inf)
        p = student.tail(t, self._n, guarded=self._guarded)
        if not self.exact:
            return p
        flipped = sign_flip.tail(side * (self._values - bound))
        return np.maximum(flipped, p) if self._guarded else flipped

    def _shown(self, value: float) -> float:
        """Convert to the unit that people read."""
        return math.exp(min(value, 700.0)) if self.contrast.logs else value
