"""Pearson's correlation under normal noise, exact against any value.

With T(r) = r / sqrt(1 - r^2), T of the coefficient over n pairs is distributed as (T(rho) C + Z) / D,
where Z is normal and C, D are chi with n - 1 and n - 2 degrees of freedom (Ruben 1966). Fisher's z
(1921), which is only nearly normal, errs in up to 0.064 of the cases at alpha 0.05.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from cbspec.statistics import student
from cbspec.statistics.quadrature import legendre
from cbspec.statistics.sample import Array
from cbspec.statistics.spread import deviation, mean

FEWEST = 4  # pairs, which Fisher's z needs
MOST = 1 - 1e-12  # a coefficient of 1 has no z
FARTHEST = math.atanh(MOST)
NODES = 64


def coefficient(one: Array, other: Array) -> Array:
    """Return the coefficient along the last axis; 0 where one of the two does not vary. Rounding takes
    it beyond 1 in size nowhere.
    """
    a = one - np.mean(one, axis=-1, keepdims=True)
    b = other - np.mean(other, axis=-1, keepdims=True)
    size = np.sqrt(np.sum(a**2, axis=-1)) * np.sqrt(np.sum(b**2, axis=-1))
    total = np.sum(a * b, axis=-1)
    ratio = np.divide(total, size, out=np.zeros_like(total), where=size > 0)
    return np.asarray(np.clip(ratio, -1.0, 1.0))


def resolved(r: Array, one: Array, other: Array, known: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the coefficient no nearer to 1 than the measures resolve, and the standard deviation that
    its z has at least for that reason.

    The residuals of a regression, n - 2 of them free, vary no less than values known to half a
    resolution: (1 - r^2) times the squares is at least n - 2 times their variance. To first order
    such values move z by as much.

    Args:
        r: shape `[...]`.
        one, other: the values `[..., pair]`.
        known: the standard deviation of what is known of either's values.
    """
    left_open, free = np.zeros(r.shape), one.shape[-1] - 2
    if free < 1:  # of two pairs there are no residuals
        return np.clip(r, -MOST, MOST), left_open
    for values, least in zip((one, other), known, strict=True):
        spread = np.maximum(deviation(values), np.finfo(np.float64).tiny)
        error = np.minimum(least / spread, 1.0) / math.sqrt(values.shape[-1] - 1)
        left_open = np.maximum(left_open, np.minimum(error**2, 1 / free))
    most = np.minimum(np.sqrt(1 - free * left_open), MOST)
    r = np.clip(r, -most, most)
    return r, np.sqrt(left_open / (1 - r**2))


def tail(r: Array, n: int, bound: float, side: int) -> Array:
    """Return the one-sided p of a coefficient over n pairs lying on that side of the bound."""
    from scipy.special import stdtr

    if n < FEWEST:
        return np.ones_like(r)
    r = np.clip(r, -MOST, MOST)
    if bound == 0:
        return np.asarray(stdtr(n - 2, -side * r * np.sqrt((n - 2) / (1 - r**2))))
    z, p = _tails(n, side * bound)  # below a bound is above its opposite
    return np.asarray(np.interp(side * np.arctanh(r), z, p))


def interval(r: float, n: int, miss: float) -> tuple[float, float]:
    """Return the interval of the coefficient: the values that neither side is shown to exclude."""
    if n < FEWEST:
        return -1.0, 1.0
    clipped = min(max(r, -MOST), MOST)  # a coefficient of 1 has no z, and lies within its interval
    return min(_least(clipped, n, miss / 2), r), max(-_least(-clipped, n, miss / 2), r)


def _least(r: float, n: int, miss: float) -> float:
    """Return the true coefficient under which one of at least r has this probability."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = np.arctanh(np.array([r]))

    def excess(true: float) -> float:
        return float(_above(z, n, math.tanh(true))[0]) - miss

    high = float(z[0])
    low = high + 2 * float(ndtri(miss)) / math.sqrt(n - 3) - 1  # well below the end by Fisher's z
    if low <= -FARTHEST or excess(low) > 0:
        low = -FARTHEST
    if high <= low:  # nothing lies below -1
        return r
    return math.tanh(brentq(excess, low, high, xtol=1e-6))


@lru_cache(maxsize=256)
def _tails(n: int, bound: float) -> tuple[Array, Array]:
    """Return values of Fisher's z, ascending, and the probability of at least that much."""
    z = np.linspace(-FARTHEST, FARTHEST, 1001)
    return z, _above(z, n, bound)


def _above(z: Array, n: int, true: float) -> Array:
    """Return the probability of a coefficient over n pairs whose z is at least that, `[...]`."""
    from scipy.special import chdtri, ndtr

    nodes, weights = legendre(NODES)
    survival = (1 - nodes) / 2
    one, other = np.sqrt(chdtri(n - 1, survival)), np.sqrt(chdtri(n - 2, survival))
    above = true / math.sqrt(1 - true**2) * one[:, None] - np.sinh(z)[..., None, None] * other
    return np.asarray(ndtr(above) @ (weights / 2) @ (weights / 2))


def mean_tail(z: Array, least: Array, bound: float, side: int) -> Array:
    """Return the one-sided p, by t, of the mean of Fisher's z over seeds `[..., seed]`.

    Args:
        least: the standard deviation that z has at least, shape `[...]`.
    """
    n = z.shape[-1]
    if n < 2:
        return np.ones(z.shape[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.maximum(deviation(z), least) / math.sqrt(n)
        t = side * (mean(z) - math.atanh(bound)) / error
    return student.tail(np.nan_to_num(t, posinf=np.inf, neginf=-np.inf), n, guarded=False)


def mean_interval(z: Array, least: Array, miss: float) -> tuple[float, float]:
    """Return the interval of the coefficient whose z is the mean over seeds; `least` as in
    `mean_tail`.
    """
    n = z.size
    if n < 2:
        return -1.0, 1.0
    error = float(np.maximum(deviation(z), least)) / math.sqrt(n)
    half = student.reach(miss, n, guarded=False) * error
    return math.tanh(float(mean(z)) - half), math.tanh(float(mean(z)) + half)
