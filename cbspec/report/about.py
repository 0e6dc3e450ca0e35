"""A summary of a claim for reports: plain data that does not need the claim's file."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.claim import Claim, Quarantine
from cbspec.model.replicates import SEEDS


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One assertion or control in words.

    Attributes:
        key: the key path in the claim: ``"assert[0]"``.
        note: why it has this shape, if the claim says so.
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
        note: what the memo says instead of values.
        discussion: sentences of a person on where findings and memo differ.
        arms: the names of the arms, in the claim's order.
        decidable: the scales at which a verdict is expected.
        seeds: the seeds that the claim may draw.
        start: the number of seeds at the first interim analysis.
        revises: the ids of the claims that it revises.
        retracted_by: the ids of the claims that retract it.
        quarantine: the claim's quarantine, if it has one.
        on_change: whether changed verdicts fail or only warn.
        replicates: what it is replicated over, in words: seeds, runs or test items.
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
    replicates: str = SEEDS


def about(claim: Claim) -> About:
    """Return the summary of a claim."""
    sentences = []
    for key, assertion in claim.asserted.items():
        text = assertion.sentence()
        sentences.append(Sentence(key=key, kind=assertion.kind, text=text, note=assertion.note))
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
        replicates=claim.replicated_over,
    )
