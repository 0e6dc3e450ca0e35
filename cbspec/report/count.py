"""How the findings of a run were checked, counted."""

from __future__ import annotations

from collections import Counter

from cbspec.canary import CanaryCheck
from cbspec.canary.comparison import State
from cbspec.claim import base, finding_of
from cbspec.report.record import Run

_STATES: dict[State, str] = {
    "equal": "equal",
    "differs": "differ",
    "new": "not on record",
    "error": "broke",
}

# The first of these that one claim of a finding is, the finding is.
_ORDER = ("in doubt", "recomputed", "by record", "superseded", "unchecked", "never run")


def counted(run: Run) -> str:
    """``"68 findings: 22 recomputed, 45 by record (44 code unchanged, 1 canary equal), 0 in doubt,
    1 never run"``.

    A claim named after another, and each cell of a matrix, is of the same finding.
    """
    ways = _ways(run)
    known = {base(claim) for claim in ways}
    findings: dict[str, set[str]] = {}
    for claim, way in ways.items():
        findings.setdefault(finding_of(claim, known), set()).add(way)
    counts: Counter[str] = Counter()
    canary = 0
    for found in findings.values():
        way = next(
            way for way in _ORDER if way in found or (way == "by record" and "canary" in found)
        )
        counts[way] += 1
        canary += way == "by record" and "canary" in found
    parts = [f"{counts['recomputed']} recomputed"]
    record = counts["by record"]
    parts.append(f"{record} by record ({record - canary} code unchanged, {canary} canary equal)")
    parts += [f"{counts[way]} {way}" for way in ("superseded", "unchecked") if counts[way]]
    parts += [f"{counts['in doubt']} in doubt", f"{counts['never run']} never run"]
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{len(findings)} {noun}: {', '.join(parts)}"


def canaries_counted(run: Run) -> str:
    """``"103 canaries: 101 equal, 2 differ"``; empty where none was compared."""
    counts = Counter(check.state for check in run.canaries)
    told = ", ".join(f"{counts[state]} {word}" for state, word in _STATES.items() if counts[state])
    noun = "canary" if len(run.canaries) == 1 else "canaries"
    return f"{len(run.canaries)} {noun}: {told}" if run.canaries else ""


def doubts_listed(run: Run) -> list[str]:
    """Return a line for each verdict on record that failed its check, and for each canary that is
    not as recorded.
    """
    lines = []
    for claim, checks in run.checks.items():
        lines += [f"{claim}  {check.text}" for check in checks if check.failed]
    lines += [f"{check.claim}  {check.text}" for check in failed_canaries(run)]
    return lines


def failed_canaries(run: Run) -> list[CanaryCheck]:
    """Return the canaries that are not as recorded, of a run that was about canaries; in others the
    claims say it.
    """
    return [check for check in run.canaries if check.failed and check.claim not in run.checks]


def _ways(run: Run) -> dict[str, str]:
    """Return claim -> how it was checked."""
    ways = {}
    for record in run.records:
        doubted = any(check.failed for check in record.checks)
        ways[record.claim] = "in doubt" if doubted else "recomputed"
    for upheld in run.upheld:
        found = {check.way for check in upheld.checks}
        if upheld.doubted:
            ways[upheld.claim] = "in doubt"
        elif "canary equal" in found:
            ways[upheld.claim] = "canary"
        elif "code unchanged" in found:
            ways[upheld.claim] = "by record"
        else:
            ways[upheld.claim] = next(
                (way for way in ("superseded", "unchecked") if way in found), "never run"
            )
    for skipped in run.skipped:
        ways[skipped.claim] = "unchecked"
    return ways
