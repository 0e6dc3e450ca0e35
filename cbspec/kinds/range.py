"""The kind ``range``: every arm between two stated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, more, smaller
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import each, within
from cbspec.statistics.contrast import Contrast


class Range(Measured, frozen=True, kw_only=True, tag="range"):
    """Every arm lies inside a stated range."""

    synonyms = ("between", "interval")
    compares: ClassVar[bool] = False
    by_moments: ClassVar[bool] = True
    tighter: ClassVar = {"arms": more, "low": larger, "high": smaller}

    arms: Arms
    low: Annotated[float, Meta(description="lower end of the range, in the measure's unit")]
    high: Annotated[float, Meta(description="upper end of the range, in the measure's unit")]

    def sentence(self) -> str:
        """Return the arms and the range."""
        return f"{self.measure} of {listed(self.arms)} lies between {self.low:g} and {self.high:g}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every arm, by two one-sided tests; one that is shown outside refutes."""
        return within(self.measure, each(self.arms), self.low, self.high)

    def problems(self) -> Iterator[Problem]:
        """Yield ends in the wrong order."""
        if not self.low < self.high:
            yield ("low",), f"low must lie below high, got {self.low} and {self.high}"
