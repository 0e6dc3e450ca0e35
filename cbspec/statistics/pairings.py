"""A correlation against none, whatever the noise: the pairs are permuted (Pitman 1937).

The test is exact where, without a correlation, any pairing is as likely as any other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice, permutations, product

import numpy as np
from numpy.typing import NDArray

from cbspec.statistics.sample import Array

Orders = NDArray[np.intp]

PAIRINGS = 20_000  # enumerated; beyond that as many are drawn
PAIRINGS_EACH = 1_000  # the same, in each of many trials
CELLS = 2**20  # of pairings by items by trials that are held at once
TOGETHER = 64  # trials


def tail(one: Array, other: Array, side: int) -> Array:
    """Return the share of all pairings whose coefficients add up to at least as much.

    Args:
        one, other: shape `[..., group, item]`; items are paired anew within their group.
        side: 1 for a positive correlation, -1 for a negative one.
    """
    groups, items = one.shape[-2:]
    a = side * _standardised(one).reshape(-1, groups, items)
    b = _standardised(other).reshape(-1, groups, items)
    most = PAIRINGS if len(a) == 1 else PAIRINGS_EACH
    drawn = math.factorial(items) ** groups > most
    reached, count = np.zeros(len(a)), 0
    for pairings in _pairings(groups, items, most, drawn=drawn):
        count += len(pairings)
        for start in range(0, len(a), TOGETHER):
            part = slice(start, start + TOGETHER)
            paired = b[part][:, np.arange(groups)[:, None], pairings]
            sums = np.einsum("tgi,tpgi->tp", a[part], paired)
            seen = np.einsum("tgi,tgi->t", a[part], b[part])
            reached[part] += np.sum(sums >= seen[:, None] - 1e-12 * groups, axis=1)
    # The pairing seen is one of those that could have been drawn (Phipson and Smyth 2010)
    p = (reached + drawn) / (count + drawn)
    return np.asarray(p.reshape(one.shape[:-2]))


def least_p(groups: int, items: int) -> float:
    """Return the p of items that are in order in every group."""
    return max(float(math.factorial(items)) ** -groups, 1 / (PAIRINGS + 1))


def _standardised(values: Array) -> Array:
    """Return values less their mean, over the root of their squares; 0 where none varies."""
    apart = values - np.mean(values, axis=-1, keepdims=True)
    size = np.sqrt(np.sum(apart**2, axis=-1, keepdims=True))
    return np.asarray(np.divide(apart, size, out=np.zeros_like(apart), where=size > 0))


def _pairings(groups: int, items: int, most: int, *, drawn: bool) -> Iterator[Orders]:
    """Yield orders of the items within each group, some thousand at a time, `[order, group, item]`.

    Args:
        most: the number of orders to draw.
        drawn: whether to draw them at random, instead of going through all.
    """
    at_once = max(1, CELLS // (groups * items * TOGETHER))
    if not drawn:
        every = product(permutations(range(items)), repeat=groups)
        while orders := list(islice(every, at_once)):
            yield np.array(orders).reshape(-1, groups, items)
        return
    rng = np.random.default_rng(1937)
    for start in range(0, most, at_once):
        shape = min(at_once, most - start), groups, items
        yield np.argsort(rng.random(shape), axis=-1)
