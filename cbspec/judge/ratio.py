"""A ratio of two means, shown on logarithms and without them.

log a - log b against log f speaks of geometric means, a - f b against 0 of arithmetic ones; with noise that is not small beside
the means the two differ, and which of them a measure's zero allows is not known from its values. So both have to be shown, and
both refuted: whichever is meant, the error rate is kept.

Where every value of both arms is negative (a fall of the loss), the ratio is that of their magnitudes, tested in the same way.

Where values are of both signs (a cosine near 0 of random sign) there is no logarithm, and "a is more than f times b" is read as
a > f |b|: both a - f b > 0 and a + f b > 0 (intersection-union, Berger 1982). That never divides by b, so it stays true to the
words when b's interval reaches over 0 (the linear form of Fieller 1954). "a is less than f times b" is a - f b < 0 and b > 0.
"""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np

from cbspec.assertion import Ratio
from cbspec.judge.contrast import Contrast
from cbspec.judge.evidence import Evidence, Premise, every, readings
from cbspec.judge.sample import Measurements


def ratio_evidence(assertion: Ratio, data: Measurements) -> Evidence:
    """Evidence that the first arm over the second lies above and / or below the stated factors.

    Invalid where the denominator is shown to be smaller than the guard in magnitude (two one-sided tests).
    """
    premises = (_denominator(assertion, data),)
    columns = np.stack([data.column(arm, assertion.measure) for arm in assertion.arms])
    negative = np.all(columns < 0)
    if negative:
        assertion, data = _magnitudes(assertion, data)
    if negative or np.all(columns > 0):
        evidence = readings(_logarithmic(assertion, data), every(_differences(assertion, data)))
    else:
        evidence = every(_differences(assertion, data) + _sides(assertion, data))
    return replace(evidence, premises=premises)


def _magnitudes(assertion: Ratio, data: Measurements) -> tuple[Ratio, Measurements]:
    """The same of what both arms are away from zero, for arms that are negative on every seed."""
    measure, names = assertion.measure, {arm: f"|{arm}|" for arm in assertion.arms}
    table = {
        (names[arm], measure): replace(data.table[arm, measure], values=-data.column(arm, measure)) for arm in assertion.arms
    }
    figures = {arm: data.figure(measure, arm) for arm in assertion.arms}
    reported = {measure: {names[arm]: -figure for arm, figure in figures.items() if figure is not None}}
    renamed = msgspec.structs.replace(assertion, arms=tuple(names[arm] for arm in assertion.arms))
    return renamed, Measurements(table, data.units, reported)


def _logarithmic(assertion: Ratio, data: Measurements) -> Evidence:
    over, under = assertion.arms
    return Contrast(
        label=f"{over} / {under}",
        measure=assertion.measure,
        weights={over: 1.0, under: -1.0},
        low=-math.inf if assertion.above is None else math.log(assertion.above),
        high=math.inf if assertion.below is None else math.log(assertion.below),
        logs=True,
    ).evidence(data, assertion.test)


def _differences(assertion: Ratio, data: Measurements) -> list[Evidence]:
    """over - factor x under on the stated side of 0."""
    stated = ((assertion.above, 0.0, math.inf), (assertion.below, -math.inf, 0.0))
    return [
        _linear(assertion, factor, low, high).evidence(data, assertion.test) for factor, low, high in stated if factor is not None
    ]


def _sides(assertion: Ratio, data: Measurements) -> list[Evidence]:
    """What the difference leaves open where the denominator need not be positive."""
    sides = []
    if assertion.above is not None:
        sides.append(_linear(assertion, -assertion.above, 0.0, math.inf).evidence(data, assertion.test))
    if assertion.below is not None:
        under = assertion.arms[1]
        height = Contrast(label=under, measure=assertion.measure, weights={under: 1.0}, low=0.0).evidence(data, assertion.test)
        sides.append(replace(height, against=np.ones_like(height.against)))  # a negative denominator refutes no ratio
    return sides


def _linear(assertion: Ratio, factor: float, low: float, high: float) -> Contrast:
    """over - factor x under between two bounds."""
    over, under = assertion.arms
    label = f"{over} {'-' if factor > 0 else '+'} {abs(factor):g} {under}"
    return Contrast(label=label, measure=assertion.measure, weights={over: 1.0, under: -factor}, low=low, high=high)


def _denominator(assertion: Ratio, data: Measurements) -> Premise:
    under, guard = assertion.arms[1], assertion.guard
    nothing = Contrast(label=under, measure=assertion.measure, weights={under: 1.0}, low=-guard, high=guard)
    reason = f"ratio undefined: the denominator {under} is shown to be below {guard:g} in magnitude"
    return Premise(p=nothing.evidence(data, assertion.test).p, wanted=False, reason=reason)
