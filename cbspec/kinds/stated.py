"""The kind ``stated``: published numbers as they are, where no spread or no number of runs is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import needs_bounds
from cbspec.statistics.evidence import StatisticalEvidence, of_inference
from cbspec.statistics.result import NO_TEST, Result, Sides, bounds_in_words
from cbspec.statistics.sample import Array, Measurements, Unmeasured
from cbspec.statistics.spread import mean

DIGITS = 13  # a binary number has the first 15 of a decimal one; sums of some lose the last ones
TINY = 1e-9


class Stated(Measured, frozen=True, kw_only=True, tag="stated"):
    """A published number, or its difference from (or ratio to) that of a second arm, lies above (or
    below) a value: a comparison of numbers as they are printed, without a test.

    What it shows is true of the publication, and says nothing of what another run would give. Each
    number is known to half of its last printed digit; where these decide, the finding is
    inconclusive.
    """

    synonyms = ("as printed", "as published", "number")
    compares: ClassVar[bool] = False
    by_moments: ClassVar[bool] = True
    by_spread: ClassVar[bool] = False
    by_count: ClassVar[bool] = False
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tested_by: ClassVar[str] = "which compares numbers as they are printed"
    tighter: ClassVar = {"above": larger, "below": smaller, "by": unordered}

    arms: Annotated[
        tuple[Arm, ...], Meta(min_length=1, max_length=2, description="one arm, or (a, b)")
    ]
    above: Annotated[float | None, Meta(description="what the number, a - b or a / b exceeds")] = (
        None
    )
    below: Annotated[
        float | None, Meta(description="what the number, a - b or a / b stays below")
    ] = None
    by: Annotated[
        Literal["difference", "ratio"], Meta(description="what two arms are compared by")
    ] = "difference"

    def sentence(self) -> str:
        """Return the arms and their bounds."""
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure}: {self._label}, as published, lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return what the numbers show, each within half of its last digit."""
        with np.errstate(over="ignore", invalid="ignore"):
            numbers, halves = self._printed(data)
            if self.by == "ratio" and not np.all(numbers[-1]):
                raise Unmeasured(f"ratio undefined: {self.measure} of {self.arms[-1]} is 0")
            estimate = self._combined(numbers)
            ends = self._ends(numbers, halves)
        if not np.all(np.isfinite(estimate)):
            raise Unmeasured(
                f"{self.measure}: the values of {self._label} are too large to compare"
            )
        unit = data.unit(self.measure)
        if len(numbers) == 2 and self.by == "ratio":
            unit = "ratio"
        return of_inference(
            Result(
                label=self._label,
                measure=self.measure,
                unit=unit,
                test=NO_TEST,
                above=self.above,
                below=self.below,
                tail=partial(_tail, ends),
                estimate=estimate,
                interval=lambda _: (float(ends[0]), float(ends[1])),
                n=1,
                reported=None,
            )
        )

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the number, or of what two are compared by."""
        return {(self.measure, self._label): (self.above, self.below)}

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - nothing is drawn
        """Return 0: what is printed needs no runs."""
        return 0.0

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other, and a ratio of one arm."""
        yield from needs_bounds(self.above, self.below)
        if self.by == "ratio" and len(self.arms) == 1:
            yield ("by",), "a ratio needs two arms"

    @property
    def _label(self) -> str:
        if self.by == "ratio":
            return " / ".join(self.arms)
        return " - ".join(self.arms)

    def _printed(self, data: Measurements) -> tuple[list[Array], list[float]]:
        """Return the number of each arm, and half of its last digit; 0 if it is measured here."""
        known = data.summarised(self.arms, self.measure)
        numbers, halves = [], []
        for arm in self.arms:
            numbers.append(mean(data.column(arm, self.measure)))
            half = 0.0
            if arm in known:
                half = known[arm].digit / 2
            halves.append(half)
        return numbers, halves

    def _combined(self, numbers: list[Array]) -> Array:
        if len(numbers) == 1:
            return numbers[0]
        first, second = numbers
        if self.by == "ratio":
            return np.asarray(first / second)
        return np.asarray(first - second)

    def _ends(self, numbers: list[Array], halves: list[float]) -> tuple[Array, Array]:
        """Return the least and the largest value that the printed digits leave open."""
        # A difference is monotone in each number, a quotient too while its denominator keeps its sign:
        # the extremes lie at the corners
        if self.by == "ratio" and np.any(np.abs(numbers[-1]) <= halves[-1]):
            return np.asarray(-np.inf), np.asarray(np.inf)
        printed = []
        for number, half in zip(numbers, halves, strict=True):
            printed.append((number - half, number + half))
        corners = [self._combined(list(corner)) for corner in product(*printed)]
        largest = corners if self.by == "ratio" else printed
        rounded = partial(_rounded, largest=float(np.max(np.abs(largest))))
        return rounded(np.min(corners, axis=0)), rounded(np.max(corners, axis=0))


def _rounded(end: Array, largest: float) -> Array:
    """Return an end as decimal numbers give it: binary ones add a little, which a bound would see.

    Args:
        end: the end.
        largest: the largest number that it was computed from.
    """
    if not TINY < largest < math.inf:  # numpy rounds to no more decimals
        return end
    return np.asarray(np.round(end, DIGITS - math.ceil(math.log10(largest))))


def _tail(ends: tuple[Array, Array], bound: float, side: int) -> Array:
    """Return 0 where every value that the digits leave open lies on that side of the bound, else 1."""
    low, high = ends
    if side > 0:
        return np.where(low > bound, 0.0, 1.0)
    return np.where(high < bound, 0.0, 1.0)
