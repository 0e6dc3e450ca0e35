"""The sizes of the scales, and the seeds that claims draw, or what else they are replicated over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cbspec.claim import Claim, Seeds, base
from cbspec.model.replicates import AS_PUBLISHED, SEEDS, noun
from cbspec.publication.row import FindingRow, scales_of


class Sizing(NamedTuple):
    """Claim files that differ from the common sizes of a scale in the same way."""

    claims: tuple[str, ...]
    scale: str
    sizes: Mapping[str, float]


def common_sizes(claims: Sequence[Claim]) -> dict[str, Mapping[str, float]]:
    """Return scale -> the sizes that most claims have there."""
    counts: dict[str, Counter[tuple[tuple[str, float], ...]]] = {}
    for scale in scales_of(claims):
        counts[scale] = Counter()
    for claim in claims:
        counts[claim.scale][tuple(claim.sizes.items())] += 1
    common: dict[str, Mapping[str, float]] = {}
    for scale, counted in counts.items():
        for sizes, _ in counted.most_common(1):
            common[scale] = dict(sizes)
    return common


def other_sizes(claims: Sequence[Claim]) -> list[Sizing]:
    """Return the differences from the common sizes, each with the claims that share it."""
    common = common_sizes(claims)
    alike: dict[tuple[str, tuple[tuple[str, float], ...]], dict[str, None]] = {}
    for claim in claims:
        usual = common[claim.scale]
        different = tuple(size for size in claim.sizes.items() if usual.get(size[0]) != size[1])
        if different:
            alike.setdefault((claim.scale, different), {})[base(claim.id)] = None
    sizings = []
    for (scale, different), files in alike.items():
        sizings.append(Sizing(tuple(files), scale, dict(different)))
    return sizings


def seeds_drawn(findings: Iterable[FindingRow]) -> Iterator[tuple[str, int]]:
    """Yield each way of drawing seeds with the number of claims, the most common first.

    Of claims over runs or test items, which nobody draws, it is these words.
    """
    plans: Counter[str] = Counter()
    for row in findings:
        for claim in row.claims:
            over = claim.replicated_over
            plans[_drawing(claim.seeds) if over == SEEDS else noun(over)] += 1
    yield from plans.most_common()


def replicated_over(findings: Iterable[FindingRow]) -> list[str]:
    """Return what claims are replicated over, each once: ``["training seeds", "test items"]``."""
    nouns: dict[str, None] = {}
    for row in findings:
        for claim in row.claims:
            nouns[noun(claim.replicated_over)] = None
    nouns.pop(AS_PUBLISHED, None)
    return [f"training {SEEDS}" if over == SEEDS else over for over in nouns]


def _drawing(seeds: Seeds) -> str:
    first = ", ".join(map(str, seeds.first))
    more = ", ".join(map(str, seeds.pool[seeds.start :]))
    if not more:
        return first
    return f"{first}, then up to {more} while inconclusive"
