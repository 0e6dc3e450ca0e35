"""What a claim says of its own failures: that they warn, or that it is in quarantine."""

from __future__ import annotations

from msgspec.structs import replace

from cbspec.claim import Claim, Quarantine
from cbspec.ledger.outcome import Cause, Outcome

# Moved goalposts are a person's doing: nothing excuses them.
WARNED: frozenset[Cause] = frozenset({"change", "doubt"})
QUARANTINED = WARNED | {"error", "new"}


def settled(outcome: Outcome, claim: Claim, today: str) -> Outcome:
    """Return the outcome as the claim wants its failures to count: xfailed, with a warning, under
    ``on_change: warn`` and in quarantine; failed, whatever came of it, where a quarantine is over.

    Args:
        today: the day of the run (UTC), as in ``"2027-01-31"``.
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
    """Return what a claim says of its failures: ``"in quarantine until 2027-01-31 (owner)"``; empty
    where it says nothing.

    Args:
        today: empty where no day is meant, as on a page that is read at any time.
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
    """Return what there is to do about a quarantine that is over."""
    return (
        f"the quarantine ended on {quarantine.until}: {quarantine.owner} mends the claim, or sets "
        f"another day; its reason was: {quarantine.reason}"
    )
