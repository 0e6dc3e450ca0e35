"""A weighted sum of arm means between two bounds: the one question to which nearly every kind comes
down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cbspec.statistics.sample import ROUNDING, Array, Measurements, Unmeasured


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Asserts that ``low < offset + sum of weight x mean of arm < high``.

    Attributes:
        label: what it is in the claim's words.
        weights: arm -> weight.
        low, high: the bounds asserted, in the measure's unit (as logarithms with `logs`).
        logs: the arms' logarithms are summed instead; shown as what they are the logarithm of.
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
        """Tell whether each weight has its opposite.

        Then equal noise in all arms makes the sum symmetric.
        """
        weights = np.sort([weight for weight in self.weights.values() if weight])
        return np.allclose(weights, -weights[::-1], rtol=1e-9, atol=0)

    @property
    def additive(self) -> bool:
        """Tell whether several arms are compared by an amount, which no logarithm has an image of."""
        return len(self.weights) > 1 and not self.on_logarithms().logs

    def on_logarithms(self) -> Contrast:
        """Return the same statement about logarithms; itself where it has no image there.

        One positive arm lies above a positive bound, or above a multiple of another arm.
        """
        arms = sorted(self.weights, key=lambda arm: self.weights[arm], reverse=True)
        if self.logs or self.weights[arms[0]] <= 0:
            return self
        if len(arms) == 1:
            return self._logarithm_of(arms[0])
        if len(arms) == 2:
            return self._logarithm_of_quotient(*arms)
        return self

    def values(self, data: Measurements) -> Array:
        """Return the sum per seed, shape `[..., seed]`.

        Seeds that differ by rounding alone, from each other or from a bound, are made equal.

        Raises:
            Unmeasured: a value does not exist, is too large to add, or has no logarithm.
        """
        columns = self._columns(data)
        total, size = np.full(1, self.offset), np.full(1, abs(self.offset))
        with np.errstate(over="ignore"):
            for arm, weight in self.weights.items():
                total = total + weight * columns[arm]
                size = size + np.abs(weight * columns[arm])
        self._refuse_overflow(total, size)
        rounding = ROUNDING * (np.max(size, axis=-1, keepdims=True) + float(self.logs))
        for bound in (self.low, self.high):
            if math.isfinite(bound):
                total = np.where(np.abs(total - bound) <= rounding, bound, total)
        first = total[..., :1]
        return np.where(np.abs(total - first) <= rounding, first, total)

    def least_deviation(self, data: Measurements) -> Array:
        """Return the standard deviation that the sum has at least, shape `[...]`: that of values
        known to half of the measure's resolution, or to rounding where it declares none.

        Of many equal values less is left open: where n items are all solved, the rule of three
        gives the share of others at most 3 / n, and this deviation a little more.
        """
        resolution = data.resolution(self.measure)
        least = np.zeros(())
        for arm, weight in self.weights.items():
            column = data.column(arm, self.measure)
            half = resolution * min(0.5, 2 / math.sqrt(column.shape[-1]))
            size = np.max(np.abs(column), axis=-1)
            known = np.maximum(half, ROUNDING * size)
            if self.logs:
                with np.errstate(over="ignore"):  # near 0 half a resolution leaves nothing known
                    known = np.maximum(half / size, ROUNDING)
            least = np.hypot(least, weight * known)  # squares would overflow from 1e154 on
        return np.asarray(least)

    def reported(self, data: Measurements) -> float | None:
        """Return the sum of the memo's numbers; None if the memo lacks one of the arms."""
        total = 0.0 if self.logs else self.offset
        for arm, weight in self.weights.items():
            figure = data.reported_value(self.measure, arm)
            if figure is None or (self.logs and figure <= 0):
                return None
            if self.logs:
                figure = math.log(figure)
            total += weight * figure
        if self.logs:
            return math.exp(total)
        return total

    def _logarithm_of(self, arm: str) -> Contrast:
        """Return the bounds of the only arm as those of its logarithm."""
        scale = self.weights[arm]
        low, high = (self.low - self.offset) / scale, (self.high - self.offset) / scale
        # No bound at or below 0 has an image: `sign: negative` stays on the plain scale. But a lower
        # one beside a bound that has says nothing of what is positive anyway
        if high <= 0 or (low <= 0 and high == math.inf):
            return self
        low = math.log(low) if low > 0 else -math.inf
        high = math.log(high)
        return replace(self, weights={arm: 1.0}, offset=0.0, low=low, high=high, logs=True)

    def _logarithm_of_quotient(self, first: str, second: str) -> Contrast:
        """Return ``first - factor x second > 0`` as ``log first - log second > log factor``."""
        factor = -self.weights[second] / self.weights[first]
        # A difference beyond a margin other than 0 is no statement about the quotient
        bounded = {self.low, self.high} <= {-math.inf, 0.0, math.inf}
        if factor <= 0 or self.offset or not bounded:
            return self
        low, high = -math.inf, math.inf
        if self.low == 0:
            low = math.log(factor)
        if self.high == 0:
            high = math.log(factor)
        return replace(
            self,
            label=f"{first} / {second}",
            weights={first: 1.0, second: -1.0},
            low=low,
            high=high,
            logs=True,
        )

    def _columns(self, data: Measurements) -> dict[str, Array]:
        if len(self.weights) == 2:  # of more, two may well agree: baselines of an interaction
            data.refuse_copies(self.weights, self.measure)
        columns = {}
        for arm in self.weights:
            if self.logs:
                columns[arm] = data.logarithms(arm, self.measure)
            else:
                columns[arm] = data.column(arm, self.measure)
        return columns

    def _refuse_overflow(self, total: Array, size: Array) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            # The sum of one seed, the distance of two seeds, and the sum over all of them
            spans = [size, total - total[..., :1], total.shape[-1] * size]
        for span in spans:
            if not np.all(np.isfinite(span)):
                raise Unmeasured(
                    f"{self.measure}: the values of {self.label} are too large to add up"
                )
