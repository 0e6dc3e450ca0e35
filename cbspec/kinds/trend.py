"""The kind ``trend``: a measure that is monotone along the arms."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.change import larger
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import SIGNS, steps
from cbspec.statistics.contrast import Contrast

Along = Annotated[
    tuple[Arm, ...],
    Meta(
        min_length=3,
        max_length=12,
        description="arms in the order along which the measure moves",
    ),
]
Direction = Annotated[
    Literal["increasing", "decreasing"],
    Meta(description="which way the measure moves along the arms"),
]


class Trend(Measured, frozen=True, kw_only=True, tag="trend"):
    """The measure is monotone along the arms: every adjacent step is shown.

    A step that is shown reversed refutes it. What ranks alone show is a ``rank_trend``.
    """

    synonyms = ("monotone", "monotonic", "increasing", "decreasing")
    tighter: ClassVar = {"strict": larger}

    arms: Along
    direction: Direction
    strict: Annotated[
        bool,
        Meta(
            description="says what every trend means; kept for claims from when ranks could "
            "stand for steps"
        ),
    ] = False

    def sentence(self) -> str:
        """Return the arms along which the measure moves."""
        return f"{self.measure} is {self.direction} along {', '.join(self.arms)}, at every step"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every adjacent step, as of an order."""
        return steps(self.measure, self.arms, SIGNS[self.direction], 0.0)
