"""Two arms over runs of their own, each with its own number: SciPy's tests, for batches of trials
too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cbspec.statistics.sample import Array

SPLITS = 100_000  # enumerated; beyond that as many are drawn

Test = Callable[[Array, Array, float, int], Array]
"""Both arms `[..., run]`, a bound of their difference and a side of it -> the one-sided p."""


def welch(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return Welch's p."""
    from scipy.stats import ttest_ind

    if min(one.shape[-1], other.shape[-1]) < 2:
        return np.ones(one.shape[:-1])
    alternative = _alternative(side)
    test = ttest_ind(one - bound, other, axis=-1, equal_var=False, alternative=alternative)
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
        alternative=_alternative(side),
        rng=np.random.default_rng(1935),
    )
    return np.asarray(test.pvalue)


def mann_whitney(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return Mann and Whitney's p, exact where no values are tied."""
    from scipy.stats import mannwhitneyu

    test = mannwhitneyu(one - bound, other, axis=-1, alternative=_alternative(side))
    return np.asarray(test.pvalue)


def interval(one: Array, other: Array, miss: float) -> tuple[float, float]:
    """Return Welch's interval of the difference of means."""
    from scipy.stats import ttest_ind

    if min(one.size, other.size) < 2:
        return -math.inf, math.inf
    ends = ttest_ind(one, other, equal_var=False).confidence_interval(1 - miss)
    return float(ends.low), float(ends.high)


def _alternative(side: int) -> str:
    return "greater" if side > 0 else "less"


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
