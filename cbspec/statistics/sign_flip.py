"""Sign-flip permutation over seeds, exact (Fisher 1935): under symmetric noise both signs of a
difference are as likely.
"""

from __future__ import annotations

import numpy as np

from cbspec.statistics.sample import Array

MOST = 40  # seeds; each half of the flips is enumerated, 2^20 sums
TOGETHER = 2**22  # sums that are held at once for many trials


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
    batch = max(1, TOGETHER >> n)
    p = [_rows(rows[start : start + batch]) for start in range(0, len(rows), batch)]
    return np.concatenate([np.empty(0), *p]).reshape(differences.shape[:-1])


def _rows(rows: Array) -> Array:
    """Return the p of each row of differences, by halves: what the second one must add up to."""
    # Meet in the middle: 2 x 2^(n/2) signed sums are kept, sorted and searched, in place of 2^n
    half = rows.shape[1] // 2
    first, second = _sums(rows[:, :half]), np.sort(_sums(rows[:, half:]), axis=1)
    rounding = 16 * np.finfo(np.float64).eps * np.abs(rows).sum(axis=1)
    least = (rows.sum(axis=1) - rounding)[:, None] - first
    reached = np.empty(len(rows))
    for index, sums in enumerate(second):
        reached[index] = np.sum(sums.size - np.searchsorted(sums, least[index], side="left"))
    return np.asarray(reached / (first.shape[1] * second.shape[1]))


def _sums(rows: Array) -> Array:
    """Return every signed sum of each row, shape `[row, 2^n]`."""
    sums = np.zeros((len(rows), 1))
    for column in rows.T:
        sums = np.concatenate([sums + column[:, None], sums - column[:, None]], axis=1)
    return sums
