"""More seeds for what is inconclusive, without paying for the peeking in false verdicts.

Verdicts are looked at after n = start, 2 start, 4 start, ... and all seeds. Each interim analysis
spends a part of alpha, by the Pocock-type spending function of Lan and DeMets (1983), alpha log(1 +
(e - 1) n / max), and holds its p-values to what it spends. By the union bound over the analyses the
error rates then stay below alpha for every kind, test and dependence between analyses: the exact
boundaries that Lan and DeMets derive for normal statistics would be a little wider, but hold for
those alone (Slud and Wei 1982 spend increments in the same way). Intervals miss at the spent part
of 0.05: repeated confidence intervals (Jennison and Turnbull 1989), which cover at every analysis
together.
"""

from __future__ import annotations

import math

from cbspec.claim import Seeds
from cbspec.model.finding import Finding, Judgement


def share(n: int, seeds: Seeds) -> float:
    """Return the part of alpha that the look at n seeds may spend; 1 for a claim without
    escalation.

    Other n count as the next interim analysis.
    """
    sizes = seeds.analyses
    at = next((i for i, size in enumerate(sizes) if size >= n), len(sizes) - 1)
    return _spent(sizes[at], seeds) - (_spent(sizes[at - 1], seeds) if at else 0.0)


def alpha_at(n: int, seeds: Seeds, alpha: float) -> float:
    """Return the level of the look at n seeds; over all looks the levels add up to alpha."""
    return alpha * share(n, seeds)


def next_analysis(judgement: Judgement, seeds: Seeds) -> int | None:
    """Return how many seeds to judge next.

    None if the verdict stands: it is decided, more seeds cannot help, or no seeds are left.
    """
    n = len(judgement.seeds)
    further = [size for size in seeds.analyses if size > n]
    return further[0] if further and _open(judgement) else None


def _open(judgement: Judgement) -> bool:
    """Tell whether the verdict is inconclusive, or invalid only because something is not shown yet.

    A verdict that lacks values (no effects, or no n) is not open.
    """
    if judgement.verdict != "invalid":
        return judgement.verdict == "inconclusive"
    failed = [control for control in judgement.controls if control.verdict != "holds"]
    return all(
        map(
            _unshown,
            failed + [finding for finding in judgement.findings if finding.verdict == "invalid"],
        )
    )


def _unshown(finding: Finding) -> bool:
    measured = bool(finding.effects) and all(effect.n for effect in finding.effects)
    return finding.verdict == "inconclusive" or (finding.verdict == "invalid" and measured)


def _spent(n: int, seeds: Seeds) -> float:
    if n >= len(seeds.pool):
        return 1.0
    return math.log1p((math.e - 1) * n / len(seeds.pool))
