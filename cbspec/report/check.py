"""The checks of recorded verdicts that a run did not recompute."""

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
"""How a verdict was checked, or why it could not be."""

_FAILED: frozenset[Way] = frozenset({"in doubt", "judged otherwise", "orphaned"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The check of one recorded verdict that was not computed again.

    Attributes:
        way: one of

            - `code unchanged`: it was reached with the present code and torch.
            - `canary equal`: the code changed, but the claim's canary is as recorded.
            - `in doubt`: the canary differs, cannot be compared, or compares nothing.
            - `judged otherwise`: its evidence now gives another verdict: claim or judge changed.
            - `superseded`: a new canary was accepted, and the verdict has to be run again.
            - `orphaned`: no claim file has a claim that is decidable at its scale.
            - `unchecked`: the code changed, and the project has no canary scale.
        reason: why, as one line; empty if there is nothing to add.
        comparison: the verdict from its evidence compared with it; None without evidence.
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
        """Tell whether the recorded verdict may no longer hold for this code and this claim."""
        return self.way in _FAILED

    @property
    def by_hand(self) -> bool:
        """Tell whether it failed by an edit of the claim: moved goalposts, or a dropped scale."""
        moved = self.comparison is not None and self.comparison.change == "goalposts"
        return self.way == "orphaned" or moved

    @property
    def text(self) -> str:
        """Return the check as text: ``"holds at memo on cpu, canary equal"``, and the reason.

        For an orphaned verdict, return only the reason, which names it.
        """
        if self.way == "orphaned":
            return self.reason
        text = f"{self.verdict} at {self.scale} on {self.device}, {self.way}"
        if self.reason:
            text += f": {self.reason}"
        return text


class Upheld(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a run did not recompute, with the checks of its recorded verdicts.

    A claim that was never run has no checks, and one whose file is gone has no `about`.
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
    def in_doubt(self) -> bool:
        """Tell whether one of its verdicts failed its check."""
        return bool(failures(self.checks))


def failures(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that failed."""
    return list(filter(attrgetter("failed"), checks))


def doubts(checks: Iterable[Check]) -> Outcome | None:
    """Return the failed outcome of some checks; None if none of them failed."""
    failed = failures(checks)
    if not failed:
        return None
    moved = any(check.by_hand for check in failed)
    reason = "; ".join(check.text for check in failed)
    return Outcome(kind="failed", reason=reason, cause="goalposts" if moved else "doubt")


def standing(claim: Claim, checks: Sequence[Check]) -> Outcome:
    """Return the pytest outcome of a claim that was not recomputed.

    - passed: every recorded verdict holds and was checked.
    - xfailed: a recorded verdict does not hold or is superseded, or nothing is recorded.
    - failed: a check failed, and the claim wants failures to count.
    - skipped: there was no way to check.
    """
    return settled(doubts(checks) or _vouched(claim, checks), claim, today())


def _vouched(claim: Claim, checks: Sequence[Check]) -> Outcome:
    """Return the outcome of checks that did not fail."""
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
