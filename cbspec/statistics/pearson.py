"""Pearson's correlation: exact against 0 (Student's t), by Fisher's z (1921) against another value."""

from __future__ import annotations

import math

import numpy as np

from cbspec.statistics import student
from cbspec.statistics.sample import Array
from cbspec.statistics.spread import deviation, mean

FEWEST = 4  # pairs, which Fisher's z needs
MOST = 1 - 1e-12  # a coefficient of 1 has no z


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


def tail(r: Array, n: int, bound: float, side: int) -> Array:
    """Return the one-sided p of a coefficient over n pairs lying on that side of the bound."""
    from scipy.special import ndtr, stdtr

    if n < FEWEST:
        return np.ones_like(r)
    r = np.clip(r, -MOST, MOST)
    # Without correlation t is exact. Elsewhere the distribution of r depends on the bound, and
    # Fisher's z is close to normal with variance 1 / (n - 3), whatever the bound is
    if bound == 0:
        return np.asarray(stdtr(n - 2, -side * r * np.sqrt((n - 2) / (1 - r**2))))
    return np.asarray(ndtr(-side * (np.arctanh(r) - math.atanh(bound)) * math.sqrt(n - 3)))


def interval(r: float, n: int, miss: float) -> tuple[float, float]:
    """Return Fisher's interval of the coefficient."""
    from scipy.special import ndtri

    if n < FEWEST:
        return -1.0, 1.0
    middle = math.atanh(min(max(r, -MOST), MOST))
    half = -float(ndtri(miss / 2)) / math.sqrt(n - 3)
    # A coefficient of 1 has no z, and lies within its interval all the same
    return min(math.tanh(middle - half), r), max(math.tanh(middle + half), r)


def mean_tail(z: Array, bound: float, side: int) -> Array:
    """Return the one-sided p, by t, of the mean of Fisher's z over seeds `[..., seed]`."""
    n = z.shape[-1]
    if n < 2:
        return np.ones(z.shape[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = side * (mean(z) - math.atanh(bound)) / (deviation(z) / math.sqrt(n))
    return student.tail(np.nan_to_num(t, posinf=np.inf, neginf=-np.inf), n, guarded=False)


def mean_interval(z: Array, miss: float) -> tuple[float, float]:
    """Return the interval of the coefficient whose z is the mean over seeds."""
    n = z.size
    if n < 2:
        return -1.0, 1.0
    half = student.reach(miss, n, guarded=False) * float(deviation(z)) / math.sqrt(n)
    return math.tanh(float(mean(z)) - half), math.tanh(float(mean(z)) + half)
