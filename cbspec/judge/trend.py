"""Page's trend over the arms as evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from cbspec.finding import Effect
from cbspec.judge import page, student
from cbspec.judge.contrast import Contrast, Location
from cbspec.judge.evidence import Level
from cbspec.judge.sample import Array, Measurements


@dataclass(frozen=True)
class Trend:
    """The arms' ranks rise (or fall) along their order. The effect shown with it is that of the last arm over the first.

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
        return f"along {'an increasing' if self.sign > 0 else 'a decreasing'} trend over {len(self.arms)} arms"

    @property
    def p(self) -> Array:
        return self._tails[0]

    @property
    def against(self) -> Array:
        return self._tails[1]

    def effect(self, level: Level) -> Effect:
        ends = Contrast(label=self.label, measure=self.measure, weights={self.arms[-1]: 1.0, self.arms[0]: -1.0}, low=0.0)
        p, n = float(self.p), self._ranks.shape[-1]
        distance = student.equivalent(p, n) - student.equivalent(level.shown, n)
        return msgspec.structs.replace(
            Location(ends, self.data, exact=False).effect(level),
            p=p,
            needed=None if p <= level.shown or self.against <= level.refuted else self._needed(level),
            headroom=distance if math.isfinite(distance) else None,
        )

    @cached_property
    def _ranks(self) -> Array:
        return page.ranks(self.sign * np.stack([self.data.column(arm, self.measure) for arm in self.arms], axis=-2))

    @cached_property
    def _tails(self) -> tuple[Array, Array]:
        return page.tails(self._ranks)

    def _needed(self, level: Level) -> int | None:
        """In whichever direction the ranks seen point."""
        falling = self.against < self.p
        return page.needed(-self._ranks if falling else self._ranks, level.refuted if falling else level.shown)
