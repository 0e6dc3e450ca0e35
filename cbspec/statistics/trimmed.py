"""The mean of the middle half: t with winsorized spread (Tukey and McLaughlin 1963).

With few seeds that t is no Student's t, which errs in 7 % of the cases at alpha 0.05; its
distribution under normal noise is drawn once for each number of seeds.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from cbspec.statistics.sample import Array

CUT = 0.25  # from either end
DRAWN = 2**17  # samples of the null distribution, half of them mirrored


def moments(values: Array) -> tuple[Array, Array]:
    """Return the interquartile mean and its standard error, shape `[...]` from `[..., seed]`; the
    error is infinite where fewer than two seeds are left.
    """
    ordered, n = np.sort(values, axis=-1), values.shape[-1]
    cut = int(CUT * n)
    middle = ordered[..., cut : n - cut]
    left = middle.shape[-1]
    if left < 2:
        return np.mean(middle, axis=-1), np.full(values.shape[:-1], math.inf)
    # The cut values are pulled in to the outermost that are left: the trimmed mean varies as they do
    winsorized = np.clip(ordered, middle[..., :1], middle[..., -1:])
    squares = np.var(winsorized, axis=-1, ddof=1) * (n - 1)
    return np.mean(middle, axis=-1), np.sqrt(squares / (left * (left - 1)))


def tail(values: Array, bound: float, side: int) -> Array:
    """Return the one-sided p of the interquartile mean lying on that side of the bound."""
    mean, error = moments(values)
    if values.shape[-1] < 2:
        return np.ones_like(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(side * (mean - bound) / error, nan=0.0, posinf=np.inf, neginf=-np.inf)
    null = _null(values.shape[-1])
    reached = null.size - np.searchsorted(null, t, side="left")
    return np.asarray((reached + 1) / (null.size + 1))


def interval(values: Array, miss: float) -> tuple[float, float]:
    """Return the two-sided interval of the interquartile mean."""
    mean, error = moments(values)
    if values.size < 2:
        return -math.inf, math.inf
    half = float(np.quantile(_null(values.size), 1 - miss / 2) * error)
    return float(mean) - half, float(mean) + half


@lru_cache(maxsize=64)
def _null(n: int) -> Array:
    """Return t under normal noise, ascending; symmetric."""
    mean, error = moments(np.random.default_rng(1963).normal(size=(DRAWN // 2, n)))
    t = mean / error
    return np.sort(np.concatenate([t, -t]))
