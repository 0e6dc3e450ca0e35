"""The kind ``extremum``: one arm shown against each other one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, more
from cbspec.kinds.names import Arm, listed
from cbspec.kinds.sums import SIGNS, beyond
from cbspec.statistics.contrast import Contrast


class Extremum(Measured, frozen=True, kw_only=True, tag="extremum"):
    """One arm is the highest (or lowest) of all, shown against each other arm."""

    synonyms = ("max", "min", "best", "worst", "highest", "lowest")
    tighter: ClassVar = {"among": more, "margin": larger}

    arm: Arm
    among: Annotated[
        tuple[Arm, ...],
        Meta(min_length=2, description="all arms that are compared, this one included"),
    ]
    extremum: Annotated[Literal["highest", "lowest"], Meta(description="which end the arm is at")]
    margin: Annotated[
        float,
        Meta(ge=0, description="the distance to each other arm must exceed this"),
    ] = 0.0

    def sentence(self) -> str:
        """Return the arm, whether it is the highest or the lowest, and the compared arms."""
        distance = ""
        if self.margin:
            distance = f", by more than {self.margin:g}"
        place = f"the {self.extremum} of {listed(self.among)}"
        return f"{self.measure} of {self.arm} is {place}{distance}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return the arm against each other one; one shown within the margin refutes."""
        # Against each other arm, not against the best of them: which that is would be chosen by the
        # same values, and the difference from it would be biased
        sign = SIGNS[self.extremum]
        contrasts = []
        for other in self.among:
            if other != self.arm:
                contrasts.append(beyond(self.measure, self.arm, other, sign, self.margin))
        return tuple(contrasts)

    def problems(self) -> Iterator[Problem]:
        """Yield an arm that is not among the compared ones."""
        if self.arm not in self.among:
            yield ("arm",), f"{self.arm} is not in among"
