"""The kind ``interaction``: a difference between two arms that depends on a condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, unordered
from cbspec.kinds.names import Arm, Level
from cbspec.kinds.sums import SIGNS, beyond, signed
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.location import tested
from cbspec.statistics.sample import Measurements


class Interaction(Measured, frozen=True, kw_only=True, tag="interaction"):
    """A difference between two arms depends on a condition.

    ``pairs`` of two: (a - b) in the first condition exceeds (a - b) in the second by more than the
    margin. With ``levels`` (one number per pair): the slope of (a - b) over the level exceeds the
    margin.
    """

    synonyms = ("slope",)
    tighter: ClassVar = {"margin": larger, "levels": unordered, "reverses": unordered}

    pairs: Annotated[
        tuple[tuple[Arm, Arm], ...],
        Meta(min_length=2, description="arms (a, b), one pair for each condition"),
    ]
    levels: Annotated[
        tuple[Level, ...] | None,
        Meta(description="the condition of each pair as a number, e.g. depth"),
    ] = None
    direction: Annotated[
        Literal["increasing", "decreasing"],
        Meta(
            description="increasing: a - b of the first pair exceeds that of the second; with levels, the slope is positive",
        ),
    ] = "increasing"
    margin: Annotated[
        float,
        Meta(ge=0, description="the difference, or the slope, must exceed this"),
    ] = 0.0
    reverses: Annotated[
        bool,
        Meta(description="two pairs: the sign itself must reverse, each difference shown"),
    ] = False

    def sentence(self) -> str:
        """Return how the difference depends on the condition."""
        above, below = "above", "below"
        if self._sign < 0:
            above, below = below, above
        margin = self.margin * self._sign + 0.0
        if not self.reverses:
            return f"{self.measure}: {self._label} lies {above} {margin:g}"
        first, second = self._differences
        other = -margin + 0.0
        return f"{self.measure}: {first} lies {above} {margin:g} and {second} {below} {other:g}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return a difference of differences, a slope over levels, or two of opposite sign.

        Increasing: the first pair's difference exceeds the second's, the slope is positive, the
        first difference is positive and the second negative. Decreasing: each the other way round.
        """
        sign, measure, margin = self._sign, self.measure, self.margin
        if self.reverses:
            (a, b), (c, d) = self.pairs
            return beyond(measure, a, b, sign, margin), beyond(measure, c, d, -sign, margin)
        # An arm may stand in several pairs, a shared baseline for one: its weights add up
        weights: dict[str, float] = {}
        for slope, (one, other) in zip(self._slopes(), self.pairs, strict=True):
            weights[one] = weights.get(one, 0.0) + slope
            weights[other] = weights.get(other, 0.0) - slope
        return (signed(self._label, measure, weights, sign, margin),)

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of the one sum, or of both differences where the sign reverses."""
        if self.reverses:
            return super().evidence(data)
        [contrast] = self.contrasts()
        return tested(contrast, data, self.test)

    def problems(self) -> Iterator[Problem]:
        """Yield pairs and levels that do not suit each other."""
        pairs, levels = self.pairs, self.levels
        if levels is None and len(pairs) != 2:
            yield (
                ("pairs",),
                f"needs two pairs, or one level per pair; has {len(pairs)} pairs and no levels",
            )
        if levels is not None and len(levels) != len(pairs):
            yield ("levels",), f"needs one level per pair, has {len(levels)} for {len(pairs)} pairs"
        if levels is not None and len(set(levels)) < 2:
            yield ("levels",), "needs at least two different levels"
        if self.reverses and (levels is not None or len(pairs) != 2):
            yield ("reverses",), "a sign reverses between two pairs without levels"
        for pair in pairs:
            if len(set(pair)) < 2:
                yield ("pairs",), f"compares {pair[0]} with itself"
        if len(set(pairs)) < 2:
            yield ("pairs",), "needs two different pairs"

    @property
    def _sign(self) -> int:
        return SIGNS[self.direction]

    @property
    def _differences(self) -> list[str]:
        return [f"({one} - {other})" for one, other in self.pairs]

    @property
    def _label(self) -> str:
        if self.levels:
            return f"slope of {', '.join(self._differences)}"
        return " - ".join(self._differences)

    def _slopes(self) -> list[float]:
        """Return the weight of each difference: least squares over levels, or first less second."""
        if self.levels is None:
            return [1.0, -1.0]
        # The least-squares slope is sum (x - mean x) y / sum (x - mean x)^2: linear in the differences
        # y, and so one more weighted sum of arms
        centred = np.array(self.levels) - np.mean(self.levels)
        return [float(weight) for weight in centred / (centred @ centred)]
