"""What a run found of verdicts on record that it did not recompute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Literal

import msgspec

from cbspec.canary import Difference
from cbspec.claim import Claim, Status
from cbspec.ledger import Comparison, Device, Outcome, settled, today
from cbspec.model.edit import Edit
from cbspec.model.finding import Verdict
from cbspec.report.about import About

Way = Literal[
    "code unchanged",
    "canary equal",
    "in doubt",
    "judged otherwise",
    "superseded",
    "orphaned",
    "unchecked",
]
"""How a verdict was checked, or why it was not."""

_FAILED: frozenset[Way] = frozenset({"in doubt", "judged otherwise", "orphaned"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict on record, and how it was checked without computing it again.

    Attributes:
        way: `code unchanged`: it was reached with the code and the torch of today. `canary equal`:
            it was not, but all canary values of its claim are as recorded. `in doubt`: they are
            not, or cannot be compared. `judged otherwise`: the claim, or the judge, says something
            else of its evidence. `superseded`: a person took a new canary; it has to be run again.
            `orphaned`: no claim file has it decidable any more. `unchecked`: the code changed and
            there is no canary scale.
        reason: why, in a line; empty where there is nothing to add.
        comparison: the verdict from its evidence beside the one on record; None for a verdict
            without evidence.
        differences: the canary values that are not as recorded.
        edits: the definitions that changed since.
    """

    scale: str
    device: Device
    verdict: Verdict
    way: Way
    reason: str = ""
    comparison: Comparison | None = None
    differences: tuple[Difference, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the verdict on record may no longer be said of this code and this claim."""
        return self.way in _FAILED

    @property
    def by_hand(self) -> bool:
        """Whether it failed by what a person did to the claim: goalposts, or a scale given up."""
        moved = self.comparison is not None and self.comparison.change == "goalposts"
        return self.way == "orphaned" or moved

    @property
    def text(self) -> str:
        """``"holds at memo on cpu, canary equal"``, and the reason; of an orphaned one the reason
        alone, which names it.
        """
        if self.way == "orphaned":
            return self.reason
        text = f"{self.verdict} at {self.scale} on {self.device}, {self.way}"
        if self.reason:
            text += f": {self.reason}"
        return text


class Upheld(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a run did not recompute, with each of its verdicts on record; none for a claim
    that was never run.
    """

    claim: str
    title: str
    phase: str
    status: Status
    path: str
    line: int
    checks: tuple[Check, ...]
    outcome: Outcome
    about: About | None = None

    @property
    def doubted(self) -> bool:
        """Whether one of its verdicts failed its check."""
        return bool(failures(self.checks))


def failures(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that failed."""
    return list(filter(attrgetter("failed"), checks))


def doubts(checks: Iterable[Check]) -> Outcome | None:
    """Return the failure that checks are, where one of them failed."""
    failed = failures(checks)
    if not failed:
        return None
    moved = any(check.by_hand for check in failed)
    reason = "; ".join(check.text for check in failed)
    return Outcome(kind="failed", reason=reason, cause="goalposts" if moved else "doubt")


def standing(claim: Claim, checks: Sequence[Check]) -> Outcome:
    """Return what a claim that was not recomputed means to pytest, as it wants its failures to count.

    Passed: everything on record holds and was checked. Xfailed: what is on record does not hold, is
    superseded, or nothing is on record. Failed: a check failed. Skipped: there was no way to check.
    """
    return settled(doubts(checks) or _vouched(claim, checks), claim, today())


def _vouched(claim: Claim, checks: Sequence[Check]) -> Outcome:
    """Return the outcome of checks of which none failed."""
    if not checks:
        places = ", ".join(claim.decidable)
        never = f"never run: no verdict on record (decidable at {places})"
        return Outcome(kind="xfailed", reason=never)
    reason = "; ".join(map(attrgetter("text"), checks))
    ways = set(map(attrgetter("way"), checks))
    if "unchecked" in ways:
        return Outcome(kind="skipped", reason=reason)
    verdicts = set(map(attrgetter("verdict"), checks))
    if verdicts == {"holds"} and "superseded" not in ways:
        return Outcome(kind="passed", reason=reason)
    return Outcome(kind="xfailed", reason=reason)
