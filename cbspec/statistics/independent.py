"""Tests of two arms whose runs are independent, and may differ in number.

They are SciPy's tests, but for batches of simulated trials too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np

from cbspec.statistics import skew
from cbspec.statistics.result import NEVER
from cbspec.statistics.sample import ROUNDING, Array
from cbspec.statistics.spread import deviation, mean

SPLITS = 100_000  # enumerated; beyond that as many are drawn
SPLITS_EACH = 10_000  # the same, in each of many trials
EXACT = 10_000  # pairs of runs whose order SciPy counts
CELLS = 2**20  # of a table of splits by runs that is held at once
TOGETHER = 64  # trials whose splits are summed at once

Test = Callable[[Array, Array, float, int], Array]
"""Both arms `[..., run]`, a bound of their difference and a side of it -> the one-sided p."""

Spread = tuple[float, int]
"""A standard deviation over runs, and how many these are."""


class Moments(NamedTuple):
    """The mean, standard deviation and number of an arm's runs, measured or published."""

    mean: Array | float
    sd: Array | float
    n: int


def moments(values: Array, resolution: float = 0.0, *, logs: bool = False) -> Moments:
    """Return the moments of an arm's runs `[..., run]`.

    The standard deviation is half of the resolution at least, and what rounding makes of it.

    Args:
        resolution: the least difference of two values; see `Measurements.resolution`.
        logs: whether the values are logarithms. Near 0 half a resolution leaves nothing known.
    """
    half, n = resolution / 2, values.shape[-1]
    if n < 2:
        return Moments(mean(values), np.full(values.shape[:-1], math.inf), n)
    if logs:
        size = np.ones(values.shape[:-1])
        half = half * np.exp(-np.maximum(np.max(values, axis=-1), -NEVER))
    else:
        size = np.max(np.abs(values), axis=-1)
    least = np.maximum(half, ROUNDING * size)
    return Moments(mean(values), np.maximum(deviation(values), least), n)


def welch(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return Welch's p of a measure without a resolution."""
    return welch_of_moments(moments(one), moments(other), bound, side)


def welch_of_moments(
    ours: Moments, theirs: Moments, bound: float, side: int, *, guarded: bool = False
) -> Array:
    """Return Welch's p.

    Arms that differ in spread or number of runs do not make up for each other's skew. At the worst the
    one with fewer runs is as good as beside a constant: guarded, p is no less than `skew` has it
    there.
    """
    from scipy.stats import ttest_ind_from_stats

    if min(ours.n, theirs.n) < 2:
        return np.ones(np.shape(ours.mean))
    # Without any spread t is infinite, or 0 / 0 at the bound itself, which tells nothing: p is 0.5
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        test = ttest_ind_from_stats(
            ours.mean - bound,
            ours.sd,
            ours.n,
            *theirs,
            equal_var=False,
            alternative=alternative(side),
        )
    p = np.asarray(np.nan_to_num(test.pvalue, nan=0.5))
    if not guarded:
        return p
    t = np.nan_to_num(side * np.asarray(test.statistic), nan=0.0, posinf=np.inf, neginf=-np.inf)
    return np.asarray(np.maximum(p, skew.tail(t, min(ours.n, theirs.n))))


def permutation(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return the share of all splits into two arms whose means differ at least as much; of splits
    that are drawn where there are more than `SPLITS`, or of many trials `SPLITS_EACH`.
    """
    # Sorted, so that the splits that are drawn do not depend on the order of the runs
    pooled = np.concatenate([np.sort(one - bound, axis=-1), np.sort(other, axis=-1)], axis=-1)
    size, runs = one.shape[-1], pooled.shape[-1]
    rows = side * pooled.reshape(-1, runs)
    most = SPLITS_EACH if len(rows) > 1 else SPLITS
    drawn = math.comb(runs, size) > most
    # Whatever the split, all values have the same sum: the difference of means grows with that of
    # the first arm
    rounding = 16 * np.finfo(np.float64).eps * np.abs(rows).sum(axis=1)
    least = rows[:, :size].sum(axis=1) - rounding
    reached, count = np.zeros(len(rows)), 0
    for splits in _splits(runs, size, most, drawn=drawn):
        count += len(splits)
        for start in range(0, len(rows), TOGETHER):
            part = slice(start, start + TOGETHER)
            reached[part] += np.sum(splits @ rows[part].T >= least[part], axis=0)
    # The split seen is one of those that could have been drawn (Phipson and Smyth 2010)
    p = (reached + drawn) / (count + drawn)
    return np.asarray(p.reshape(one.shape[:-1]))


def _splits(runs: int, size: int, most: int, *, drawn: bool) -> Iterator[Array]:
    """Yield splits of the runs into two arms, some thousand at a time.

    Args:
        size: the runs of the first arm.
        most: the splits to yield in all.
        drawn: whether to draw them at random, instead of going through all of them in order.

    Yields:
        Shape `[split, run]`: 1 for the runs of the first arm, else 0.
    """
    rng = np.random.default_rng(1935)
    every, left = combinations(range(runs), size), most
    while left:
        more = min(left, max(1, CELLS // runs))
        if drawn:
            chosen = np.argsort(rng.random((more, runs)), axis=1)[:, :size]
        else:
            chosen = np.array(list(islice(every, more)), dtype=np.intp).reshape(-1, size)
        if not len(chosen):
            return
        splits = np.zeros((len(chosen), runs))
        np.put_along_axis(splits, chosen, 1.0, axis=1)
        yield splits
        left -= more


def least_p(first: int, second: int) -> float:
    """Return the p of two arms that do not overlap: one of all ways to split their runs."""
    return 1 / math.comb(first + second, first)


def mann_whitney(one: Array, other: Array, bound: float, side: int) -> Array:
    """Return Mann and Whitney's p, exact: where values are tied, the split of their shared ranks is
    permuted, for the normal approximation errs where runs are few. Of more than `EXACT` pairs of
    runs that approximation is close.
    """
    from scipy.stats import mannwhitneyu

    ranked = _ranks(one, other, bound)
    size, runs = one.shape[-1], ranked.shape[-1]
    rows = ranked.reshape(-1, runs)
    few = size * (runs - size) <= EXACT
    tied = few & np.any(np.sort(rows, axis=1) != np.arange(1, runs + 1), axis=1)
    p = np.empty(len(rows))
    if np.any(tied):
        p[tied] = permutation(rows[tied, :size], rows[tied, size:], 0.0, side)
    if not np.all(tied):
        p[~tied] = mannwhitneyu(
            rows[~tied, :size],
            rows[~tied, size:],
            axis=1,
            alternative=alternative(side),
            method="exact" if few else "asymptotic",
        ).pvalue
    return p.reshape(one.shape[:-1])


def _ranks(one: Array, other: Array, bound: float) -> Array:
    """Return the ranks of both arms' runs together, ties shared, those of rounding too."""
    from scipy.stats import rankdata

    pooled = np.concatenate([one - bound, other], axis=-1)
    size = np.max(np.abs(pooled), axis=-1, keepdims=True) + abs(bound)
    order = np.argsort(pooled, axis=-1)
    ascending = np.take_along_axis(pooled, order, axis=-1)
    apart = np.diff(ascending, axis=-1, prepend=ascending[..., :1]) > ROUNDING * size
    places = np.empty(pooled.shape)
    np.put_along_axis(places, order, np.cumsum(apart, axis=-1), axis=-1)
    return np.asarray(rankdata(places, axis=-1))


def interval_of_moments(
    ours: Moments, theirs: Moments, miss: float, *, guarded: bool = False
) -> tuple[float, float]:
    """Return Welch's interval of the difference of means, see `welch_of_moments`."""
    if min(ours.n, theirs.n) < 2:
        return -math.inf, math.inf
    sd, other = float(ours.sd), float(theirs.sd)
    half = _half_width((sd, ours.n), (other, theirs.n), miss)
    if guarded:
        error = math.hypot(sd / math.sqrt(ours.n), other / math.sqrt(theirs.n))
        half = max(half, skew.critical(miss, min(ours.n, theirs.n)) * error)
    middle = float(ours.mean) - float(theirs.mean)
    return middle - half, middle + half


def _half_width(ours: Spread, theirs: Spread, miss: float) -> float:
    """Return the half width of Welch's interval, with the degrees of freedom of Satterthwaite
    (1946).
    """
    from scipy.special import stdtrit

    (sd, n), (other, m) = ours, theirs
    size = max(sd, other)
    if not size:
        return 0.0
    first, second = (sd / size) ** 2 / n, (other / size) ** 2 / m  # squares would overflow
    freedom = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    return -float(stdtrit(freedom, miss / 2)) * math.sqrt(first + second) * size


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
