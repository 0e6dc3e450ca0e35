"""Student's t for one mean: tail, critical value, interval and power; with the guard against skew
where it is wanted.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from cbspec.statistics import skew
from cbspec.statistics.quadrature import legendre
from cbspec.statistics.sample import Array

NODES = 128  # of the integral over the standard deviation
FARTHEST = 10_000  # seeds nobody will train: as good as never


def tail(t: Array, n: int, *, guarded: bool) -> Array:
    """Return the one-sided p of a t statistic over n seeds; guarded: the larger of Student's and
    the exponential one (`skew`).
    """
    from scipy.special import stdtr

    if n < 2:
        return np.ones_like(t)
    p: Array = stdtr(n - 1, -t)
    if guarded:
        return np.maximum(p, skew.tail(t, n))
    return p


@lru_cache
def critical(alpha: float, n: int, *, guarded: bool) -> float:
    """Return the statistic whose `tail` is alpha; n at least 2."""
    from scipy.special import stdtrit

    t = -float(stdtrit(n - 1, alpha))
    if guarded:
        return max(t, skew.critical(alpha, n))
    return t


def reach(miss: float, n: int, *, guarded: bool) -> float:
    """Return the half width, in standard errors, of the two-sided interval that misses with
    probability `miss`.

    Guarded, each side alone is held to `miss`: noise skewed to one side misses on the other hardly
    ever.
    """
    if n < 2:
        return math.inf
    t = critical(miss / 2, n, guarded=False)
    if guarded:
        return max(t, skew.critical(miss, n))
    return t


def power(
    mean: float, sd: float, n: int, alpha: float, *, low: float, high: float, guarded: bool = False
) -> float:
    """Return the probability that n seeds show a normal mean to lie between low and high (either
    may be infinite), each side at alpha.

    The integral over the sample standard deviation (Phillips 1990 for two sides); with one finite
    end it is the tail of the noncentral t at (mean - low) sqrt(n) / sd.
    """
    from scipy.special import ndtr

    if n < 2:
        return 0.0
    if sd == 0:
        return float(low < mean < high)
    error = sd / math.sqrt(n)
    lost = critical(alpha, n, guarded=guarded) * _spread(n)
    shown = ndtr((high - mean) / error - lost) - ndtr((low - mean) / error + lost)
    return float(np.maximum(shown, 0) @ legendre(NODES)[1] / 2)


def needed(
    mean: float,
    sd: float,
    alpha: float,
    *,
    low: float,
    high: float,
    guarded: bool,
    target: float = 0.8,
) -> int | None:
    """Return the fewest seeds whose `power` is at least `target`, by default Cohen's 0.8.

    None if even `FARTHEST` seeds are too few.
    """

    def enough(n: int) -> bool:
        return power(mean, sd, n, alpha, low=low, high=high, guarded=guarded) >= target

    if not low < mean < high or not enough(FARTHEST):
        return None
    # Doubled until it is enough, then halved: power grows with the seeds
    few, many = 1, 2
    while not enough(many):
        few, many = many, min(2 * many, FARTHEST)
    while many - few > 1:
        half = (few + many) // 2
        if enough(half):
            many = half
        else:
            few = half
    return many


@lru_cache
def _spread(n: int) -> Array:
    """Return the sample standard deviation over the true one, at the quantiles that the nodes stand
    for.
    """
    from scipy.special import chdtri

    quantiles: Array = np.sqrt(chdtri(n - 1, (1 - legendre(NODES)[0]) / 2) / (n - 1))
    return quantiles
