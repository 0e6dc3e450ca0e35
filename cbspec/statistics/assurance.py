"""Predictive power: how many seeds would decide an assertion, given what few seeds have shown.

Predictive power (Spiegelhalter, Freedman and Blackburn 1986) is the probability that the seeds at
hand together with more seeds decide. It is averaged over the mean and the spread that are plausible
now, under a flat prior on the mean and on the logarithm of the spread. The power at the estimate
itself would promise too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cbspec.statistics import student
from cbspec.statistics.sample import Array

EVEN, LIKELY = 0.5, 0.8
MOST = 1000  # more seeds than anybody will train
DRAWS = 8  # log2 of the number of points of the Sobol sequence


@dataclass(frozen=True)
class Seen:
    """What n seeds have shown: the bounds in standard deviations, relative to their mean."""

    n: int
    low: float
    high: float


def needed(
    seen: Seen, shown: float, refuted: float, *, guarded: bool = False
) -> tuple[int, int] | None:
    """Return the total numbers of seeds with a predictive power of 0.5 and of 0.8.

    Each is at most `MOST`. None if even `MOST` seeds have a power below 0.5.

    Args:
        seen: what the seeds so far have shown.
        shown: the level at which the assertion is shown.
        refuted: the level at which it is refuted.
        guarded: whether the test is guarded against skew.
    """

    def least(target: float, few: int) -> int:
        # Power grows with the number of seeds, so bisection finds the fewest
        many = MOST
        while many - few > 1:
            half = (few + many) // 2
            if _power(seen, half, shown, refuted, guarded=guarded) >= target:
                many = half
            else:
                few = half
        return many

    if seen.n < 2 or _power(seen, MOST, shown, refuted, guarded=guarded) < EVEN:
        return None
    even = least(EVEN, seen.n)
    return even, least(LIKELY, even - 1)


def _power(seen: Seen, total: int, shown: float, refuted: float, *, guarded: bool) -> float:
    """Return the probability that `total` seeds decide, including those seen."""
    mean, error = _predicted(seen.n, total)
    above, below = (mean - seen.low) / error, (seen.high - mean) / error
    holds = np.minimum(above, below) >= student.critical(shown, total, guarded=guarded)
    fails = np.minimum(above, below) <= -student.critical(refuted, total, guarded=guarded)
    return float(np.mean(holds | fails))


@lru_cache(maxsize=1024)  # whatever was measured, the bisection begins with the same totals
def _predicted(n: int, total: int) -> tuple[Array, Array]:
    """Draw the mean of `total` seeds and its standard error, given n of them.

    Returns:
        Both with shape `[point]`, in standard deviations; the mean relative to that of the n seeds.
    """
    from scipy.special import chdtri

    more = total - n
    scale, place, step, rest = _draws()
    # The unit is the spread seen and 0 the mean seen. Under the flat prior the true spread is then
    # sqrt((n - 1) / chi^2), and the true mean is normal around 0 with variance sd^2 / n
    sd = np.sqrt((n - 1) / chdtri(n - 1, scale))
    block = sd * (place / math.sqrt(n) + step / math.sqrt(more))  # mean of the further seeds
    # Squares within the seeds seen, between both groups, and within the further ones
    squares = (n - 1) + block**2 * n * more / total
    if more > 1:
        squares = squares + sd**2 * chdtri(more - 1, rest)
    return block * more / total, np.sqrt(squares / (total - 1) / total)


@lru_cache(maxsize=1)
def _draws() -> tuple[Array, Array, Array, Array]:
    """Return the points of the integral: two uniform columns for spreads, two normal for means."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(4, scramble=True, seed=1986).random_base2(DRAWS)
    points = np.clip(points, 1e-9, 1 - 1e-9)
    return points[:, 0], ndtri(points[:, 1]), ndtri(points[:, 2]), points[:, 3]
