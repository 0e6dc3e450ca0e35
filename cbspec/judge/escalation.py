"""Escalation: more seeds for inconclusive claims, without more false verdicts from more looks.

A verdict is taken after n = start, 2 start, 4 start, ... and after all seeds, or at the looks that
the claim states. `cbspec.statistics.boundary` computes the level of each look. Intervals have the
level of their look too: they are repeated confidence intervals (Jennison and Turnbull 1989), which
cover at all looks together.
"""

from __future__ import annotations

from bisect import bisect_left

from cbspec.claim import Seeds
from cbspec.model.finding import Finding, Judgement
from cbspec.statistics import boundary

MISS = 0.05  # the rate at which two-sided intervals may miss


def alpha_at(n: int, seeds: Seeds, alpha: float) -> float:
    """Return the level of the look at n seeds; 0 before the first look.

    A number between two looks counts as the later one.
    """
    looks = seeds.analyses
    if n < looks[0]:
        return 0.0
    return boundary.level(alpha, looks, min(bisect_left(looks, n), len(looks) - 1))


def spent_at(n: int, seeds: Seeds, alpha: float) -> float:
    """Return the part of alpha that the look at n seeds spends.

    The level of the look is at least that, since what an earlier look has shown is not counted
    again.
    """
    looks = seeds.analyses
    at = looks.index(n)
    if n <= 1:  # one seed can show nothing
        return 0.0
    before = 0.0
    if at:
        before = boundary.spent(looks[at - 1] / looks[-1])
    return alpha * (boundary.spent(n / looks[-1]) - before)


def miss_at(n: int, seeds: Seeds) -> float:
    """Return the rate at which two-sided intervals may miss at the look at n seeds."""
    return 2 * alpha_at(max(n, seeds.analyses[0]), seeds, MISS / 2)


def next_analysis(judgement: Judgement, seeds: Seeds) -> int | None:
    """Return the number of seeds to judge next; None if the verdict stands.

    It stands if it is decided, if more seeds cannot help, or if none are left.
    """
    if not _open(judgement):
        return None
    for size in seeds.analyses:
        if size > len(judgement.seeds):
            return size
    return None


def _open(judgement: Judgement) -> bool:
    """Tell whether more seeds may change the verdict.

    It is inconclusive, or invalid because a control is not shown yet. If values are missing, more
    seeds cannot help.
    """
    if judgement.verdict != "invalid":
        return judgement.verdict == "inconclusive"
    for control in judgement.controls:
        if control.verdict != "holds" and not _unshown(control):
            return False
    invalid = [finding for finding in judgement.findings if finding.verdict == "invalid"]
    return all(map(_unshown, invalid))


def _unshown(finding: Finding) -> bool:
    """Tell whether more seeds may change a finding.

    It is undecided, or its premise has failed although all values exist.
    """
    if finding.verdict != "invalid":
        return finding.verdict == "inconclusive"
    return bool(finding.effects) and all(effect.n for effect in finding.effects)
