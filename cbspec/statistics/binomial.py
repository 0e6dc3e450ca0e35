"""Exact tests of counts of seeds: shares, and quantiles of a measure.

Sources: Clopper and Pearson 1934; the quantile by the sign test, whose interval is that between two
order statistics (David and Nagaraja 2003, section 7.1).
"""

from __future__ import annotations

import math

import numpy as np

from cbspec.statistics.sample import Array


def share_tail(count: Array, n: int, bound: float, side: int) -> Array:
    """Return the one-sided p-value that the share lies on a side of the bound."""
    from scipy.stats import binom

    if side > 0:
        # sf is P(X > k), and the count seen belongs to its own tail
        return np.asarray(binom.sf(count - 1, n, bound))
    return np.asarray(binom.cdf(count, n, bound))


def share_interval(count: int, n: int, miss: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of the share."""
    from scipy.stats import binomtest

    interval = binomtest(count, n).proportion_ci(1 - miss, method="exact")
    return float(interval.low), float(interval.high)


def quantile_tail(values: Array, quantile: float, bound: float, side: int) -> Array:
    """Return the one-sided p-value that the quantile lies on a side of the bound.

    Args:
        values: shape `[..., seed]`.
        quantile: between 0 and 1.
        bound: the bound.
        side: 1 for above, -1 for below.

    Returns:
        Shape `[...]`.
    """
    from scipy.stats import binom

    n = values.shape[-1]
    # With the quantile at the bound, the values below it are binomial (n, quantile). A value that
    # equals the bound counts against what is asserted, on either side
    if side > 0:
        return np.asarray(binom.cdf(np.sum(values <= bound, axis=-1), n, quantile))
    return np.asarray(binom.sf(np.sum(values < bound, axis=-1) - 1, n, quantile))


def quantile_interval(values: Array, quantile: float, miss: float) -> tuple[float, float]:
    """Return the order statistics that enclose the quantile; infinite on a side without one."""
    from scipy.stats import binom

    ordered, n = np.sort(values), values.size
    # P(fewer than i values below the quantile) has to be at most half of miss on either side
    low = int(binom.ppf(miss / 2, n, quantile))
    high = int(binom.isf(miss / 2, n, quantile))
    first, last = -math.inf, math.inf
    if low >= 1:
        first = float(ordered[low - 1])
    if high < n:
        last = float(ordered[high])
    return first, last
