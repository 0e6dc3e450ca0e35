"""The kinds that put every arm, or its difference from the first, between two bounds: which sums those are, before any run."""

from __future__ import annotations

import math

from cbspec.assertion import Equivalence, Range, Sign, Threshold
from cbspec.judge.contrast import Contrast

Bounded = Threshold | Range | Sign | Equivalence


def contrasts(assertion: Bounded) -> tuple[Contrast, ...]:
    """One sum for each arm (each but the first where arms are compared with each other); all have the same bounds."""
    low, high = _bounds(assertion)
    weights = {arm: {arm: 1.0} for arm in assertion.arms}
    if isinstance(assertion, Equivalence) and assertion.to is None:
        reference, *others = assertion.arms
        weights = {f"{arm} - {reference}": {arm: 1.0, reference: -1.0} for arm in others}
    return tuple(
        Contrast(label=label, measure=assertion.measure, weights=each, low=low, high=high) for label, each in weights.items()
    )


def _bounds(assertion: Bounded) -> tuple[float, float]:
    """An end that is left open is infinite."""
    if isinstance(assertion, Range):
        return assertion.low, assertion.high
    if isinstance(assertion, Sign):
        return (0.0, math.inf) if assertion.sign == "positive" else (-math.inf, 0.0)
    if isinstance(assertion, Threshold):
        low = -math.inf if assertion.above is None else assertion.above
        return low, math.inf if assertion.below is None else assertion.below
    middle = 0.0 if assertion.to is None else assertion.to
    low = -math.inf if assertion.side == "below" else middle - assertion.margin
    return low, math.inf if assertion.side == "above" else middle + assertion.margin
