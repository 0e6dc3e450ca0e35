"""The kind ``ratio``: one mean over another, see `cbspec.statistics.quotient`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Premise, StatisticalEvidence, of_inference
from cbspec.statistics.location import tested
from cbspec.statistics.quotient import Quotient
from cbspec.statistics.result import Sides, bounds_in_words
from cbspec.statistics.sample import Measurements

Factor = Annotated[float, Meta(gt=0, description="a factor that the ratio is compared with")]


class Ratio(Measured, frozen=True, kw_only=True, tag="ratio"):
    """The first arm over the second lies above (or below) a stated factor (Fieller's test).

    It is the ratio of geometric means where the measure's noise is lognormal.
    """

    synonyms = ("factor",)
    tighter: ClassVar = {
        "above": larger,
        "below": smaller,
        "guard": unordered,
        "sign": unordered,
    }

    arms: Annotated[
        tuple[Arm, ...],
        Meta(min_length=2, max_length=2, description="numerator and denominator"),
    ]
    above: Factor | None = None
    below: Factor | None = None
    guard: Annotated[
        float,
        Meta(
            gt=0,
            description="a denominator whose magnitude is shown below this makes the ratio undefined",
        ),
    ] = 1e-12
    sign: (
        Annotated[
            Literal["positive", "negative"],
            Meta(description="the sign of both arms; left out: the denominator's has to be shown"),
        ]
        | UnsetType
    ) = UNSET

    def sentence(self) -> str:
        """Return the ratio and its bounds."""
        over, under = self.arms
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure} of {over} over that of {under} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return evidence that the ratio lies above and / or below the stated factors.

        Invalid where the denominator is shown to be smaller than the guard in magnitude (two
        one-sided tests), or to have another sign than the claim says.
        """
        if data.factorial(self.arms, self.measure):
            return tested(self._of_geometric_means(), data, self.test)
        over, under = self.arms
        quotient = Quotient(
            self.measure,
            over,
            under,
            self.above,
            self.below,
            sign={UNSET: 0, "positive": 1, "negative": -1}[self.sign],
            data=data,
            exact=self.test == "exact",
            robust=self.test == "robust" or data.declared(self.measure).skewed,
        )
        premises = [_not_vanishing(self, data)]
        if self.sign is not UNSET:
            reason = f"the denominator {under} is shown not to be {self.sign}"
            premises.append(Premise(p=quotient.wrong_sign, wanted=False, reason=reason))
        return replace(of_inference(quotient), premises=tuple(premises))

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the ratio."""
        label = self.measure, " / ".join(self.arms)
        return {label: (self.above, self.below)}

    def least_p(self, n: int, alpha: float) -> float:
        """Return the least p of the sum, or twice that of the denominator's sign where it is open."""
        least = super().least_p(n, alpha)
        if self.sign is UNSET:
            return min(1.0, 2 * least)
        return least

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)

    def _of_geometric_means(self) -> Contrast:
        # The mean of the logarithms is the logarithm of the geometric mean, and the ratio of two such
        # means a plain difference, whose denominator needs no sign
        over, under = self.arms
        low, high = -math.inf, math.inf
        if self.above is not None:
            low = math.log(self.above)
        if self.below is not None:
            high = math.log(self.below)
        return Contrast(
            label=f"{over} / {under}",
            measure=self.measure,
            weights={over: 1.0, under: -1.0},
            low=low,
            high=high,
            logs=True,
        )


def _not_vanishing(assertion: Ratio, data: Measurements) -> Premise:
    under, guard = assertion.arms[1], assertion.guard
    nothing = Contrast(
        label=under,
        measure=assertion.measure,
        weights={under: 1.0},
        low=-guard,
        high=guard,
    )
    p = tested(nothing, data, assertion.test).p
    reason = f"ratio undefined: the denominator {under} is shown to be below {guard:g} in magnitude"
    return Premise(p=p, wanted=False, reason=reason)
