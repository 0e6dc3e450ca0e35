"""The kind ``sign``: every arm on one side of zero."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.change import more
from cbspec.kinds.names import Arms, listed
from cbspec.kinds.sums import each, within
from cbspec.statistics.contrast import Contrast


class Sign(Measured, frozen=True, kw_only=True, tag="sign"):
    """Every arm is positive (or negative)."""

    synonyms = ("positive", "negative")
    compares: ClassVar[bool] = False
    by_moments: ClassVar[bool] = True
    tighter: ClassVar = {"arms": more}

    arms: Arms
    sign: Annotated[
        Literal["positive", "negative"],
        Meta(description="the sign that every arm has"),
    ]

    def sentence(self) -> str:
        """Return the arms and their sign."""
        return f"{self.measure} of {listed(self.arms)} is {self.sign}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every arm; one that is shown to have the other sign refutes."""
        low, high = 0.0, math.inf
        if self.sign == "negative":
            low, high = -math.inf, 0.0
        return within(self.measure, each(self.arms), low, high)
