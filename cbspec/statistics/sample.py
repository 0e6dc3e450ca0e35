"""Measured values as judging takes them: one column per arm and measure, over the claim's seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cbspec.model.replicates import SEEDS, noun, one
from cbspec.stage import Measure, Summary
from cbspec.stage.declaration import declared

Array: TypeAlias = NDArray[np.float64]
ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Values that differ by less of their sizes' sum differ by rounding alone, and count as equal."""

SQUARABLE = 1e150


class Unmeasured(Exception):
    """A value that an assertion reads does not exist; the text says which and why."""


class NoColumn(KeyError):
    """The values have no such arm or measure."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measure of one arm.

    Attributes:
        values: shape `[seed]`, in seed order, in the measure's unit; None or NaN where there is
            none. Leading axes (`[trial, seed]`) are allowed in simulations.
        seeds: the training seeds, equal for all arms of a claim: what makes comparisons paired. In
            an arm whose runs are independent of the other's, the numbers of the runs.
        undefined: seed -> why the measure has no value (reference gradient below resolution, ...).
        diverged: seed -> where its run left the finite numbers.
        summary: the published mean and spread, if single runs are unknown; then the values stand
            in for the runs and have the same mean and spread.
    """

    values: Sequence[float | None] | Array
    seeds: tuple[int, ...]
    undefined: Mapping[int, str] = field(default_factory=dict)
    diverged: Mapping[int, str] = field(default_factory=dict)
    summary: Summary | None = None

    def __post_init__(self) -> None:
        shape = np.asarray(self.values, dtype=np.float64).shape
        if shape[-1:] != (len(self.seeds),):
            raise ValueError(f"values of shape {shape} for {len(self.seeds)} seeds")

    def column(self, arm: str, measure: str, replicates: str = SEEDS) -> Array:
        """Return the values as an array, shape `[..., seed]`.

        Raises:
            Unmeasured: some seed has no finite value.
        """
        values: Array = np.asarray(self.values, dtype=np.float64)
        if not self.undefined and not self.diverged and np.all(np.isfinite(values)):
            return values
        absent = []
        for index, seed in enumerate(self.seeds):
            lost = seed in self.undefined or seed in self.diverged
            if lost or not np.all(np.isfinite(values[..., index])):
                absent.append(seed)
        others = ""
        if len(absent) > 1:
            others = f" (and {len(absent) - 1} more of its {noun(replicates)})"
        where = f"{arm} x {one(replicates)} {absent[0]}"
        raise Unmeasured(f"{self._why(absent[0], measure)} for {where}{others}")

    @property
    def whole(self) -> bool:
        """Tell whether every value that exists is a whole number, as counts are."""
        values = np.asarray(self.values, dtype=np.float64)
        if values.size and math.isfinite(values.flat[0]) and values.flat[0] % 1:
            return False  # nearly every measure ends here, without a pass over all values
        finite = values[np.isfinite(values)]
        return bool(finite.size) and bool(np.all(finite == np.rint(finite)))

    def _why(self, seed: int, measure: str) -> str:
        if seed in self.diverged:
            where = self.diverged[seed]
            if not where:
                return "diverged"
            return f"diverged ({where})"
        return self.undefined.get(seed, f"{measure} has no finite value")


Table: TypeAlias = Mapping[tuple[str, str], Sample]
"""(arm, measure) -> `Sample`."""


@dataclass(frozen=True)
class Measurements:
    """What the kinds read.

    Attributes:
        table: the columns.
        measures: what the catalog declares of their measures.
        reported: measure -> arm -> the figure that the memo reported.
        replicates: what the seeds number, in words: seeds, runs or test items.
    """

    table: Table
    measures: Mapping[str, Measure] = field(default_factory=dict)
    reported: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    replicates: str = SEEDS

    def column(self, arm: str, measure: str) -> Array:
        """Return one arm's values, shape `[..., seed]`.

        Raises:
            Unmeasured: a value does not exist, or every seed has the same, which no measure without
                a resolution has by chance.
            KeyError: the table has no such column, a mistake of the caller.
        """
        sample = self.table[arm, measure]
        values = sample.column(arm, measure, self.replicates)
        if sample.summary:
            return values
        repeated = values.shape[-1] > 1 and np.all(values == values[..., :1])
        if repeated and not self.resolution(measure):
            ignored = "does a stage ignore its seed? " if self.replicates == SEEDS else ""
            raise Unmeasured(
                f"{measure} of {arm} is {values.flat[0]:.10g} on {self.each}: {ignored}"
                "Equal values are expected only of a measure that declares a resolution"
            )
        return values

    def refuse_copies(self, arms: Iterable[str], measure: str) -> None:
        """Refuse to compare arms that have the same values, seed by seed.

        Raises:
            Unmeasured: two arms agree on every seed, which no measure without a resolution does by
                chance.
        """
        if self.resolution(measure):
            return
        arms = [arm for arm in arms if self.table[arm, measure].summary is None]
        for first, second in combinations(arms, 2):
            values, others = self.column(first, measure), self.column(second, measure)
            if values.shape[-1] > 1 and np.array_equal(values, others):
                ignored = "does a stage ignore what tells them apart? "
                raise Unmeasured(
                    f"{measure} of {first} and {second} is the same on {self.each}: {ignored}"
                    "Equal values are expected only of a measure that declares a resolution"
                )

    def squarable(self, arm: str, measure: str) -> Array:
        """Return `column` for a test that squares values.

        Raises:
            Unmeasured: a value does not exist, or all are of a size whose squares a double lacks.
        """
        values = self.column(arm, measure)
        size = float(np.max(np.abs(values), initial=0.0))
        if 0 < size < 1 / SQUARABLE or size > SQUARABLE:
            raise Unmeasured(
                f"{measure} of {arm} has the size {size:.3g}, whose squares cannot be computed: "
                "give the measure another unit"
            )
        return values

    def logarithms(self, arm: str, measure: str) -> Array:
        """Return the logarithms of one arm's values, shape `[..., seed]`.

        Raises:
            Unmeasured: a value does not exist, or has no logarithm.
        """
        column = self.column(arm, measure)
        if np.any(column <= 0):
            raise Unmeasured(
                f"{measure} of {arm} is not positive on {self.each}, so it has no logarithm"
            )
        return np.asarray(np.log(column))

    def factorial(self, arms: Iterable[str], measure: str) -> bool:
        """Tell whether the noise of these arms is a factor, so that logarithms are judged.

        They never are with a published mean, whose single runs have no known logarithms.
        """
        lognormal = self.declared(measure).noise == "lognormal"
        return lognormal and not self.summarised(arms, measure)

    def declared(self, measure: str) -> Measure:
        """Return what the catalog declares of a measure; the defaults if it declares nothing."""
        return declared(self.measures, measure)

    def resolution(self, measure: str) -> float:
        """Return the least difference of two values, in the measure's unit.

        That is the declared one; else 1 if the values of single runs are whole numbers, and 0 if not.
        """
        resolution = self.declared(measure).resolution
        if resolution:
            return resolution
        whole = False
        for (_, name), sample in self.table.items():
            if name == measure and sample.summary is None:
                if not sample.whole:
                    return 0.0
                whole = True
        return float(whole)

    def watched(self, arm: str, measure: str, limit: float) -> Array:
        """Return times to a target, shape `[..., seed]`: infinite where it was not reached by then.

        Raises:
            Unmeasured: a time is below 0.
        """
        values = np.asarray(self.table[arm, measure].values, dtype=np.float64)
        times: Array = np.where(values <= limit, values, np.inf)
        if np.min(times, initial=0.0) < 0:
            raise Unmeasured(f"{measure} of {arm} is {np.min(times):.3g}, which is no time")
        return times

    def summarised(self, arms: Iterable[str], measure: str) -> dict[str, Summary]:
        """Return the published summaries of those arms whose single runs are unknown."""
        known = {}
        for arm in arms:
            sample = self.table.get((arm, measure))
            if sample is not None and sample.summary is not None:
                known[arm] = sample.summary
        return known

    @property
    def each(self) -> str:
        """Return every replicate in words: ``"every seed"``."""
        return f"every {one(self.replicates)}"

    def unit(self, measure: str) -> str:
        return self.declared(measure).unit

    def reported_value(self, measure: str, arm: str) -> float | None:
        return self.reported.get(measure, {}).get(arm)
