"""The kind ``unpaired``: a difference between arms that share no seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import needs_bounds
from cbspec.stage import Measure
from cbspec.stage.declaration import declared
from cbspec.statistics import independent, skew
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import StatisticalEvidence, of_inference
from cbspec.statistics.result import Result, Sides, bounds_in_words, of_quotient
from cbspec.statistics.sample import Array, Measurements

AS_QUOTIENT = (
    "where noise is a factor, no test of a difference by an amount keeps its level: use above: 0 or "
    "below: 0, which is judged on logarithms"
)


class Unpaired(Measured, frozen=True, kw_only=True, tag="unpaired"):
    """The first arm less the second lies above (or below) a value, each arm over runs of its own
    (Welch, exact permutation or Mann-Whitney).
    """

    synonyms = ("independent", "mann-whitney", "permutation", "wilcoxon")
    compares: ClassVar[bool] = False
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tighter: ClassVar = {"above": larger, "below": smaller, "by": unordered}

    arms: Annotated[
        tuple[Arm, ...], Meta(min_length=2, max_length=2, description="arms (a, b): a - b")
    ]
    above: Annotated[float | None, Meta(description="what a - b exceeds")] = None
    below: Annotated[float | None, Meta(description="what a - b stays below")] = None
    by: Annotated[
        Literal["welch", "permutation", "mann_whitney"],
        Meta(
            description="welch: t of unequal spreads; permutation: exact where both arms have one distribution; "
            "mann_whitney: exact, of a shift between distributions of one shape"
        ),
    ] = "welch"

    @property
    def of_moments(self) -> bool:
        """Whether Welch's test is asked for, which takes mean, spread and n alone."""
        return self.by == "welch"

    @property
    def one_by_one(self) -> bool:
        """Whether ranks or permutations are asked for."""
        return self.by != "welch"

    def sentence(self) -> str:
        """Return the arms and their bounds."""
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure}: {' - '.join(self.arms)}, over runs of their own, lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of the difference; that of the quotient from 1, on logarithms, where
        noise is a factor and 0 the bound.

        Sources: Welch 1947; Fisher 1935; Mann and Whitney 1947.
        """
        data.refuse_copies(self.arms, self.measure)
        one, other = (data.squarable(arm, self.measure) for arm in self.arms)
        if not any(self._bounds) and data.factorial(self.arms, self.measure):
            return of_inference(self._quotient(data))
        guarded = self.by == "welch" and data.declared(self.measure).skewed
        return of_inference(self._difference(one, other, data, guarded=guarded))

    def _difference(
        self,
        one: Array,
        other: Array,
        data: Measurements,
        *,
        guarded: bool = False,
        logs: bool = False,
    ) -> Result:
        resolution = data.resolution(self.measure)
        ours, theirs = (independent.moments(arm, resolution, logs=logs) for arm in (one, other))
        tail = partial(independent.TESTS[self.by], one, other)
        if self.by == "welch":
            tail = partial(independent.welch_of_moments, ours, theirs, guarded=guarded)
        test = independent.NAMES[self.by]
        if guarded:
            test = skew.guarded(test)
        return Result(
            label=" - ".join(self.arms),
            measure=self.measure,
            unit=data.unit(self.measure),
            test=test,
            above=self.above,
            below=self.below,
            tail=tail,
            estimate=np.asarray(ours.mean - theirs.mean),
            interval=partial(independent.interval_of_moments, ours, theirs, guarded=guarded),
            n=min(one.shape[-1], other.shape[-1]),
            sizes=self._sizes(data),
            reported=self.compared(logs=logs).reported(data),
        )

    def compared(self, *, logs: bool = False) -> Contrast:
        """Return the difference as a sum, or the quotient, which is one of logarithms."""
        one, other = self.arms
        return Contrast(
            label=(" / " if logs else " - ").join(self.arms),
            measure=self.measure,
            weights={one: 1.0, other: -1.0},
            logs=logs,
        )

    def _sizes(self, data: Measurements) -> tuple[int, ...]:
        """Return the number of runs of each arm whose single runs are known."""
        published = data.summarised(self.arms, self.measure)
        sizes = []
        for arm in self.arms:
            if arm not in published:
                sizes.append(len(data.table[arm, self.measure].seeds))
        return tuple(sizes)

    def _quotient(self, data: Measurements) -> Result:
        one, other = (data.logarithms(arm, self.measure) for arm in self.arms)
        difference = self._difference(one, other, data, logs=True)
        above, below = of_quotient(*self._bounds)
        return replace(
            difference,
            label=" / ".join(self.arms),
            unit="ratio",
            test=f"{difference.test} on logarithms",
            above=above,
            below=below,
            logs=True,
        )

    @property
    def _bounds(self) -> Sides:
        return self.above, self.below

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the difference, and of the quotient where noise is a factor."""
        difference, quotient = " - ".join(self.arms), " / ".join(self.arms)
        return {
            (self.measure, difference): self._bounds,
            (self.measure, quotient): of_quotient(*self._bounds),
        }

    def least_p(self, n: int, alpha: float) -> float:
        """Return the p of arms that do not overlap, n runs each."""
        if self.by == "welch":
            return super().least_p(n, alpha)
        return independent.least_p(n, n)

    def least_p_of(self, runs: Sequence[int], alpha: float) -> float:
        """Return the p of arms that do not overlap."""
        if self.by == "welch":
            return super().least_p_of(runs, alpha)
        return independent.least_p(*runs)

    def unsuited(self, measures: Mapping[str, Measure]) -> Iterator[str]:
        """Yield that arms are compared by an amount where noise is a factor."""
        if declared(measures, self.measure).noise == "lognormal" and any(self._bounds):
            yield AS_QUOTIENT

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)
