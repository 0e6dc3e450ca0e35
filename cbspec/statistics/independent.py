"""Two arms over runs of their own, each with its own number: SciPy's tests, for batches of trials
too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cbspec.statistics.sample import Array
from cbspec.statistics.spread import deviation, mean

SPLITS = 100_000  # enumerated; beyond that as many are drawn

Test = Callable[[Array, Array, float, int], Array]
"""Both arms `[..., run]`, a bound of their difference and a side of it -> the one-sided p."""

Spread = tuple[float, int]
"""A standard deviation over runs, and how many these are."""


def welch(one: Array, other: Array, bound: float, side: int, least: float = 0.0) -> Array:
    """Return Welch's p.

    Args:
        least: standard deviation that an arm has at least, as the measure resolves no less.
    """
    from scipy.stats import ttest_ind_from_stats

    if min(one.shape[-1], other.shape[-1]) < 2:
        return np.ones(one.shape[:-1])
    # Without any spread t is infinite, or 0 / 0 at the bound itself, which tells nothing: p is 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        test = ttest_ind_from_stats(
            mean(one) - bound,
            np.maximum(deviation(one), least),
            one.shape[-1],
            mean(other),
            np.maximum(deviation(other), least),
            other.shape[-1],
            equal_var=False,
            alternative=alternative(side),
        )
    return np.asarray(np.nan_to_num(test.pvalue, nan=0.5))


def permutation(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return the share of all splits into two arms whose means differ at least as much."""
    from scipy.stats import permutation_test

    def difference(first: Array, second: Array, axis: int) -> Any:
        return np.mean(first, axis=axis) - np.mean(second, axis=axis)

    test = permutation_test(
        (one - bound, other),
        difference,
        vectorized=True,
        axis=-1,
        n_resamples=SPLITS,
        alternative=alternative(side),
        rng=np.random.default_rng(1935),
    )
    return np.asarray(test.pvalue)


def mann_whitney(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return Mann and Whitney's p, exact where no values are tied."""
    from scipy.stats import mannwhitneyu

    test = mannwhitneyu(one - bound, other, axis=-1, alternative=alternative(side))
    return np.asarray(test.pvalue)


def interval(one: Array, other: Array, miss: float, least: float = 0.0) -> tuple[float, float]:
    """Return Welch's interval of the difference of means, see `welch`."""
    if min(one.size, other.size) < 2:
        return -math.inf, math.inf
    middle = float(mean(one)) - float(mean(other))
    ours = max(float(deviation(one)), least), one.size
    theirs = max(float(deviation(other)), least), other.size
    half = half_width(ours, theirs, miss)
    return middle - half, middle + half


def half_width(ours: Spread, theirs: Spread, miss: float) -> float:
    """Return the half width of Welch's interval, with the degrees of freedom of Satterthwaite
    (1946).
    """
    from scipy.special import stdtrit

    (sd, n), (other, m) = ours, theirs
    first, second = sd**2 / n, other**2 / m
    if not first + second:
        return 0.0
    freedom = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    return -float(stdtrit(freedom, miss / 2)) * math.sqrt(first + second)


def alternative(side: int) -> str:
    """Return SciPy's word for the hypothesis that a mean lies on that side of the bound."""
    if side > 0:
        return "greater"
    return "less"


TESTS: Mapping[str, Test] = {
    "welch": welch,
    "permutation": permutation,
    "mann_whitney": mann_whitney,
}
NAMES: Mapping[str, str] = {
    "welch": "Welch's t test",
    "permutation": "permutation test",
    "mann_whitney": "Mann-Whitney test",
}
