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
from cbspec.statistics import student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Level
from cbspec.statistics.location import Location
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
        return "Fieller's test"

    @property
    def bounds(self) -> tuple[float, ...]:
        return tuple(bound for bound in (self.above, self.below) if bound is not None)

    @property
    def asserted(self) -> str:
        sides = []
        if self.above is not None:
            sides.append(f"above {self.above:.6g}")
        if self.below is not None:
            sides.append(f"below {self.below:.6g}")
        return " and ".join(sides)

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
        return self._height.against if self.sign > 0 else self._height.p

    def effect(self, level: Level) -> Effect:
        low, high = self.interval(level.miss)
        over, under = (self.data.squarable(arm, self.measure) for arm in (self.over, self.under))
        numerator, denominator = (
            self.data.figure(self.measure, arm) for arm in (self.over, self.under)
        )
        reported = None
        if numerator is not None and denominator:
            reported = numerator / denominator
        decided = self.p <= level.shown or self.against <= level.refuted
        estimate = _over(float(np.mean(over)), float(np.mean(under)))
        spread = None
        if over.shape[-1] > 1 and math.isfinite(estimate):
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
            needed=None if decided else self._needed(level),
            reported=reported,
            spread=spread,
        )

    def values(self) -> Array:
        over, under = (self.data.squarable(arm, self.measure) for arm in (self.over, self.under))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(over / under)

    def interval(self, miss: float) -> tuple[float, float]:
        """Return Fieller's interval; unbounded where the denominator may be zero at that level."""
        over, under = (self.data.squarable(arm, self.measure) for arm in (self.over, self.under))
        n = over.shape[-1]
        if n < 2:
            return -math.inf, math.inf
        covariance = np.cov(over, under)
        spared = student.reach(miss, n, guarded=self.robust) ** 2 * covariance / n
        a = np.mean(under) ** 2 - spared[1, 1]
        b = np.mean(over) * np.mean(under) - spared[0, 1]
        c = np.mean(over) ** 2 - spared[0, 0]
        if a <= 0:
            return -math.inf, math.inf
        half = math.sqrt(max(b**2 - a * c, 0.0))
        return float((b - half) / a), float((b + half) / a)

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
        return (even, likely) if even else None

    def _signed(self, positive: Array, negative: Array) -> Array:
        """Return the p of a statement from those that it has with either sign of the denominator."""
        if self.sign:
            return np.asarray(positive if self.sign > 0 else negative)
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
        """Return over - bound x under on the stated side of 0, for each bound."""
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
    return numerator / denominator if denominator else math.copysign(math.inf, numerator)
