"""Weighted sums of arm means, as kinds assert them: beyond a margin, or between two bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from cbspec.statistics.contrast import Contrast

SIGNS: Mapping[str, int] = {
    "ascending": 1,
    "descending": -1,
    "increasing": 1,
    "decreasing": -1,
    "highest": 1,
    "lowest": -1,
}
"""Direction in a claim file -> the sign of the differences that it asserts."""


AS_RATIO = (
    "where noise is a factor, no test of a difference by an amount keeps its level: compare with 0, "
    "which is judged on logarithms, or state it as a ratio"
)


def beyond(measure: str, arm: str, other: str, sign: int, margin: float) -> Contrast:
    """Return the assertion that arm - other is above margin (sign 1) or below -margin (sign -1)."""
    return signed(f"{arm} - {other}", measure, {arm: 1.0, other: -1.0}, sign, margin)


def steps(measure: str, arms: Sequence[str], sign: int, margin: float) -> tuple[Contrast, ...]:
    """Return the assertion `beyond` for each arm and the one before it."""
    return tuple(beyond(measure, after, before, sign, margin) for before, after in pairwise(arms))


def signed(
    label: str,
    measure: str,
    weights: Mapping[str, float],
    sign: int,
    margin: float,
) -> Contrast:
    """Return the assertion that a sum is above margin (sign 1) or below -margin (sign -1).

    Args:
        label: a description of the sum.
        measure: the measure.
        weights: arm -> weight of its mean.
        sign: 1 or -1.
        margin: the margin, in the measure's unit.
    """
    low, high = margin, math.inf
    if sign < 0:
        low, high = -math.inf, -margin
    return Contrast(label=label, measure=measure, weights=weights, low=low, high=high)


def within(
    measure: str,
    weights: Mapping[str, Mapping[str, float]],
    low: float,
    high: float,
) -> tuple[Contrast, ...]:
    """Return the assertion that each of some sums lies between low and high.

    Args:
        measure: the measure.
        weights: label of a sum -> arm -> weight of its mean.
        low: the lower bound, in the measure's unit.
        high: the upper bound, in the measure's unit.
    """
    sums = []
    for label, summands in weights.items():
        sums.append(Contrast(label=label, measure=measure, weights=summands, low=low, high=high))
    return tuple(sums)


def each(arms: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the weights of the mean of each arm."""
    return {arm: {arm: 1.0} for arm in arms}


def less(reference: str, arms: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the weights of each arm's difference from the reference."""
    return {f"{arm} - {reference}": {arm: 1.0, reference: -1.0} for arm in arms}


def needs_bounds(above: float | None, below: float | None) -> Iterator[tuple[tuple[str], str]]:
    """Yield what is wrong with two bounds: at least one is needed, and above must be smaller."""
    if above is None and below is None:
        yield ("kind",), "needs above, below or both"
    elif above is not None and below is not None and not above < below:
        yield (
            ("above",),
            f"above must be the smaller of the two bounds, got above {above} and below {below}",
        )
