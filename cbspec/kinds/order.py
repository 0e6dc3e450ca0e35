"""The kind ``order``: a chain of arms, each shown beyond the one before it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.change import larger
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import SIGNS, steps
from cbspec.statistics.contrast import Contrast

Chain = Annotated[
    tuple[Arm, ...],
    Meta(min_length=2, description="arms in the order that is asserted"),
]


class Order(Measured, frozen=True, kw_only=True, tag="order"):
    """Each arm of the chain lies beyond the one before it, every adjacent step shown."""

    synonyms = ("greater", "less", "larger", "smaller", "ordering", "ranking")
    tighter: ClassVar = {"margin": larger}

    arms: Chain
    direction: Annotated[
        Literal["ascending", "descending"],
        Meta(description="ascending: each arm lies above the one before it"),
    ]
    margin: Annotated[float, Meta(ge=0, description="each step must exceed this")] = 0.0

    def sentence(self) -> str:
        """Return the chain as an inequality."""
        relation = " < "
        if self.direction == "descending":
            relation = " > "
        margin = ""
        if self.margin:
            margin = f", each step by more than {self.margin:g}"
        return f"{self.measure}: {relation.join(self.arms)}{margin}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every adjacent step; one that is shown short of the margin refutes."""
        # Adjacent steps alone: where each is positive, so is the sum of any of them
        return steps(self.measure, self.arms, SIGNS[self.direction], self.margin)
