"""Each assertion kind as the evidence it asks of the measurements: one function per kind.

Every function takes the assertion and the `Measurements` and returns `Evidence`; `decides` enters it under its type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import msgspec
import numpy as np

from cbspec.assertion import (
    All,
    Any,
    Assertion,
    Collapse,
    Equivalence,
    Extremum,
    Figure,
    Interaction,
    Order,
    Range,
    Ratio,
    Sign,
    Threshold,
    Trend,
)
from cbspec.judge import evidence as combine
from cbspec.judge import trend as page_trend
from cbspec.judge.bounds import Bounded, contrasts
from cbspec.judge.contrast import Contrast
from cbspec.judge.evidence import Evidence, Premise
from cbspec.judge.figure import figure_evidence
from cbspec.judge.ratio import ratio_evidence
from cbspec.judge.sample import Measurements

A = TypeVar("A", bound=Assertion)
Decider = Callable[[A, Measurements], Evidence]
DECIDERS: dict[type[Assertion], Decider[Assertion]] = {}


def decides(kind: type[A]) -> Callable[[Decider[A]], Decider[A]]:
    """Enter the function as the one that decides this kind."""

    def enter(decider: Decider[A]) -> Decider[A]:
        DECIDERS[kind] = cast(Decider[Assertion], decider)
        return decider

    return enter


def evidence_of(assertion: Assertion, data: Measurements) -> Evidence:
    """The evidence for and against an assertion.

    Raises:
        Unmeasured: a value that it reads does not exist.
    """
    return DECIDERS[type(assertion)](assertion, data)


@decides(Order)
def order(assertion: Order, data: Measurements) -> Evidence:
    """Every adjacent step beyond the margin (intersection-union, Berger 1982); refuted when one is shown short of it."""
    sign = 1 if assertion.direction == "ascending" else -1
    steps = zip(assertion.arms[:-1], assertion.arms[1:], strict=True)
    return combine.every(
        _beyond(assertion.measure, b, a, sign, assertion.margin).evidence(data, assertion.test) for a, b in steps
    )


@decides(Trend)
def trend(assertion: Trend, data: Measurements) -> Evidence:
    """Page's L (1963), exact whatever `test` says; strict: every adjacent step as in `order`."""
    sign = 1 if assertion.direction == "increasing" else -1
    if not assertion.strict:
        return combine.of_inference(page_trend.Trend(assertion.measure, assertion.arms, sign, data))
    steps = zip(assertion.arms[:-1], assertion.arms[1:], strict=True)
    return combine.every(_beyond(assertion.measure, b, a, sign, 0.0).evidence(data, assertion.test) for a, b in steps)


@decides(Threshold)
def threshold(assertion: Threshold, data: Measurements) -> Evidence:
    """Every arm beyond the value; refuted when an arm is shown on its other side."""
    return _within(assertion, data)


@decides(Range)
def within_range(assertion: Range, data: Measurements) -> Evidence:
    """Every arm inside, by two one-sided tests; refuted when an arm is shown outside."""
    return _within(assertion, data)


@decides(Sign)
def sign(assertion: Sign, data: Measurements) -> Evidence:
    """Every arm beyond 0; refuted when an arm is shown to have the other sign."""
    return _within(assertion, data)


@decides(Equivalence)
def equivalence(assertion: Equivalence, data: Measurements) -> Evidence:
    """Two one-sided tests against the margin (Schuirmann 1987); refuted when the difference is shown to exceed it."""
    return _within(assertion, data)


@decides(Collapse)
def collapse(assertion: Collapse, data: Measurements) -> Evidence:
    """(arm - floor) - retain (reference - floor) below 0 for every arm; refuted when shown above for one.

    Invalid unless the reference is shown above the floor: else there was nothing to lose.
    """
    reference, floor, retain = assertion.reference, assertion.floor, assertion.retain
    height = Contrast(label=reference, measure=assertion.measure, weights={reference: 1.0}, low=floor)
    standing = height.evidence(data, assertion.test)
    premise = Premise(p=standing.p, wanted=True, reason=f"the reference {reference} is not shown above the floor {floor:g}")
    kept = combine.every(
        Contrast(
            label=f"({arm} - {floor:g}) - {retain:g} ({reference} - {floor:g})" if floor else f"{arm} - {retain:g} {reference}",
            measure=assertion.measure,
            weights={arm: 1.0, reference: -retain},
            offset=(retain - 1) * floor,
            high=0.0,
        ).evidence(data, assertion.test)
        for arm in assertion.arms
    )
    return replace(kept, premises=(premise,))


@decides(Ratio)
def ratio(assertion: Ratio, data: Measurements) -> Evidence:
    """The first arm over the second beyond a factor; see `cbspec.judge.ratio`."""
    return ratio_evidence(assertion, data)


@decides(Extremum)
def extremum(assertion: Extremum, data: Measurements) -> Evidence:
    """The arm against each other one (intersection-union); refuted when another is shown to come within the margin or pass it."""
    sign = 1 if assertion.extremum == "highest" else -1
    others = (arm for arm in assertion.among if arm != assertion.arm)
    return combine.every(
        _beyond(assertion.measure, assertion.arm, other, sign, assertion.margin).evidence(data, assertion.test)
        for other in others
    )


@decides(Interaction)
def interaction(assertion: Interaction, data: Measurements) -> Evidence:
    """A difference of differences, a slope of differences over levels, or two differences of opposite sign, beyond the margin.

    Increasing: the first pair's difference exceeds the second's, the slope is positive, the first difference is positive and the
    second negative. Decreasing: each the other way round.
    """
    sign = 1 if assertion.direction == "increasing" else -1
    measure, margin = assertion.measure, assertion.margin
    if assertion.reverses:
        (a, b), (c, d) = assertion.pairs
        sides = ((a, b, sign), (c, d, -sign))
        return combine.every(
            _beyond(measure, one, other, side, margin).evidence(data, assertion.test) for one, other, side in sides
        )
    weights: dict[str, float] = {}
    for slope, (one, other) in zip(_slopes(assertion), assertion.pairs, strict=True):
        weights[one] = weights.get(one, 0.0) + slope
        weights[other] = weights.get(other, 0.0) - slope
    differences = [f"({one} - {other})" for one, other in assertion.pairs]
    label = f"slope of {', '.join(differences)}" if assertion.levels else " - ".join(differences)
    return _signed(label, measure, weights, sign, margin).evidence(data, assertion.test)


@decides(Figure)
def figure(assertion: Figure, data: Measurements) -> Evidence:
    """Every point within its axis; see `cbspec.judge.figure`."""
    return figure_evidence(assertion, data)


@decides(All)
def every(assertion: All, data: Measurements) -> Evidence:
    """Every part, each at the full alpha."""
    return combine.every(_parts(assertion, assertion.of, data))


@decides(Any)
def some(assertion: Any, data: Measurements) -> Evidence:
    """At least one part, by Holm over the parts; refuted when every part is."""
    return combine.some(_parts(assertion, assertion.of, data))


def _parts(whole: Assertion, of: tuple[Assertion, ...], data: Measurements) -> list[Evidence]:
    """The parts, scaled to be read at the alpha of the whole."""
    found = []
    for part in of:
        if part.alpha is None:
            part = msgspec.structs.replace(part, alpha=whole.alpha)
        found.append(evidence_of(part, data).scaled(combine.strictness(part.alpha, whole.alpha)))
    return found


def _beyond(measure: str, arm: str, other: str, sign: int, margin: float) -> Contrast:
    """arm - other above the margin (sign 1) or below its negative (sign -1)."""
    return _signed(f"{arm} - {other}", measure, {arm: 1.0, other: -1.0}, sign, margin)


def _signed(label: str, measure: str, weights: dict[str, float], sign: int, margin: float) -> Contrast:
    low, high = (margin, math.inf) if sign > 0 else (-math.inf, -margin)
    return Contrast(label=label, measure=measure, weights=weights, low=low, high=high)


def _within(assertion: Bounded, data: Measurements) -> Evidence:
    """Every sum between its bounds."""
    return combine.every(contrast.evidence(data, assertion.test) for contrast in contrasts(assertion))


def _slopes(assertion: Interaction) -> list[float]:
    """The weight of each pair's difference: least squares over the levels, or first less second."""
    if assertion.levels is None:
        return [1.0, -1.0]
    centred = np.array(assertion.levels) - np.mean(assertion.levels)
    return [float(weight) for weight in centred / (centred @ centred)]
