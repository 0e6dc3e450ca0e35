"""The kind ``iqm``: the mean of the middle half of the seeds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, more, smaller, unordered
from cbspec.kinds.names import Arm, Arms, listed
from cbspec.kinds.sums import bounds_in_words, needs_bounds
from cbspec.statistics import trimmed
from cbspec.statistics.evidence import StatisticalEvidence, every, of_inference
from cbspec.statistics.result import Result
from cbspec.statistics.sample import Measurements


class Iqm(Measured, frozen=True, kw_only=True, tag="iqm"):
    """The interquartile mean of every arm, or of its difference from another arm, lies above (or
    below) a value (t test of the trimmed mean).
    """

    synonyms = ("trimmed", "interquartile", "rliable")
    tighter: ClassVar = {"arms": more, "above": larger, "below": smaller, "minus": unordered}

    arms: Arms
    minus: Annotated[Arm | None, Meta(description="the arm that is subtracted, seed by seed")] = (
        None
    )
    above: Annotated[float | None, Meta(description="what the mean exceeds")] = None
    below: Annotated[float | None, Meta(description="what the mean stays below")] = None

    @property
    def by_run(self) -> bool:
        """Whether an arm is subtracted, run by run."""
        return self.minus is not None

    def sentence(self) -> str:
        """Return the arms and their bounds."""
        arms = listed([self._label(arm) for arm in self.arms])
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure}: the interquartile mean of {arms} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every arm. Source: Tukey and McLaughlin 1963."""
        return every(of_inference(self._located(arm, data)) for arm in self.arms)

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)

    def _label(self, arm: str) -> str:
        return arm if self.minus is None else f"{arm} - {self.minus}"

    def _located(self, arm: str, data: Measurements) -> Result:
        values = data.column(arm, self.measure)
        if self.minus is not None:
            values = values - data.column(self.minus, self.measure)
        return Result(
            label=self._label(arm),
            measure=self.measure,
            unit=data.unit(self.measure),
            test="t test of the interquartile mean",
            above=self.above,
            below=self.below,
            tail=partial(trimmed.tail, values),
            estimate=trimmed.moments(values)[0],
            interval=partial(trimmed.interval, values),
            n=values.shape[-1],
            seeds=values,
        )
