"""A withdrawn verdict: what it was, when it was withdrawn, and why."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.ledger.entry import Date, Device, Entry, Key
from cbspec.model.finding import Verdict

Text = Annotated[str, Meta(min_length=1)]


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A former entry of the ledger.

    Attributes:
        reason: the reason of the verdict.
        recorded: the date on which it was recorded.
        withdrawn: the date on which it was withdrawn.
        why: the reason to withdraw it.
    """

    claim: Text
    scale: Text
    device: Device
    verdict: Verdict
    reason: str
    recorded: Date
    withdrawn: Date
    why: Text

    @property
    def key(self) -> Key:
        return Key(self.claim, self.scale, self.device)


def withdrawn_of(entry: Entry, date: str, why: str) -> Withdrawn:
    """Return an entry as the ledger keeps it after it was withdrawn on `date`."""
    return Withdrawn(
        claim=entry.claim,
        scale=entry.scale,
        device=entry.device,
        verdict=entry.verdict,
        reason=entry.reason,
        recorded=entry.provenance.date,
        withdrawn=date,
        why=why,
    )
