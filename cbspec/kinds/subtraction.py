"""Base of the kinds that look at arms, or at their differences from one arm, run by run."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.names import Arm, Arms
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

    def label(self, arm: str) -> str:
        """Return what is looked at of an arm: ``"vec"`` or ``"vec - dfa"``."""
        if self.minus is None:
            return arm
        return f"{arm} - {self.minus}"

    def labels(self) -> list[str]:
        """Return the label of every arm."""
        return [self.label(arm) for arm in self.arms]

    def column(self, arm: str, data: Measurements) -> Array:
        """Return its values `[..., seed]`."""
        values = data.squarable(arm, self.measure)
        if self.minus is not None:
            values = values - data.squarable(self.minus, self.measure)
        return values
