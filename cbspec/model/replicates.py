"""Words for what a claim is replicated over: seeds, runs or test items."""

from __future__ import annotations

from collections.abc import Collection

SEEDS = "seeds"
REPLICATES = "replicates"
PUBLISHED = "published runs"
AS_PUBLISHED = "as published"
"""In place of a count, where a publication does not say how many runs there were."""


def common(nouns: Collection[str]) -> str:
    """Return the only one of some nouns, else one for all: ``"replicates"``."""
    if len(nouns) == 1:
        return next(iter(nouns))
    return REPLICATES


def noun(replicates: str) -> str:
    """Return the noun alone: ``"clusters of test items"`` of ``"..., and not training runs"``."""
    return replicates.partition(",")[0]


def one(replicates: str) -> str:
    """Return the noun of one of them: ``"cluster of test items"``."""
    singles = []
    for part in noun(replicates).split(" and "):
        head, of, rest = part.partition(" of ")
        singles.append(f"{head.removesuffix('s')}{of}{rest}")
    return " and ".join(singles)


def counted(count: int | str, replicates: str) -> str:
    """Return so many of them: ``"1 seed"``, ``"10 clusters of test items, and not training runs"``.

    Args:
        count: a number, or several as text.
        replicates: what is counted, in words.
    """
    if replicates == AS_PUBLISHED:
        return AS_PUBLISHED
    if count in (1, "1"):
        return f"1 {one(replicates)}{replicates.removeprefix(noun(replicates))}"
    return f"{count} {replicates}"
