"""The kind ``sooner``: time to a target, with runs that never reach it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.change import unordered
from cbspec.kinds.names import Arm
from cbspec.statistics import independent, survival
from cbspec.statistics.evidence import StatisticalEvidence, of_inference
from cbspec.statistics.independent import Moments
from cbspec.statistics.result import Result, Sides
from cbspec.statistics.sample import Array, Measurements


class Sooner(Measured, frozen=True, kw_only=True, tag="sooner"):
    """The first arm reaches its target sooner than the second (log-rank test).

    A run without a value, or with one beyond the limit, had not reached it by then.
    """

    synonyms = ("faster", "log-rank", "survival", "time-to-target")
    compares: ClassVar[bool] = False
    of_absence: ClassVar[bool] = True
    tests: ClassVar[tuple[str, ...]] = ("t",)
    tighter: ClassVar = {"limit": unordered}

    arms: Annotated[
        tuple[Arm, ...],
        Meta(min_length=2, max_length=2, description="the arm that is sooner, and the other"),
    ]
    limit: Annotated[float, Meta(gt=0, description="how long each run was watched")]

    def sentence(self) -> str:
        """Return which arm is sooner."""
        sooner, later = self.arms
        return f"{self.measure}: {sooner} reaches it sooner than {later}, within {self.limit:g}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of the log-rank test, exact. Sources: Mantel 1966, Peto and Peto 1972."""
        first, second = self.arms
        sooner = data.watched(first, self.measure, self.limit)
        later = data.watched(second, self.measure, self.limit)
        theirs, ours = (
            independent.moments(np.minimum(times, self.limit), data.resolution(self.measure))
            for times in (later, sooner)
        )
        return of_inference(
            Result(
                label=f"{second} - {first}",
                measure=self.measure,
                unit=data.unit(self.measure),
                test="exact log-rank test",
                above=0.0,
                below=None,
                tail=partial(survival.tail, sooner, later),
                estimate=np.asarray(theirs.mean - ours.mean),
                interval=partial(self._interval, later, sooner, theirs, ours),
                n=min(sooner.shape[-1], later.shape[-1]),
                sizes=(later.shape[-1], sooner.shape[-1]),
            )
        )

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the later arm's time less the sooner one's."""
        first, second = self.arms
        return {(self.measure, f"{second} - {first}"): (0.0, None)}

    def _interval(
        self, later: Array, sooner: Array, theirs: Moments, ours: Moments, miss: float
    ) -> tuple[float, float]:
        """Return Welch's interval of the times up to the limit; where no run of an arm reached its
        target, with as many as that leaves open (Clopper and Pearson 1934) reaching it at once.
        """
        low, high = independent.interval_of_moments(theirs, ours, miss)
        if np.all(np.isinf(later)):
            low -= self.limit * (1 - (miss / 2) ** (1 / later.size))
        if np.all(np.isinf(sooner)):
            high += self.limit * (1 - (miss / 2) ** (1 / sooner.size))
        return low, high

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p of arms that do not overlap, n runs each."""
        return independent.least_p(n, n)

    def least_p_of(self, runs: Sequence[int], alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p of arms that do not overlap."""
        return independent.least_p(*runs)
