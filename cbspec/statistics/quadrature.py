"""Gauss-Legendre nodes and weights, computed once each."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cbspec.statistics.sample import Array


@lru_cache
def legendre(count: int) -> tuple[Array, Array]:
    """Return the nodes in (-1, 1), ascending, and their weights, which add up to 2."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights
