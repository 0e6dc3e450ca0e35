"""The kind ``equivalence``: arms that differ by less than a margin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import Way, smaller, tighter_if, unordered
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import each, less, within
from cbspec.statistics.contrast import Contrast

Margin = Annotated[
    float,
    Meta(
        gt=0,
        description="the largest difference that still counts as equal, in the measure's unit",
    ),
]
_WORDS = {
    "both": "from {} by less than",
    "below": "from {} upwards by less than",
    "above": "from {} downwards by less than",
}


def _both_sides(before: Any, after: Any) -> Way:  # noqa: ARG001 - every rule takes both
    """Return tighter if the new assertion bounds both sides."""
    return tighter_if(after == "both")


class Equivalence(Measured, frozen=True, kw_only=True, tag="equivalence"):
    """Two arms differ by less than the margin, or every arm differs from a stated value by less
    (two one-sided tests).
    """

    synonyms = ("equal", "same", "tost", "close", "neutral")
    tighter: ClassVar = {"margin": smaller, "side": _both_sides, "to": unordered}

    arms: Arms
    margin: Margin
    to: Annotated[
        float | None,
        Meta(description="compare with this value instead of the first arm"),
    ] = None
    side: Annotated[
        Literal["both", "above", "below"],
        Meta(
            description="below: shown not to exceed the reference by the margin (non-superiority); above: not to fall short",
        ),
    ] = "both"

    @property
    def by_run(self) -> bool:
        """Whether arms are compared with each other."""
        return self.to is None

    def sentence(self) -> str:
        """Return what is compared, and the margin."""
        reference, arms = self.arms[0], self.arms[1:]
        if self.to is not None:
            reference, arms = f"{self.to:g}", self.arms
        side = _WORDS[self.side].format(reference)
        return f"{self.measure} of {listed(arms)} differs {side} {self.margin:g}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every difference, by two one-sided tests; one shown beyond the margin refutes.

        Source: Schuirmann 1987.
        """
        middle, weights = 0.0, less(self.arms[0], self.arms[1:])
        if self.to is not None:
            middle, weights = self.to, each(self.arms)
        low, high = middle - self.margin, middle + self.margin
        if self.side == "below":
            low = -math.inf
        if self.side == "above":
            high = math.inf
        return within(self.measure, weights, low, high)

    def problems(self) -> Iterator[Problem]:
        """Yield a comparison without a second arm or a value."""
        if self.to is None and len(self.arms) == 1:
            yield ("arms",), "needs two arms to compare, or to: VALUE"
