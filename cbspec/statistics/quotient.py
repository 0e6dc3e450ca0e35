"""The quotient of two arms' means, tested without dividing and with Fieller's interval (1954).

a / b > r is (a - r b) > 0 where b is positive, and (a - r b) < 0 where it is negative. The claim says
which sign b has; otherwise that is shown beside it, two-sided, so that either sign costs no more
than alpha. Near zero neither is shown, and nothing flips on one value's sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cbspec.model.finding import Effect
from cbspec.statistics import skew, student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Level
from cbspec.statistics.location import Location
from cbspec.statistics.result import bounds_in_words, finite_bounds
from cbspec.statistics.sample import Array, Measurements
from cbspec.statistics.spread import deviation


@dataclass(frozen=True)
class Quotient:
    """Asserts that mean of `over` / mean of `under` lies above one bound and / or below another.

    Attributes:
        sign: of the denominator, 1 or -1; 0 where it has to be shown.
        exact, robust: see `Location`.
    """

    measure: str
    over: str
    under: str
    above: float | None
    below: float | None
    sign: int
    data: Measurements
    exact: bool = False
    robust: bool = False

    @property
    def label(self) -> str:
        return f"{self.over} / {self.under}"

    @property
    def test(self) -> str:
        words = "Fieller's test"
        if self.exact:
            words += " by sign flips"
        if self.robust:
            words = skew.guarded(words)
        return words

    @property
    def bounds(self) -> tuple[float, ...]:
        return finite_bounds(self.above, self.below)

    @property
    def asserted(self) -> str:
        return bounds_in_words(self.above, self.below)

    # A negative denominator turns the inequality round: what was for the statement about
    # over - bound x under is then against it, and the other way round

    @cached_property
    def p(self) -> Array:
        positive = np.max([test.p for test in self._linear], axis=0)
        negative = np.max([test.against for test in self._linear], axis=0)
        return self._signed(positive, negative)

    @cached_property
    def against(self) -> Array:
        positive = np.min([test.against for test in self._linear], axis=0)
        negative = np.min([test.p for test in self._linear], axis=0)
        return np.minimum(self._signed(positive, negative) * len(self._linear), 1)

    @cached_property
    def wrong_sign(self) -> Array:
        """Return the p of the denominator having the other sign than the claim says."""
        if self.sign > 0:
            return self._height.against
        return self._height.p

    def effect(self, level: Level) -> Effect:
        low, high = self.interval(level.miss)
        over, under = self._columns()
        estimate = _over(float(np.mean(over)), float(np.mean(under)))
        decided = self.p <= level.shown or self.against <= level.refuted
        needed = None
        if not decided:
            needed = self._needed(level)
        spread = None
        if over.shape[-1] > 1 and math.isfinite(estimate):
            # To first order (delta method), a / b varies as (a - r b) / b
            spread = float(deviation(over - estimate * under) / abs(np.mean(under)))
        return Effect(
            label=self.label,
            measure=self.measure,
            unit="ratio",
            estimate=estimate,
            low=low,
            high=high,
            confidence=1 - level.miss,
            p=float(self.p),
            n=over.shape[-1],
            needed=needed,
            reported=self._reported(),
            spread=spread,
        )

    def values(self) -> Array:
        over, under = self._columns()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(over / under)

    def interval(self, miss: float) -> tuple[float, float]:
        """Return Fieller's interval; unbounded where the denominator may be zero at that level."""
        over, under = self._columns()
        n = over.shape[-1]
        if n < 2:
            return -math.inf, math.inf
        # The r that (mean over - r mean under)^2 <= t^2 x its squared error does not exclude:
        # a r^2 - 2 b r + c <= 0. With a <= 0 the denominator is not told from 0, and r is unbounded
        scale = student.reach(miss, n, guarded=self.robust) ** 2 / n
        height, depth = float(np.mean(over)), float(np.mean(under))
        spared = scale * (np.cov(over, under) + np.diag(self._unresolved(over, under)))
        a = depth**2 - spared[1, 1]
        b = height * depth - spared[0, 1]
        if a <= 0:
            return -math.inf, math.inf
        # b^2 - a c, without the difference of its large terms, of which rounding would leave nothing
        weights = np.array([depth, -height])
        squared = weights @ spared @ weights - np.linalg.det(spared)
        half = math.sqrt(max(float(squared), 0.0))
        estimate = _over(height, depth)
        return min(float((b - half) / a), estimate), max(float((b + half) / a), estimate)

    def _unresolved(self, over: Array, under: Array) -> list[float]:
        """Return the variance that either arm lacks to that of values known to half a resolution."""
        lacking = []
        for arm, column in ((self.over, over), (self.under, under)):
            alone = Contrast(label=arm, measure=self.measure, weights={arm: 1.0})
            least = float(alone.least_deviation(self.data))
            lacking.append(max(0.0, least**2 - float(deviation(column)) ** 2))
        return lacking

    def _needed(self, level: Level) -> tuple[int, int] | None:
        """Return the seeds at which every bound, and the sign where it is open, is decided."""
        sign = Level(shown=level.shown / 2, refuted=level.shown / 2)
        pending = [(test, level) for test in self._linear]
        if not self.sign:
            pending.append((self._height, sign))
        even, likely = 0, 0
        for test, at in pending:
            if test.p <= at.shown or test.against <= at.refuted:
                continue
            seeds = test.needed(at)
            if seeds is None:
                return None
            even, likely = max(even, seeds[0]), max(likely, seeds[1])
        if not even:
            return None
        return even, likely

    def _columns(self) -> tuple[Array, Array]:
        """Return the values of numerator and denominator."""
        self.data.refuse_copies((self.over, self.under), self.measure)
        over = self.data.squarable(self.over, self.measure)
        return over, self.data.squarable(self.under, self.measure)

    def _reported(self) -> float | None:
        """Return the quotient of the memo's numbers, if it has both."""
        numerator = self.data.reported_value(self.measure, self.over)
        denominator = self.data.reported_value(self.measure, self.under)
        if numerator is None or not denominator:
            return None
        return numerator / denominator

    def _signed(self, positive: Array, negative: Array) -> Array:
        """Return the p of a statement from those that it has with either sign of the denominator."""
        if self.sign > 0:
            return np.asarray(positive)
        if self.sign < 0:
            return np.asarray(negative)
        # Either sign has to be shown beside the statement (the larger p), at half of alpha each
        with_positive = np.maximum(2 * self._height.p, positive)
        with_negative = np.maximum(2 * self._height.against, negative)
        return np.asarray(np.minimum(np.minimum(with_positive, with_negative), 1))

    @cached_property
    def _height(self) -> Location:
        """Return the test of the denominator above zero."""
        under = Contrast(label=self.under, measure=self.measure, weights={self.under: 1.0}, low=0.0)
        return Location(under, self.data, exact=self.exact, robust=self.robust)

    @cached_property
    def _linear(self) -> list[Location]:
        """Return, for each bound, the test that over - bound x under lies on the stated side of 0."""
        tests = []
        for bound, low, high in ((self.above, 0.0, math.inf), (self.below, -math.inf, 0.0)):
            if bound is not None:
                contrast = Contrast(
                    label=f"{self.over} - {bound:g} {self.under}",
                    measure=self.measure,
                    weights={self.over: 1.0, self.under: -bound},
                    low=low,
                    high=high,
                )
                robust = self.robust and not contrast.balanced
                tests.append(Location(contrast, self.data, exact=self.exact, robust=robust))
        return tests


def _over(numerator: float, denominator: float) -> float:
    if not denominator:
        return math.copysign(math.inf, numerator)
    return numerator / denominator
