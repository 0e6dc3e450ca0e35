"""The stage ``reported``: the mean, spread and n of a paper, as an arm."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbspec.stage import Job, Measure, Parameters, Stage, Summary, plain


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
        Meta(
            description="in place of sd: the confidence interval of the mean; of unequal halves the "
            "longer counts"
        ),
    ] = None
    bound: Annotated[
        float | None,
        Meta(
            description="in place of sd: the one-sided confidence bound of the mean, on either side "
            "of it"
        ),
    ] = None
    level: Annotated[
        float, Meta(gt=0.5, lt=1, description="the confidence level of interval or bound")
    ] = 0.95
    by: Annotated[
        Literal["t", "normal"], Meta(description="the distribution that they were made by")
    ] = "t"
    digit: Annotated[
        float | None,
        Meta(
            description="the last digit that is printed of mean, such as 0.1; where it is left out, "
            "that of mean as it is written, without zeros at its end"
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one spread at most, and an interval is around the mean."""
        spreads = (self.sd, self.se, self.interval, self.bound)
        if len(spreads) - spreads.count(None) > 1:
            raise ValueError("give one of sd, se, interval and bound")
        if self.interval is not None and not self.interval[0] < self.mean < self.interval[1]:
            raise ValueError("the interval does not hold the mean")
        if self.bound == self.mean:
            raise ValueError("the bound is the mean")
        bounded = self.interval is not None or self.bound is not None
        if not bounded and (self.level != 0.95 or self.by != "t"):
            raise ValueError("level and by describe an interval or a bound")
        if self.digit is not None and not self.digit > 0:
            raise ValueError("the digit has to be above 0")

    def summary(self, n: int | None, n_source: str = "") -> Summary:
        """Return mean, standard deviation and n, as far as the paper tells."""
        digit = self.digit
        if digit is None:
            exponent = Decimal(repr(self.mean)).normalize().as_tuple().exponent
            digit = float(10.0 ** min(int(exponent), 0))
        deviation = None
        if n is not None:
            deviation = self._deviation(n)
        return Summary(mean=self.mean, sd=deviation, n=n, digit=digit, n_source=n_source)

    @property
    def spread(self) -> bool:
        """Whether a spread is reported, in whatever form."""
        return (self.sd, self.se, self.interval, self.bound) != (None, None, None, None)

    def _deviation(self, n: int) -> float | None:
        if self.sd is not None:
            return self.sd
        if self.se is not None:
            return self.se * math.sqrt(n)
        if self.interval is not None:
            half = max(self.mean - self.interval[0], self.interval[1] - self.mean)
            return half * math.sqrt(n) / self._quantile((1 + self.level) / 2, n)
        if self.bound is not None:
            return abs(self.bound - self.mean) * math.sqrt(n) / self._quantile(self.level, n)
        return None

    def _quantile(self, probability: float, n: int) -> float:
        from scipy.special import ndtri, stdtrit

        if self.by == "normal":
            return float(ndtri(probability))
        return float(stdtrit(n - 1, probability))


class Reported(Parameters, frozen=True, kw_only=True):
    """Runs of which only mean and spread are known."""

    source: Annotated[str, Meta(min_length=1, description="the paper, and the table in it")]
    n: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=10_000,
                description="the runs that these are the mean of; left out where nobody says",
            ),
        ]
        | None
    ) = None
    n_source: Annotated[
        str,
        Meta(description="where n is from, if source does not say; shown beside n"),
    ] = ""
    measures: Annotated[
        dict[str, ReportedMeasure], Meta(min_length=1, description="measure -> what is reported")
    ]

    def __post_init__(self) -> None:
        """Raise ValueError where a spread has no number of runs, or a source of n has no n."""
        if self.n_source and self.n is None:
            raise ValueError("n_source says where n is from, but there is no n")
        for name, reported in self.measures.items():
            if reported.spread and (self.n is None or self.n < 2):
                raise ValueError(
                    f"the spread of {name} needs n, the runs that it is over (2 or more)"
                )


def emit(job: Job[Reported]) -> None:
    """Emit the reported mean for each run, of which nothing else is known. Verdicts are judged on
    `summaries`.
    """
    for index, replica in enumerate(job.replicas):
        means = {}
        for name, reported in replica.parameters.measures.items():
            means[name] = reported.mean
        job.emit(index, measures=means)


def summaries(parameters: Reported) -> dict[str, Summary]:
    """Return measure -> what is known of it."""
    known = {}
    for name, reported in parameters.measures.items():
        known[name] = reported.summary(parameters.n, parameters.n_source)
    return known


def for_call(stage: Stage, parameters: Reported) -> Stage:
    """Return the stage with the measures of a call."""
    measures = {}
    for name, reported in parameters.measures.items():
        measures[name] = Measure(reported.unit, f"as reported: {parameters.source}")
    return replace(stage, measures=measures)


def count_runs(parameters: Reported, _locate: Callable[[str], Path]) -> int:
    """Return how many runs are reported; 1 where nobody says how many there were."""
    return parameters.n or 1


def _measured(parameters: Reported, measures: Collection[str]) -> dict[str, Any]:
    """Return what is reported, without other measures."""
    words: dict[str, Any] = plain(parameters)
    kept = words["measures"]
    words["measures"] = {name: kept[name] for name in kept if name in measures}
    return words


REPORTED = Stage(
    name="reported",
    doc="takes the mean, the spread and the number of runs that a paper reports",
    implementation="cbspec.tables.reported:emit",
    parameters=Reported,
    for_call=for_call,
    runs=count_runs,
    reads=True,
    summaries=summaries,
    measured=_measured,
)
