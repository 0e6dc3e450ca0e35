"""The stage ``reported``: the mean, spread and n of a paper, as an arm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.stage import Job, Measure, Parameters, Stage


class ReportedMeasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a paper says of one measure."""

    unit: Annotated[str, Meta(description="its unit in words")]
    mean: Annotated[float, Meta(description="the mean over runs")]
    sd: Annotated[float, Meta(gt=0, description="the standard deviation over runs")] | None = None
    interval: Annotated[
        tuple[float, float] | None,
        Meta(description="in place of sd: the 95 % interval of the mean (Student's t)"),
    ] = None

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one spread, and an interval is around the mean."""
        if (self.sd is None) == (self.interval is None):
            raise ValueError("give either sd or interval")
        if self.interval is not None and not self.interval[0] < self.mean < self.interval[1]:
            raise ValueError("the interval does not hold the mean")


class Reported(Parameters, frozen=True, kw_only=True):
    """Runs of which only mean and spread are known."""

    source: Annotated[str, Meta(min_length=1, description="the paper, and the table in it")]
    n: Annotated[int, Meta(ge=2, le=10_000, description="the runs that these are the mean of")]
    measures: Annotated[
        dict[str, ReportedMeasure], Meta(min_length=1, description="measure -> what is reported")
    ]


def emit(job: Job[Reported]) -> None:
    """Emit evenly spaced values that have the reported mean and spread.

    What is asked of such an arm may depend on no more than these (`Stage.summarised`): by Student's,
    Welch's and the z test any other values of that mean and spread would give the same.
    """
    for index, replica in enumerate(job.replicas):
        n = replica.parameters.n
        place = replica.seed - (n + 1) / 2
        unit = math.sqrt(n * (n + 1) / 12)  # standard deviation of 1, 2, ..., n
        values = {}
        for name, reported in replica.parameters.measures.items():
            values[name] = reported.mean + _deviation(reported, n) * place / unit
        job.emit(index, measures=values)


def _deviation(reported: ReportedMeasure, n: int) -> float:
    if reported.interval is None:
        assert reported.sd is not None
        return reported.sd
    from scipy.special import stdtrit

    low, high = reported.interval
    return (high - low) / 2 * math.sqrt(n) / float(stdtrit(n - 1, 0.975))


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
    summarised=True,
)
