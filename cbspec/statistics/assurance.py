"""How many seeds would decide, with the uncertainty of what few seeds have shown.

Predictive power (Spiegelhalter, Freedman and Blackburn 1986): the chance that the seeds at hand and
more of the same decide, averaged over what the mean and the spread may be by now, under a flat prior
on the mean and on the logarithm of the spread. The power at the estimate itself promises too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cbspec.statistics import student
from cbspec.statistics.sample import Array

EVEN, LIKELY = 0.5, 0.8
MOST = 1000  # seeds nobody will train: as good as never
DRAWS = 8  # log2 of the points of a Sobol sequence


@dataclass(frozen=True)
class Seen:
    """What n seeds have shown: the bounds, in standard deviations from their mean."""

    n: int
    low: float
    high: float


def needed(
    seen: Seen, shown: float, refuted: float, *, guarded: bool = False
) -> tuple[int, int] | None:
    """Return the total of seeds with a predictive power of 0.5 and of 0.8, each at most `MOST`; None
    if even so many have less than 0.5.
    """

    def least(target: float, few: int) -> int:
        # Power grows with the seeds, so that halving finds the fewest
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
    """Return the probability that `total` seeds decide, the ones seen among them."""
    mean, error = _predicted(seen.n, total)
    above, below = (mean - seen.low) / error, (seen.high - mean) / error
    holds = np.minimum(above, below) >= student.critical(shown, total, guarded=guarded)
    fails = np.minimum(above, below) <= -student.critical(refuted, total, guarded=guarded)
    return float(np.mean(holds | fails))


@lru_cache(maxsize=1024)  # whatever was measured, the bisection begins with the same totals
def _predicted(n: int, total: int) -> tuple[Array, Array]:
    """Return what `total` seeds may show after n, shape `[point]` each: their mean, in standard
    deviations from the mean of the n, and its standard error.
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
    """Return the same points each time: two uniform columns for spreads, two normal ones for
    means.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(4, scramble=True, seed=1986).random_base2(DRAWS)
    points = np.clip(points, 1e-9, 1 - 1e-9)
    return points[:, 0], ndtri(points[:, 1]), ndtri(points[:, 2]), points[:, 3]
