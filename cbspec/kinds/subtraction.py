"""Base of the kinds that look at arms, or at their differences from one arm, run by run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.names import Arm, Arms
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.result import interval_of
from cbspec.statistics.sample import Array, Measurements


class Subtraction(Measured, frozen=True, kw_only=True):
    """Arms, each by itself or less another arm of the same seeds."""

    arms: Arms
    minus: Annotated[Arm | None, Meta(description="the arm that is subtracted, seed by seed")] = (
        None
    )

    @property
    def by_run(self) -> bool:
        """Whether an arm is subtracted, run by run."""
        return self.minus is not None

    def problems(self) -> Iterator[Problem]:
        """Yield an arm that is subtracted from itself."""
        if self.minus in self.arms:
            yield ("minus",), "is itself among the arms"

    def label(self, arm: str) -> str:
        """Return what is looked at of an arm: ``"vec"`` or ``"vec - dfa"``."""
        if self.minus is None:
            return arm
        return f"{arm} - {self.minus}"

    def labels(self) -> list[str]:
        """Return the label of every arm."""
        return [self.label(arm) for arm in self.arms]

    def contrast(self, arm: str, above: float | None, below: float | None) -> Contrast:
        """Return what is looked at of an arm, between the bounds."""
        weights = {arm: 1.0}
        if self.minus is not None:
            weights[self.minus] = -1.0
        low, high = interval_of(above, below)
        return Contrast(
            label=self.label(arm), measure=self.measure, weights=weights, low=low, high=high
        )

    def column(self, contrast: Contrast, data: Measurements) -> Array:
        """Return its values `[..., seed]`, of which those at a bound but for rounding are at it."""
        for arm in contrast.weights:
            data.squarable(arm, self.measure)
        return contrast.values(data)
