"""The sums of arm means that kinds bound: beyond a margin, or between two bounds."""

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
"""Word for a direction -> the sign of the differences that it asserts."""


def beyond(measure: str, arm: str, other: str, sign: int, margin: float) -> Contrast:
    """Return arm - other above the margin (sign 1) or below its negative (sign -1)."""
    return signed(f"{arm} - {other}", measure, {arm: 1.0, other: -1.0}, sign, margin)


def steps(measure: str, arms: Sequence[str], sign: int, margin: float) -> tuple[Contrast, ...]:
    """Return each arm less the one before it, beyond the margin."""
    return tuple(beyond(measure, after, before, sign, margin) for before, after in pairwise(arms))


def signed(
    label: str,
    measure: str,
    weights: Mapping[str, float],
    sign: int,
    margin: float,
) -> Contrast:
    """Return a sum above the margin (sign 1) or below its negative (sign -1)."""
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
    """Return sums (label -> weights) that all have the same bounds."""
    sums = []
    for label, summands in weights.items():
        sums.append(Contrast(label=label, measure=measure, weights=summands, low=low, high=high))
    return tuple(sums)


def each(arms: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the weights of every arm by itself."""
    return {arm: {arm: 1.0} for arm in arms}


def less(reference: str, arms: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the weights of every arm's difference from the reference."""
    return {f"{arm} - {reference}": {arm: 1.0, reference: -1.0} for arm in arms}


def needs_bounds(above: float | None, below: float | None) -> Iterator[tuple[tuple[str], str]]:
    """Yield what is wrong with two bounds of which one is needed, at its path."""
    if above is None and below is None:
        yield ("kind",), "needs above, below or both"
    elif above is not None and below is not None and not above < below:
        yield (
            ("above",),
            f"above must be the smaller of the two bounds, got above {above} and below {below}",
        )
