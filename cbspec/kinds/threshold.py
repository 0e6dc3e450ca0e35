"""The kind ``threshold``: every arm on one side of a stated value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, more, smaller
from cbspec.kinds.collapse import RARE_MODE
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import each, needs_bounds, within
from cbspec.stage import Measure
from cbspec.stage.declaration import declared
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.result import bounds_in_words, interval_of


class Threshold(Measured, frozen=True, kw_only=True, tag="threshold"):
    """Every arm lies above (or below) a stated value."""

    synonyms = ("above", "below", "bound")
    compares: ClassVar[bool] = False
    by_moments: ClassVar[bool] = True
    tighter: ClassVar = {"arms": more, "above": larger, "below": smaller}

    arms: Arms
    above: Annotated[
        float | None,
        Meta(description="every arm lies above this, in the measure's unit"),
    ] = None
    below: Annotated[
        float | None,
        Meta(description="every arm lies below this, in the measure's unit"),
    ] = None

    def sentence(self) -> str:
        """Return the arms and their bounds."""
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure} of {listed(self.arms)} lies {bounds}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every arm; one that is shown on the other side refutes."""
        low, high = interval_of(self.above, self.below)
        return within(self.measure, each(self.arms), low, high)

    def begins_with(self, measures: Mapping[str, Measure]) -> int:
        """Return six on a bounded measure, which can have a rare mode where training fails."""
        if declared(measures, self.measure).noise == "bounded":
            return RARE_MODE
        return 1

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)
