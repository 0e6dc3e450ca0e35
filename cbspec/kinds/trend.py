"""The kind ``trend``: a measure that moves along the arms, by Page's test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured
from cbspec.kinds.change import larger
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import steps
from cbspec.model.finding import Effect
from cbspec.statistics import page, student
from cbspec.statistics.contrast import Contrast, Location
from cbspec.statistics.evidence import Level, StatisticalEvidence, of_inference
from cbspec.statistics.sample import Array, Measurements


class Trend(Measured, frozen=True, kw_only=True, tag="trend"):
    """The measure moves monotonically along the arms (Page's test, exact); strict: every adjacent
    step is shown.
    """

    synonyms = ("monotone", "monotonic", "increasing", "decreasing", "page")
    tighter: ClassVar = {"strict": larger}

    arms: Annotated[
        tuple[Arm, ...],
        Meta(
            min_length=3,
            max_length=12,
            description="arms in the order along which the measure moves",
        ),
    ]
    direction: Annotated[
        Literal["increasing", "decreasing"],
        Meta(description="which way the measure moves along the arms"),
    ]
    strict: Annotated[
        bool,
        Meta(description="every adjacent step is shown, not the trend alone"),
    ] = False

    @property
    def enumerates(self) -> bool:
        """Page's test is exact whatever `test` says, and goes through no sign flips."""
        return self.strict and super().enumerates

    def sentence(self) -> str:
        """Return the arms along which the measure moves."""
        step = ", at every step" if self.strict else ""
        return f"{self.measure} is {self.direction} along {', '.join(self.arms)}{step}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every adjacent step, as of an order, where the trend is strict."""
        return steps(self.measure, self.arms, self._sign, 0.0) if self.strict else ()

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return Page's L as evidence, or that of every step. Source: Page 1963."""
        if self.strict:
            return super().evidence(data)
        return of_inference(PageTest(self.measure, self.arms, self._sign, data))

    def least_p(self, n: int, alpha: float) -> float:
        """Return the p of every seed in the one order of k!."""
        if self.strict:
            return super().least_p(n, alpha)
        return float(math.factorial(len(self.arms)) ** -n)

    @property
    def _sign(self) -> int:
        return 1 if self.direction == "increasing" else -1


@dataclass(frozen=True)
class PageTest:
    """The arms' ranks rise (or fall) along their order.

    The effect shown with it is that of the last arm over the first.

    Attributes:
        arms: in the order asserted.
        sign: 1 for increasing, -1 for decreasing.
    """

    measure: str
    arms: tuple[str, ...]
    sign: int
    data: Measurements

    @property
    def label(self) -> str:
        return f"{self.arms[-1]} - {self.arms[0]}"

    @property
    def asserted(self) -> str:
        way = "an increasing" if self.sign > 0 else "a decreasing"
        return f"along {way} trend over {len(self.arms)} arms"

    @property
    def p(self) -> Array:
        return self._tails[0]

    @property
    def against(self) -> Array:
        return self._tails[1]

    def effect(self, level: Level) -> Effect:
        ends = Contrast(
            label=self.label,
            measure=self.measure,
            weights={self.arms[-1]: 1.0, self.arms[0]: -1.0},
            low=0.0,
        )
        p, n = float(self.p), self._ranks.shape[-1]
        decided = p <= level.shown or self.against <= level.refuted
        distance = student.equivalent(p, n) - student.equivalent(level.shown, n)
        return msgspec.structs.replace(
            Location(ends, self.data, exact=False).effect(level),
            p=p,
            needed=None if decided else self._needed(level),
            headroom=distance if math.isfinite(distance) else None,
        )

    @cached_property
    def _ranks(self) -> Array:
        columns = [self.data.column(arm, self.measure) for arm in self.arms]
        return page.ranks(self.sign * np.stack(columns, axis=-2))

    @cached_property
    def _tails(self) -> tuple[Array, Array]:
        return page.tails(self._ranks)

    def _needed(self, level: Level) -> int | None:
        """In whichever direction the ranks seen point."""
        if self.against < self.p:
            return page.needed(-self._ranks, level.refuted)
        return page.needed(self._ranks, level.shown)
