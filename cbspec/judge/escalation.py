"""More seeds for what is inconclusive, without paying for the looks in false verdicts.

Verdicts are looked at after n = start, 2 start, 4 start, ... and all seeds, or at the looks that the
claim states. `cbspec.statistics.boundary` has the level of each. Intervals miss at the level of
their look: repeated confidence intervals (Jennison and Turnbull 1989), which cover at every look
together.
"""

from __future__ import annotations

from bisect import bisect_left

from cbspec.claim import Seeds
from cbspec.kinds import Assertion
from cbspec.model.finding import Finding, Judgement
from cbspec.statistics import boundary

MISS = 0.05  # of the two-sided intervals


def alpha_of(assertion: Assertion, alpha: float) -> float:
    """Return the error rate of an assertion: its own, or else the claim's alpha."""
    if assertion.alpha is None:
        return alpha
    return assertion.alpha


def alpha_at(n: int, seeds: Seeds, alpha: float) -> float:
    """Return the level of the look at n seeds; 0 before the first.

    Another n counts as the next look.
    """
    looks = seeds.analyses
    if n < looks[0]:
        return 0.0
    return boundary.level(alpha, looks, min(bisect_left(looks, n), len(looks) - 1))


def spent_at(n: int, seeds: Seeds, alpha: float) -> float:
    """Return the part of alpha that the look at n of `seeds.analyses` spends, which its level is no
    less than: what an earlier look has shown is not shown again.
    """
    looks = seeds.analyses
    at = looks.index(n)
    if n <= 1:  # one seed shows nothing
        return 0.0
    before = 0.0
    if at:
        before = boundary.spent(looks[at - 1] / looks[-1])
    return alpha * (boundary.spent(n / looks[-1]) - before)


def miss_at(n: int, seeds: Seeds) -> float:
    """Return the rate at which the two-sided intervals of the look at n seeds may miss."""
    return 2 * alpha_at(max(n, seeds.analyses[0]), seeds, MISS / 2)


def next_analysis(judgement: Judgement, seeds: Seeds) -> int | None:
    """Return how many seeds to judge next.

    None if the verdict stands: it is decided, more seeds cannot help, or no seeds are left.
    """
    if not _open(judgement):
        return None
    for size in seeds.analyses:
        if size > len(judgement.seeds):
            return size
    return None


def _open(judgement: Judgement) -> bool:
    """Tell whether the verdict is inconclusive, or invalid only because something is not shown yet.

    A verdict that lacks values (no effects, or no n) is not open.
    """
    if judgement.verdict != "invalid":
        return judgement.verdict == "inconclusive"
    for control in judgement.controls:
        if control.verdict != "holds" and not _unshown(control):
            return False
    invalid = [finding for finding in judgement.findings if finding.verdict == "invalid"]
    return all(map(_unshown, invalid))


def _unshown(finding: Finding) -> bool:
    """Tell whether a finding may be another one with more seeds: it is undecided, or its premise
    failed on values that exist.
    """
    if finding.verdict != "invalid":
        return finding.verdict == "inconclusive"
    return bool(finding.effects) and all(effect.n for effect in finding.effects)
