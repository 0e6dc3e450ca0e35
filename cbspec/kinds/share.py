"""The kind ``share``: how many of the seeds do something."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import Way, larger, more, smaller
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics import binomial
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words
from cbspec.statistics.sample import ROUNDING, Measurements

Part = Annotated[float, Meta(gt=0, lt=1, description="a share of all seeds that could be drawn")]


class Share(Measured, frozen=True, kw_only=True, tag="share"):
    """In every arm, more (or less) than a stated share of the seeds lies above (or below) a value
    (exact binomial test).
    """

    synonyms = ("fraction", "proportion", "success", "rate")
    compares: ClassVar[bool] = False
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tighter: ClassVar = {
        "arms": more,
        "above": larger,
        "below": smaller,
        "more_than": larger,
        "less_than": smaller,
    }

    arms: Arms
    above: Annotated[float | None, Meta(description="what a seed has to exceed")] = None
    below: Annotated[float | None, Meta(description="what a seed has to stay below")] = None
    more_than: Part | None = None
    less_than: Part | None = None

    def sentence(self) -> str:
        """Return the arms, what a seed has to do, and how many seeds do."""
        does = bounds_in_words(self.above, self.below)
        sides = []
        if self.more_than is not None:
            sides.append(f"more than {self.more_than:g}")
        if self.less_than is not None:
            sides.append(f"less than {self.less_than:g}")
        many = " and ".join(sides)
        return f"{self.measure} of {listed(self.arms)} lies {does} in {many} of the seeds"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm's share. Source: Clopper and Pearson 1934."""
        return every(of_inference(self._counted(arm, data)) for arm in self.arms)

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of every arm's share."""
        bounds = self.more_than, self.less_than
        return {(self.measure, self._label(arm)): bounds for arm in self.arms}

    def change(self, field: str, before: object, after: object) -> Way:
        """Tell whether another value makes it tighter: fewer seeds lie beyond a farther bound, which
        is harder to meet where many have to, easier where few may, and neither where both.
        """
        if field in ("above", "below") and self.less_than is not None:
            if self.more_than is not None:
                return "looser"
            before, after = after, before
        return super().change(field, before, after)

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p of all seeds, or of none; between two shares that of the best count."""
        if self.more_than is not None and self.less_than is not None:
            counts = np.arange(n + 1.0)
            above = binomial.share_tail(counts, n, self.more_than, 1)
            below = binomial.share_tail(counts, n, self.less_than, -1)
            return float(np.min(np.maximum(above, below)))
        all_of, none_of = 0.0, 0.0
        if self.more_than is not None:
            all_of = self.more_than**n
        if self.less_than is not None:
            none_of = (1 - self.less_than) ** n
        return max(all_of, none_of)

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)
        if self.more_than is None and self.less_than is None:
            yield ("kind",), "needs more_than, less_than or both"

    def _label(self, arm: str) -> str:
        return f"share of {arm} {bounds_in_words(self.above, self.below)}"

    def _counted(self, arm: str, data: Measurements) -> Result:
        values = data.column(arm, self.measure)
        does = np.ones(values.shape, dtype=bool)
        # A value that is at the bound but for rounding is at it
        if self.above is not None:
            does &= values - self.above > ROUNDING * (np.abs(values) + abs(self.above))
        if self.below is not None:
            does &= self.below - values > ROUNDING * (np.abs(values) + abs(self.below))
        count, n = np.sum(does, axis=-1), values.shape[-1]
        return Result(
            label=self._label(arm),
            measure=self.measure,
            unit="share of seeds",
            test="binomial test",
            above=self.more_than,
            below=self.less_than,
            tail=partial(binomial.share_tail, count, n),
            estimate=count / n,
            interval=lambda miss: binomial.share_interval(int(count), n, miss),
            n=n,
            seeds=values,
        )
