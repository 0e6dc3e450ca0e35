"""The severity of a claim's failures: it may be in quarantine, or let changes only warn."""

from __future__ import annotations

from msgspec.structs import replace

from cbspec.claim import Claim, Quarantine
from cbspec.ledger.outcome import Cause, Outcome

# Moved goalposts are never excused, because a person moved them
WARNED: frozenset[Cause] = frozenset({"change", "doubt"})
QUARANTINED = WARNED | {"error", "new"}


def settled(outcome: Outcome, claim: Claim, today: str) -> Outcome:
    """Return the outcome after the claim's own wish for its failures.

    With ``on_change: warn``, or in quarantine, a failure becomes xfailed with a warning. If a
    quarantine is over, the claim fails in any case.

    Args:
        outcome: the outcome before.
        claim: the claim.
        today: the day of the run (UTC): ``"2027-01-31"``.
    """
    quarantine = claim.quarantine
    if quarantine and today > quarantine.until:
        return Outcome(kind="failed", reason=f"{overdue(quarantine)} (now: {outcome.reason})")
    if outcome.kind != "failed":
        return outcome
    excused = quarantine and outcome.cause in QUARANTINED
    if excused or (claim.on_change == "warn" and outcome.cause in WARNED):
        text = f"{outcome.reason} ({excuse(quarantine, claim.on_change, today)})"
        return replace(outcome, kind="xfailed", reason=text, warning=text)
    return outcome


def excuse(quarantine: Quarantine | None, on_change: str, today: str) -> str:
    """Return the claim's wish as text: ``"in quarantine until 2027-01-31 (owner)"``; or empty.

    Args:
        quarantine: the claim's quarantine, if it has one.
        on_change: what the claim wants of changed verdicts.
        today: the day; empty for a page that may be read on any day.
    """
    if quarantine:
        state = "in quarantine until"
        if today > quarantine.until:
            state = "quarantine ended"
        return f"{state} {quarantine.until} ({quarantine.owner})"
    if on_change == "warn":
        return "on_change: warn"
    return ""


def overdue(quarantine: Quarantine) -> str:
    """Return what to do about a quarantine that is over, as text."""
    return (
        f"the quarantine ended on {quarantine.until}: {quarantine.owner} mends the claim, or sets "
        f"another day; its reason was: {quarantine.reason}"
    )
