"""The kind ``quantile``: the median of an arm over seeds, or another quantile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Problem
from cbspec.kinds.change import larger, more, smaller, unordered
from cbspec.kinds.names import listed
from cbspec.kinds.subtraction import Subtraction
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics import binomial
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words
from cbspec.statistics.sample import Measurements


class Quantile(Subtraction, frozen=True, kw_only=True, tag="quantile"):
    """A quantile over seeds of every arm, or of its difference from another arm, lies above (or
    below) a value (sign test, exact).
    """

    synonyms = ("median", "percentile")
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tighter: ClassVar = {
        "arms": more,
        "above": larger,
        "below": smaller,
        "minus": unordered,
        "quantile": unordered,
    }

    quantile: Annotated[float, Meta(gt=0, lt=1, description="0.5 is the median")] = 0.5
    above: Annotated[float | None, Meta(description="what the quantile exceeds")] = None
    below: Annotated[float | None, Meta(description="what the quantile stays below")] = None

    def sentence(self) -> str:
        """Return the quantile and its bounds."""
        arms = listed(self.labels())
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure}: the {self.quantile:g} quantile of {arms} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm's quantile."""
        return every(of_inference(self._located(arm, data)) for arm in self.arms)

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm's quantile."""
        return {(self.measure, label): (self.above, self.below) for label in self.labels()}

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p-value if all seeds lie on the asserted side."""
        # A seed lies below its quantile with that probability, and above it with the rest
        above, below = 0.0, 0.0
        if self.above is not None:
            above = (1 - self.quantile) ** n
        if self.below is not None:
            below = self.quantile**n
        return float(max(above, below))

    def problems(self) -> Iterator[Problem]:
        """Yield an arm subtracted from itself, and bounds that are missing or exclude each other."""
        yield from super().problems()
        yield from needs_bounds(self.above, self.below)

    def _located(self, arm: str, data: Measurements) -> Result:
        values = self.column(self.contrast(arm, self.above, self.below), data)
        return Result(
            label=self.label(arm),
            measure=self.measure,
            unit=data.unit(self.measure),
            test=f"sign test of the {self.quantile:g} quantile",
            above=self.above,
            below=self.below,
            tail=partial(binomial.quantile_tail, values, self.quantile),
            estimate=np.quantile(values, self.quantile, axis=-1, method="median_unbiased"),
            interval=partial(binomial.quantile_interval, values, self.quantile),
            n=values.shape[-1],
            seeds=values,
        )
