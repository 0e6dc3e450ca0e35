"""Clusters of test items, as replicates of the mean over all items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Item(Protocol):
    """A test item with the measures that it has."""

    @property
    def id(self) -> str: ...

    @property
    def measures(self) -> Mapping[str, float]: ...

    @property
    def cluster(self) -> str: ...


def by_cluster(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Return the items of each cluster, in their order."""
    clusters: dict[str, list[Item]] = {}
    for item in items:
        clusters.setdefault(item.cluster, []).append(item)
    return clusters


def cluster_values(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    r"""Return one value for each cluster: their mean is the mean over all items, and its standard
    error is the clustered one.

    With C clusters of n items in all, of mean m, the value of cluster c is
    ``m + C / n * sum over its items of (x - m)``. The variance of these over C is
    ``C / (C - 1) / n^2 * sum over c of (sum over its items of (x - m))^2``, which Liang and Zeger
    propose with the usual factor for few clusters. Where all clusters are of one size, it is their
    mean.

    Args:
        values: cluster -> the values of its items.

    Source: Liang and Zeger 1986; Miller 2024, "Adding error bars to evals", section 2.2.
    """
    count = sum(map(len, values.values()))
    mean = sum(map(sum, values.values())) / count
    weight = len(values) / count
    weighted = {}
    for cluster, of_items in values.items():
        weighted[cluster] = mean + weight * sum(value - mean for value in of_items)
    return weighted
