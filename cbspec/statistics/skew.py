"""The guard against skew: how far skewed noise can push Student's t, for unpaired contrasts.

The difference of two arms with the same noise is symmetric, and the t test keeps its level. One arm
against a constant has no partner: with exponential noise the t test at n = 3 and level 0.05 errs 16
% of the time. No test of a mean is valid for every distribution (Bahadur and Savage 1956), so a
reference has to be chosen: exponential noise, the most skewed of those with a log-concave density.
Here is its exact tail, P(T <= -t) for T = sqrt(n) (mean - 1) / sd.

The mean of n exponentials is Gamma(n) / n and independent of the shares x_i / sum(x), so of r^2 = n
sum(share^2) - 1 (Basu); T <= -t means mean (1 + t r / sqrt(n - 1)) <= 1. The distribution of
sum(share^2) is Greenwood's (1946), by recursion over n.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cbspec.statistics.quadrature import legendre
from cbspec.statistics.sample import Array

# The tail falls with n. For more seeds than this, the tail of 40 is used, which is stricter
MOST = 40
CELLS = 256  # cells of the grid in r; a finer one moves the tail by less than 1 % of itself
ANGLES = 96  # nodes of the integral in each step of the recursion
STATISTICS: Array = np.geomspace(0.05, 1e4, 192)


def tail(t: Array, n: int) -> Array:
    """Return P(T <= -t) under exponential noise; 0 for t <= 0, where the t test itself decides.

    Args:
        t: any shape.
        n: at least 2.
    """
    logs = np.log(np.clip(t, STATISTICS[0], STATISTICS[-1]))
    p: Array = np.exp(np.interp(logs, np.log(STATISTICS), _log_tails(min(n, MOST))))
    return np.where((t > 0) & (t < np.inf), p, 0.0)


def critical(alpha: float, n: int) -> float:
    """Return the t whose `tail` is alpha; infinite if the grid ends before it."""
    tails = _log_tails(min(n, MOST))
    if not alpha or np.log(alpha) < tails[-1]:
        return float("inf")
    return float(np.exp(np.interp(-np.log(alpha), -tails, np.log(STATISTICS))))


def known_tail(z: Array, n: int) -> Array:
    """Return the larger tail of the mean of n exponentials whose spread is known.

    That is P(Z >= z) or P(Z <= -z), with Z in standard errors.
    """
    from scipy.special import gammainc, gammaincc

    above = gammaincc(n, np.maximum(n + z * np.sqrt(n), 0.0))
    below = gammainc(n, np.maximum(n - z * np.sqrt(n), 0.0))
    return np.asarray(np.maximum(above, below))


def known_critical(alpha: float, n: int) -> float:
    """Return the z that the mean of n exponentials exceeds with probability alpha.

    The spread is known. Of the two sides, the one with the larger z counts.
    """
    from scipy.special import gammainccinv, gammaincinv

    above = (gammainccinv(n, alpha) - n) / np.sqrt(n)
    below = (n - gammaincinv(n, alpha)) / np.sqrt(n)
    return float(max(above, below))


def guarded(test: str) -> str:
    """Return the name of a test that is guarded."""
    return f"{test}, guarded against skew"


@lru_cache
def _log_tails(n: int) -> Array:
    from scipy.special import gammainc  # imported here, since validation does not need SciPy

    r = _grid(n)
    mass = np.diff(np.exp(_greenwood(n)) * r ** (n - 1))
    middle = (r[1:] + r[:-1]) / 2
    # [statistic, cell]
    reached = gammainc(n, n / (1 + STATISTICS[:, None] * middle / np.sqrt(n - 1)))
    logs: Array = np.log(reached @ mass)
    return logs


def _grid(n: int) -> Array:
    """Return the grid of r. It is dense near 0, which far tails come from."""
    grid: Array = np.sqrt(max(n - 1, 1)) * np.linspace(0, 1, CELLS + 1) ** 3
    return grid


@lru_cache
def _greenwood(n: int) -> Array:
    """Return the log of P(R <= r) / r^(n-1) on the grid (finite at 0).

    One share u leaves the others r cos(a) sqrt((n-1)/n) / (1-u).
    """
    if n == 1:
        return np.zeros(CELLS + 1)
    r = _grid(n)[1:]
    reach = r * np.sqrt(n - 1) / n  # how far u can lie from 1/n: u = 1/n + reach sin(a)
    first, last = (np.arcsin(np.clip(end / reach, -1, 1)) for end in (-1 / n, 1 - 1 / n))
    nodes, weights = legendre(ANGLES)
    angle = (first + last)[:, None] / 2 + (last - first)[:, None] / 2 * nodes  # [cell, angle]
    left = 1 - 1 / n - reach[:, None] * np.sin(angle)
    most = 1.0  # where the grid of one share ends, which has no spread
    if n > 2:
        most = np.sqrt(n - 2)
    # By rounding the radius left over may lie outside the grid of n - 1, whose logarithm starts
    # above 0
    rest = np.clip(
        r[:, None] * np.cos(angle) * np.sqrt((n - 1) / n) / left,
        _grid(n - 1)[1],
        most,
    )
    below = np.exp(
        np.interp(np.log(rest), np.log(_grid(n - 1)[1:]), _greenwood(n - 1)[1:])
        + (n - 2) * np.log(rest)
    )
    density = (n - 1) * left ** (n - 2) * reach[:, None] * np.cos(angle)
    share = np.log((density * below) @ weights * (last - first) / 2) - (n - 1) * np.log(r)
    return np.concatenate([share[:1], share])
