"""What a claim says, as a report of it needs: plain data that outlives the claim's file."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.claim import Claim, Quarantine


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One assertion or control in words.

    Attributes:
        key: its key path in the claim (``"assert[0]"``).
        note: why it has this shape, where the claim says so.
    """

    key: str
    kind: str
    text: str
    note: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A claim without its experiment.

    Attributes:
        memo: where the finding was reported.
        reported: measure -> arm -> the memo's value.
        note: what the memo says where it has no values.
        discussion: a person's sentences on where findings and memo differ.
        arms: their names, in the claim's order.
        decidable: the scales at which a verdict is expected.
        seeds, start: the seeds that it may draw; ``seeds[:start]`` at first.
        revises, retracted_by: ids of other claims.
        quarantine, on_change: how its failures count.
    """

    memo: str
    reported: dict[str, dict[str, float]]
    note: str
    discussion: str
    sentences: tuple[Sentence, ...]
    arms: tuple[str, ...]
    decidable: tuple[str, ...]
    seeds: tuple[int, ...]
    start: int
    alpha: float
    revises: tuple[str, ...] = ()
    retracted_by: tuple[str, ...] = ()
    quarantine: Quarantine | None = None
    on_change: Literal["fail", "warn"] = "fail"


def about(claim: Claim) -> About:
    """Return what a claim says."""
    sentences = []
    for section, assertions in (("assert", claim.assertions), ("controls", claim.controls)):
        for index, assertion in enumerate(assertions):
            sentences.append(
                Sentence(
                    key=f"{section}[{index}]",
                    kind=assertion.kind,
                    text=assertion.sentence(),
                    note=assertion.note,
                )
            )
    source = claim.source
    return About(
        memo=source.memo,
        reported={measure: dict(values) for measure, values in source.reported.items()},
        note=source.note,
        discussion=claim.discussion,
        sentences=tuple(sentences),
        arms=tuple(claim.arms),
        decidable=claim.decidable,
        seeds=claim.seeds.pool,
        start=claim.seeds.start,
        alpha=claim.alpha,
        revises=claim.revises,
        retracted_by=claim.retracted_by,
        quarantine=claim.quarantine,
        on_change=claim.on_change,
    )
