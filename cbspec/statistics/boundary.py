"""The levels of interim analyses at growing numbers of seeds, exact for Student's t.

Each look k spends a part of alpha, by the Pocock-type function of Lan and DeMets (1983): alpha
log(1 + (e - 1) n / max). Its level a_k solves P(p_1 > a_1, ..., p_k <= a_k) = what it spends. The t
statistics of the looks come from the same seeds, but each from its own estimate of the spread. So
their joint distribution is no multivariate t. It is that of block means and block sums of squares,
integrated over a Sobol sequence (2^16 points: a level is off by less than 1 % of itself).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from cbspec.statistics.sample import Array

POINTS = 16  # log2


def spent(share: float) -> float:
    """Return the share of alpha that is spent once this share of the seeds was looked at."""
    if share >= 1:
        return 1.0  # log1p would miss 1 by rounding
    return math.log1p((math.e - 1) * share)


@lru_cache(maxsize=4096)
def level(alpha: float, looks: tuple[int, ...], at: int) -> float:
    """Return the level of a look; alpha itself if there is only one.

    Args:
        alpha: the error rate over all looks.
        looks: the number of seeds at each look, ascending.
        at: the index of the look.
    """
    if len(looks) == 1:
        return alpha
    p = _p_values(looks)
    waiting, before, solved = np.ones(p.shape[1], dtype=bool), 0.0, 0.0
    for index, n in enumerate(looks[: at + 1]):
        solved = 0.0  # one seed has no t, so nothing can be shown
        if n > 1:
            # The level is the quantile, among the points that no look before has decided, up to
            # which just as many lie as this look may spend
            by_now = alpha * spent(n / looks[-1])
            count = (by_now - before) * p.shape[1]
            ordered = np.sort(p[index][waiting])
            solved = float(np.interp(count - 0.5, np.arange(ordered.size), ordered))
        before += float(np.mean(waiting & (p[index] <= solved)))
        waiting &= p[index] > solved
    return solved


@lru_cache(maxsize=16)
def _p_values(looks: tuple[int, ...]) -> Array:
    """Return the one-sided p-values of the looks under the null, shape `[look, point]`."""
    from scipy.special import chdtri, ndtri, stdtr
    from scipy.stats import qmc

    points = qmc.Sobol(2 * len(looks), scramble=True, seed=1983).random_base2(POINTS)
    points = np.clip(points, 1e-12, 1 - 1e-12).T  # the normal deviates of 0 and 1 are infinite
    total, squares, n = np.zeros(points.shape[1]), np.zeros(points.shape[1]), 0
    rows = []
    for index, size in enumerate(looks):
        more = size - n
        block = ndtri(points[2 * index]) / math.sqrt(more)  # its mean
        # Squares about the common mean: those so far, between both groups, and within the block
        # (Chan, Golub and LeVeque 1983)
        if n:
            squares = squares + n * more / size * (block - total / n) ** 2
        if more > 1:
            squares = squares + chdtri(more - 1, points[2 * index + 1])
        total, n = total + more * block, size
        if n < 2:
            rows.append(np.ones_like(total))
            continue
        rows.append(stdtr(n - 1, -total / np.sqrt(squares / (n - 1) * n)))
    return np.array(rows)
