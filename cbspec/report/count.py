"""Counting how the findings of a run were checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter

from cbspec.canary import CanaryCheck
from cbspec.canary.comparison import State
from cbspec.claim import base, finding_of
from cbspec.ledger import drawn, expected_changes
from cbspec.model.number import count
from cbspec.report.check import Check
from cbspec.report.run import Run

_STATES: dict[State, str] = {
    "equal": "equal",
    "differs": "differ",
    "unheld": "without a figure that is held",
    "new": "not on record",
    "error": "broke",
}

# A finding counts as the first of these that any of its verdicts is
_ORDER = (
    "in doubt",
    "without a verdict",
    "error",
    "recomputed",
    "canary equal",
    "code unchanged",
    "superseded",
    "unchecked",
)
_NEVER = "never run"


def counted(run: Run) -> str:
    """Return the counts of findings as one line.

    For instance ``"68 findings: 22 recomputed, 45 by record (44 code unchanged, 1 canary equal), 0
    in doubt, 1 never run"``. Errors, and claims that were not judged, are named where there are any.
    A claim that is named after another one, and each cell of a matrix, belongs to the same finding.
    """
    ways = dict(_ways(run))
    known = set(map(base, ways))
    findings: dict[str, set[str]] = {}
    for claim, way in ways.items():
        findings.setdefault(finding_of(claim, known), set()).add(way)
    counts = Counter(map(_weakest, findings.values()))
    unchanged, equal = counts["code unchanged"], counts["canary equal"]
    parts = [f"{counts['recomputed']} recomputed"]
    if counts["error"]:
        parts.append(count(counts["error"], "error"))
    parts.append(
        f"{unchanged + equal} by record ({unchanged} code unchanged, {equal} canary equal)"
    )
    for way in ("superseded", "unchecked"):
        if counts[way]:
            parts.append(f"{counts[way]} {way}")
    parts += [f"{counts['in doubt']} in doubt", f"{counts[_NEVER]} never run"]
    if counts["without a verdict"]:
        parts.append(f"{counts['without a verdict']} without a verdict")
    return f"{count(len(findings), 'finding')}: {', '.join(parts)}"


def canaries_counted(run: Run) -> str:
    """Return ``"103 canaries: 101 equal, 2 differ"``; empty if none was compared."""
    if not run.canaries:
        return ""
    counts = Counter(map(attrgetter("state"), run.canaries))
    parts = []
    for state, word in _STATES.items():
        if counts[state]:
            parts.append(f"{counts[state]} {word}")
    return f"{count(len(run.canaries), 'canary', 'canaries')}: {', '.join(parts)}"


def noise_counted(run: Run) -> str:
    """Return how many verdicts noise would change, as one line; empty if nothing is known.

    For instance ``"fresh seeds alone would change 2.3 of 22 verdicts"``. The recorded verdicts
    count, and the new one of a claim that has none.
    """
    entries = []
    for record in run.records:
        held_to = record.comparison.expected
        entries.append(held_to if held_to and held_to.again is not None else record.entry)
    changes, known = expected_changes(entries)
    if not known:
        return ""
    return f"fresh {drawn(entries)} alone would change {changes:.1f} of {count(known, 'verdict')}"


def doubts_listed(run: Run) -> list[str]:
    """Return a line for each recorded verdict that failed its check, and for each failed canary."""
    lines = []
    for claim, checks in run.checks.items():
        for check in checks:
            if check.failed:
                lines.append(f"{claim}  {check.text}")
    for canary in failed_canaries(run):
        lines.append(f"{canary.claim}  {canary.text}")
    return lines


def failed_canaries(run: Run) -> list[CanaryCheck]:
    """Return the failed canaries of a canary run. In other runs, the claims report them."""
    failed = []
    for canary in run.canaries:
        if canary.failed and canary.claim not in run.checks:
            failed.append(canary)
    return failed


def _ways(run: Run) -> Iterator[tuple[str, str]]:
    """Yield each claim with the way it was checked."""
    for broken in run.broken:
        yield broken.claim, "without a verdict"
    for record in run.records:
        if record.in_doubt:
            yield record.claim, "in doubt"
        elif record.judgement.verdict == "error":
            yield record.claim, "error"
        else:
            yield record.claim, "recomputed"
    for upheld in run.upheld:
        yield upheld.claim, _weakest(map(_way, upheld.checks))
    for skipped in run.skipped:
        yield skipped.claim, "unchecked"


def _way(check: Check) -> str:
    if check.failed:
        return "in doubt"
    return check.way


def _weakest(ways: Iterable[str]) -> str:
    ways = set(ways)
    for way in _ORDER:
        if way in ways:
            return way
    return _NEVER
