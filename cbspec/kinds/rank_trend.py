"""The kind ``rank_trend``: ranks that rise along the arms, by Page's test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from cbspec.kinds.assertion import Measured
from cbspec.kinds.sums import SIGNS
from cbspec.kinds.trend import Along, Direction
from cbspec.model.finding import Effect
from cbspec.statistics import page
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Level, StatisticalEvidence, of_inference
from cbspec.statistics.location import Location
from cbspec.statistics.result import Sides
from cbspec.statistics.sample import Array, Measurements


class RankTrend(Measured, frozen=True, kw_only=True, tag="rank_trend"):
    """The arms' ranks within a seed rise (or fall) along their order (Page's test, exact).

    A step may be reversed all the same: ``trend`` says more.
    """

    synonyms = ("page", "association")
    tests = ("t", "exact")

    arms: Along
    direction: Direction

    @property
    def enumerates(self) -> bool:
        """Page's test is exact whatever `test` says, and goes through no sign flips."""
        return False

    def sentence(self) -> str:
        """Return the arms along which the ranks move."""
        return f"the ranks of {self.measure} are {self.direction} along {', '.join(self.arms)}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return Page's L as evidence. Source: Page 1963."""
        return of_inference(PageTest(self.measure, self.arms, SIGNS[self.direction], data))

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the last arm less the first, as the direction of the ranks has it."""
        bounds: Sides = (0.0, None)
        if SIGNS[self.direction] < 0:
            bounds = None, 0.0
        return {(self.measure, f"{self.arms[-1]} - {self.arms[0]}"): bounds}

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - of no part
        """Return the p of every seed in the one order of k!."""
        return float(math.factorial(len(self.arms)) ** -n)


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
    def test(self) -> str:
        return "Page's test"

    @property
    def bounds(self) -> tuple[float, ...]:
        return (0.0,)

    @property
    def asserted(self) -> str:
        way = "an increasing"
        if self.sign < 0:
            way = "a decreasing"
        return f"along {way} trend of ranks over {len(self.arms)} arms"

    @property
    def p(self) -> Array:
        return self._tails[0]

    @property
    def against(self) -> Array:
        return self._tails[1]

    def effect(self, level: Level) -> Effect:
        decided = self.p <= level.shown or self.against <= level.refuted
        needed = None
        if not decided:
            needed = self._needed(level)
        return msgspec.structs.replace(self._ends.effect(level), p=float(self.p), needed=needed)

    def values(self) -> Array:
        return self._ends.values()

    @property
    def _ends(self) -> Location:
        """Return the last arm less the first."""
        ends = Contrast(
            label=self.label,
            measure=self.measure,
            weights={self.arms[-1]: 1.0, self.arms[0]: -1.0},
            low=0.0,
        )
        return Location(ends, self.data)

    @cached_property
    def _ranks(self) -> Array:
        self.data.refuse_copies(self.arms, self.measure)
        columns = [self.data.column(arm, self.measure) for arm in self.arms]
        least = self.data.resolution(self.measure)
        return page.ranks(self.sign * np.stack(columns, axis=-2), least)

    @cached_property
    def _tails(self) -> tuple[Array, Array]:
        return page.tails(self._ranks)

    def _needed(self, level: Level) -> tuple[int, int] | None:
        """In whichever direction the ranks seen point."""
        sign, alpha = -1, level.refuted
        if self.p <= self.against:
            sign, alpha = 1, level.shown
        even = page.needed(sign * self._ranks, alpha, power=0.5)
        likely = page.needed(sign * self._ranks, alpha, power=0.8)
        if even is None or likely is None:
            return None
        return even, likely
