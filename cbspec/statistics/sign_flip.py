"""The exact sign-flip test over seeds (Fisher 1935).

Under symmetric noise, both signs of each difference are equally likely.
"""

from __future__ import annotations

import numpy as np

from cbspec.statistics.sample import Array

MOST = 40  # seeds; the flips of each half are enumerated, which are 2^20 sums
TOGETHER = 2**22  # sums that are in memory at once, if there are many trials


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
    """Return the p-value of each row of differences."""
    # Meet in the middle: the signed sums of both halves are enumerated, and for each sum of the
    # first half those of the second that reach the total are counted by a search. That takes
    # 2 x 2^(n/2) sums in place of 2^n
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
