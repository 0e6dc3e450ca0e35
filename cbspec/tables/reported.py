"""The stage ``reported``: the mean, spread and n of a paper, as an arm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.stage import Job, Measure, Parameters, Stage, Summary

ONE_SIDED, TWO_SIDED = (
    0.95,
    0.975,
)  # of Student's t: one bound, and either end of an interval, at 95 %


class ReportedMeasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a paper says of one measure."""

    unit: Annotated[str, Meta(description="its unit in words")]
    mean: Annotated[float, Meta(description="the mean over runs")]
    sd: Annotated[float, Meta(gt=0, description="the standard deviation over runs")] | None = None
    se: (
        Annotated[float, Meta(gt=0, description="in place of sd: the standard error of the mean")]
        | None
    ) = None
    interval: Annotated[
        tuple[float, float] | None,
        Meta(description="in place of sd: the 95 % interval of the mean (Student's t)"),
    ] = None
    bound: Annotated[
        float | None,
        Meta(
            description="in place of sd: the one-sided 95 % bound of the mean, on either side of it"
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one spread at most, and an interval is around the mean."""
        spreads = (self.sd, self.se, self.interval, self.bound)
        if sum(spread is not None for spread in spreads) > 1:
            raise ValueError("give one of sd, se, interval and bound")
        if self.interval is not None and not self.interval[0] < self.mean < self.interval[1]:
            raise ValueError("the interval does not hold the mean")
        if self.bound == self.mean:
            raise ValueError("the bound is the mean")

    def summary(self, n: int) -> Summary:
        """Return mean, standard deviation and n, as far as the paper tells."""
        return Summary(mean=self.mean, sd=self._deviation(n), n=n)

    def _deviation(self, n: int) -> float | None:
        if self.sd is not None:
            return self.sd
        if self.se is not None:
            return self.se * math.sqrt(n)
        if self.interval is not None:
            low, high = self.interval
            return (high - low) / 2 * math.sqrt(n) / _student(TWO_SIDED, n)
        if self.bound is not None:
            return abs(self.bound - self.mean) * math.sqrt(n) / _student(ONE_SIDED, n)
        return None


class Reported(Parameters, frozen=True, kw_only=True):
    """Runs of which only mean and spread are known."""

    source: Annotated[str, Meta(min_length=1, description="the paper, and the table in it")]
    n: Annotated[int, Meta(ge=2, le=10_000, description="the runs that these are the mean of")]
    measures: Annotated[
        dict[str, ReportedMeasure], Meta(min_length=1, description="measure -> what is reported")
    ]


def emit(job: Job[Reported]) -> None:
    """Emit the reported mean for each run, of which nothing else is known. Verdicts are judged on
    `summaries`.
    """
    for index, replica in enumerate(job.replicas):
        means = {name: reported.mean for name, reported in replica.parameters.measures.items()}
        job.emit(index, measures=means)


def summaries(parameters: Reported) -> dict[str, Summary]:
    """Return measure -> what is known of it."""
    known = {}
    for name, reported in parameters.measures.items():
        known[name] = reported.summary(parameters.n)
    return known


def _student(probability: float, n: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, probability))


def for_call(stage: Stage, parameters: Reported) -> Stage:
    """Return the stage with the measures of a call."""
    measures = {}
    for name, reported in parameters.measures.items():
        measures[name] = Measure(reported.unit, f"as reported: {parameters.source}")
    return replace(stage, measures=measures)


def count_runs(parameters: Reported, _locate: Callable[[str], Path]) -> int:
    """Return how many runs are reported."""
    return parameters.n


REPORTED = Stage(
    name="reported",
    doc="takes the mean, the spread and the number of runs that a paper reports",
    implementation="cbspec.tables.reported:emit",
    parameters=Reported,
    for_call=for_call,
    runs=count_runs,
    reads=True,
    summaries=summaries,
)
