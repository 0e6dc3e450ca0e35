"""The status of each claim: its recorded verdict at each scale, and whether it is still current."""

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
        device: the device family; None if nothing is recorded.
        verdict: the recorded verdict; None if nothing is recorded.
        entry: the entry; None if nothing is recorded.
        currency: `stale` if claim, code or numerics changed since; `orphaned` if no claim is
            decidable there any more.
        moved: what changed, for a stale verdict.
        checked: the state of a stale verdict's canary: `canary equal`, `canary differs` or `canary
            not run`; `in doubt` where no canary counts; otherwise empty.
        lenience: the claim's quarantine, or that its changes only warn; empty for most claims.
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
    checked: Callable[[Claim, Entry], str] = lambda _claim, _entry: "",
) -> list[Standing]:
    """Return a row for each recorded verdict, and for each scale at which a claim lacks one.

    Args:
        ledger: the recorded verdicts.
        claims: the claims at the scales of interest, in the order of the rows.
        moved: returns what changed in code and numerics since an entry. It is not called if the
            claim itself changed.
        checked: returns what a claim's canary says of an entry. It is called if code or numerics
            changed.
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
    checked: Callable[[Claim, Entry], str],
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
            yield _row(claim.id, claim.title, entry, "stale", since, checked(claim, entry))
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
