"""Where each claim stands: its verdict on record at each scale, and whether that is still of this
code and this claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from cbspec.claim import Claim
from cbspec.ledger.entry import Entry, short
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.provenance import today
from cbspec.ledger.severity import excuse
from cbspec.ledger.withdrawal import orphaned
from cbspec.model.finding import Verdict


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``cbspec status``.

    Attributes:
        device, verdict, entry: None where nothing is on record.
        currency: `stale` when claim, code or numerics moved since; `orphaned` when no claim is
            decidable there any more.
        moved: what makes it stale.
        checked: how a stale one is checked: `canary equal`, `canary differs`, `canary not run`;
            empty for any other.
        lenience: that the claim is in quarantine and until when, that this is over, or that its
            changes warn; empty for most.
    """

    claim: str
    title: str
    scale: str
    device: str | None
    verdict: Verdict | None
    currency: Literal["current", "stale", "unrecorded", "orphaned"]
    moved: tuple[str, ...] = ()
    checked: str = ""
    entry: Entry | None = None
    lenience: str = ""


def status(
    ledger: Ledger,
    claims: Iterable[Claim],
    moved: Callable[[Claim, Entry], Iterable[str]],
    checked: Callable[[Claim], str] = lambda _claim: "",
) -> list[Standing]:
    """Return a row for each claim x scale x device family on record, and one for each claim that
    has no verdict at a scale where it is decidable.

    Args:
        claims: every claim at every scale of interest, in the order wanted.
        moved: returns what differs from the entry in code and numerics; not called if the claim
            itself changed.
        checked: returns what the claim's canary shows; called if code or numerics moved.
    """
    claims = list(claims)
    rows: list[Standing] = []
    titles: dict[str, str] = {}
    for claim in claims:
        lenience = excuse(claim.quarantine, claim.on_change, today())
        for row in _rows(ledger, claim, moved, checked):
            rows.append(msgspec.structs.replace(row, lenience=lenience))
        titles[claim.id] = claim.title
    for entry in orphaned(ledger, claims):
        rows.append(_row(entry.claim, titles.get(entry.claim, ""), entry, "orphaned"))
    return rows


def _rows(
    ledger: Ledger,
    claim: Claim,
    moved: Callable[[Claim, Entry], Iterable[str]],
    checked: Callable[[Claim], str],
) -> Iterable[Standing]:
    if claim.scale not in claim.decidable:
        return
    entries = [entry for entry in ledger.of(claim.id) if entry.scale == claim.scale]
    if not entries:
        yield Standing(
            claim=claim.id,
            title=claim.title,
            scale=claim.scale,
            device=None,
            verdict=None,
            currency="unrecorded",
        )
    for entry in entries:
        if entry.digest != short(claim.digest):
            yield _row(claim.id, claim.title, entry, "stale", ("claim",))
            continue
        since = tuple(moved(claim, entry))
        if since:
            yield _row(claim.id, claim.title, entry, "stale", since, checked(claim))
        else:
            yield _row(claim.id, claim.title, entry, "current")


def _row(
    claim: str,
    title: str,
    entry: Entry,
    currency: Literal["current", "stale", "orphaned"],
    moved: tuple[str, ...] = (),
    checked: str = "",
) -> Standing:
    return Standing(
        claim=claim,
        title=title,
        scale=entry.scale,
        device=entry.device,
        verdict=entry.verdict,
        currency=currency,
        moved=moved,
        checked=checked,
        entry=entry,
    )
