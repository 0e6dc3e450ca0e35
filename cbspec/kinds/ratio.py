"""The kind ``ratio``: one mean over another.

log a - log b against log f speaks of geometric means, a - f b against 0 of arithmetic ones; with
noise that is not small beside the means the two differ, and which of them a measure's zero allows
is not known from its values. So both have to be shown, and both refuted: whichever is meant, the
error rate is kept.

Where every value of both arms is negative (a fall of the loss), the ratio is that of their
magnitudes, tested in the same way.

Where values are of both signs (a cosine near 0 of random sign) there is no logarithm, and "a is
more than f times b" is read as a > f |b|: both a - f b > 0 and a + f b > 0 (intersection-union,
Berger 1982). That never divides by b, so it stays true to the words when b's interval reaches over
0 (the linear form of Fieller 1954). "a is less than f times b" is a - f b < 0 and b > 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import larger, smaller, unordered
from cbspec.kinds.names import Arm
from cbspec.kinds.sums import bounds_in_words, needs_bounds
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Premise, StatisticalEvidence, every, readings
from cbspec.statistics.sample import Measurements, Sample


class Ratio(Measured, frozen=True, kw_only=True, tag="ratio"):
    """The first arm over the second lies above (or below) a stated factor, shown on logarithms and
    without them.
    """

    synonyms = ("factor",)
    tighter: ClassVar = {"above": larger, "below": smaller, "guard": unordered}

    arms: Annotated[
        tuple[Arm, ...],
        Meta(min_length=2, max_length=2, description="numerator and denominator"),
    ]
    above: (
        Annotated[
            float,
            Meta(gt=0, description="the factor that the ratio exceeds"),
        ]
        | None
    ) = None
    below: (
        Annotated[
            float,
            Meta(gt=0, description="the factor that the ratio stays below"),
        ]
        | None
    ) = None
    guard: Annotated[
        float,
        Meta(
            gt=0,
            description="a denominator whose magnitude is shown below this makes the ratio undefined",
        ),
    ] = 1e-12

    def sentence(self) -> str:
        """Return the ratio and its bounds."""
        over, under = self.arms
        bounds = bounds_in_words(self.above, self.below)
        return f"{self.measure} of {over} over that of {under} lies {bounds}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return evidence that the ratio lies above and / or below the stated factors.

        Invalid where the denominator is shown to be smaller than the guard in magnitude (two
        one-sided tests).
        """
        premises = (_denominator(self, data),)
        columns = np.stack([data.column(arm, self.measure) for arm in self.arms])
        negative, assertion = np.all(columns < 0), self
        if negative:
            assertion, data = _magnitudes(self, data)
        if negative or np.all(columns > 0):
            evidence = readings(_logarithmic(assertion, data), every(_differences(assertion, data)))
        else:
            evidence = every(_differences(assertion, data) + _sides(assertion, data))
        return replace(evidence, premises=premises)

    def problems(self) -> Iterator[Problem]:
        """Yield bounds that are missing or exclude each other."""
        yield from needs_bounds(self.above, self.below)


def _magnitudes(assertion: Ratio, data: Measurements) -> tuple[Ratio, Measurements]:
    """The same of what both arms are away from zero, for arms that are negative on every seed."""
    measure, names = assertion.measure, {arm: f"|{arm}|" for arm in assertion.arms}
    table: dict[tuple[str, str], Sample] = {}
    reported: dict[str, float] = {}
    for arm, name in names.items():
        values, figure = -data.column(arm, measure), data.figure(measure, arm)
        table[name, measure] = replace(data.table[arm, measure], values=values)
        reported |= {} if figure is None else {name: -figure}
    renamed = msgspec.structs.replace(assertion, arms=tuple(names[arm] for arm in assertion.arms))
    return renamed, Measurements(table, data.units, {measure: reported})


def _logarithmic(assertion: Ratio, data: Measurements) -> StatisticalEvidence:
    over, under = assertion.arms
    return Contrast(
        label=f"{over} / {under}",
        measure=assertion.measure,
        weights={over: 1.0, under: -1.0},
        low=-math.inf if assertion.above is None else math.log(assertion.above),
        high=math.inf if assertion.below is None else math.log(assertion.below),
        logs=True,
    ).evidence(data, assertion.test)


def _differences(assertion: Ratio, data: Measurements) -> list[StatisticalEvidence]:
    """over - factor x under on the stated side of 0."""
    stated = ((assertion.above, 0.0, math.inf), (assertion.below, -math.inf, 0.0))
    bounded = [
        _linear(assertion, factor, low, high) for factor, low, high in stated if factor is not None
    ]
    return [contrast.evidence(data, assertion.test) for contrast in bounded]


def _sides(assertion: Ratio, data: Measurements) -> list[StatisticalEvidence]:
    """What the difference leaves open where the denominator need not be positive."""
    sides = []
    if assertion.above is not None:
        opposite = _linear(assertion, -assertion.above, 0.0, math.inf)
        sides.append(opposite.evidence(data, assertion.test))
    if assertion.below is not None:
        under = assertion.arms[1]
        positive = Contrast(label=under, measure=assertion.measure, weights={under: 1.0}, low=0.0)
        height = positive.evidence(data, assertion.test)
        # A negative denominator refutes no ratio.
        sides.append(replace(height, against=np.ones_like(height.against)))
    return sides


def _linear(assertion: Ratio, factor: float, low: float, high: float) -> Contrast:
    """over - factor x under between two bounds."""
    over, under = assertion.arms
    label = f"{over} {'-' if factor > 0 else '+'} {abs(factor):g} {under}"
    return Contrast(
        label=label,
        measure=assertion.measure,
        weights={over: 1.0, under: -factor},
        low=low,
        high=high,
    )


def _denominator(assertion: Ratio, data: Measurements) -> Premise:
    under, guard = assertion.arms[1], assertion.guard
    nothing = Contrast(
        label=under,
        measure=assertion.measure,
        weights={under: 1.0},
        low=-guard,
        high=guard,
    )
    reason = f"ratio undefined: the denominator {under} is shown to be below {guard:g} in magnitude"
    return Premise(p=nothing.evidence(data, assertion.test).p, wanted=False, reason=reason)
