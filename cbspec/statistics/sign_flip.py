"""Sign-flip permutation over seeds, exact (Fisher 1935): under symmetric noise both signs of a
difference are as likely.
"""

from __future__ import annotations

import numpy as np

from cbspec.statistics.sample import Array

MOST = 40  # seeds; each half of the flips is enumerated, 2^20 sums


def tail(differences: Array) -> Array:
    """Return P(sum of randomly signed differences >= the sum seen), shape `[...]` from `[...,
    seed]`; at least 2^-n.

    Raises:
        ValueError: more seeds than can be enumerated.
    """
    n = differences.shape[-1]
    if n > MOST:
        raise ValueError(f"an exact sign-flip test enumerates at most {MOST} seeds, not {n}")
    rows = differences.reshape(-1, n)
    return np.array([_row(row) for row in rows]).reshape(differences.shape[:-1])


def _row(differences: Array) -> float:
    half = differences.size // 2
    first, second = _sums(differences[:half]), np.sort(_sums(differences[half:]))
    rounding = 16 * np.finfo(np.float64).eps * np.abs(differences).sum()
    least = differences.sum() - rounding - first  # what the second half must add up to
    reached = second.size - np.searchsorted(second, least, side="left")
    return float(reached.sum() / (first.size * second.size))


def _sums(differences: Array) -> Array:
    """Return every signed sum, 2^n of them."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums
