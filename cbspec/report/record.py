"""What a run leaves to be reported of each claim: plain data that travels between workers as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from cbspec.claim import Claim, Status
from cbspec.ledger import (
    Comparison,
    Device,
    Entry,
    Evidence,
    Outcome,
    outcome,
    settled,
)
from cbspec.model.edit import Edit
from cbspec.model.finding import Finding, Judgement
from cbspec.paths import relative
from cbspec.report.about import About, about
from cbspec.report.check import Check, doubts, failures
from cbspec.report.quote import Quote, quotes
from cbspec.report.trace import RunTrace


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One claim of a run.

    Attributes:
        path: of the claim file, relative to the repository, with `/`.
        memo: where the finding was reported.
        discussion: a person's sentences on where findings and memo differ; empty where there are
            none.
        quotes: the source of each assertion and control, in the order of the claim.
        seconds: wall time spent on this claim, shared stages counted where they were computed.
        edits: what changed in the code since the verdict on record.
        traceback: of a stage that raised; shown to whoever asks.
        options: what a command has to be told to look at this scale and device, as in ``"--scale
            memo"``.
        evidence: the values that were judged; None where a stage failed.
        checks: the claim's verdicts on record at other scales and device families.
        about: what the claim says; None in a report from before it was kept.
        trace: what the run did for the claim.
    """

    claim: str
    title: str
    phase: str
    status: Status
    scale: str
    device: Device
    path: str
    line: int
    memo: str
    quotes: tuple[Quote, ...]
    judgement: Judgement
    comparison: Comparison
    outcome: Outcome
    seconds: float
    edits: tuple[Edit, ...] = ()
    traceback: str = ""
    discussion: str = ""
    options: str = ""
    evidence: Evidence | None = None
    checks: tuple[Check, ...] = ()
    about: About | None = None
    trace: RunTrace | None = None

    @property
    def failed(self) -> bool:
        """Whether the claim failed, whatever for."""
        return self.outcome.kind == "failed"

    @property
    def changed(self) -> bool:
        """Whether the record no longer says what the run said: flip, weakened, goalposts, shift, or a
        wobble that an earlier run had too.
        """
        return self.comparison.alarming

    @property
    def in_doubt(self) -> bool:
        """Whether another verdict of the claim failed its check."""
        return bool(failures(self.checks))

    @property
    def entry(self) -> Entry:
        """What the ledger would record."""
        assert self.comparison.new is not None  # compare always sets it
        return self.comparison.new

    @property
    def implicated(self) -> tuple[Finding, ...]:
        """The findings that made the verdict, see `Entry.implicated`."""
        keys = {asserted.key for asserted in self.entry.implicated}
        findings = (*self.judgement.findings, *self.judgement.controls)
        return tuple(finding for finding in findings if finding.key in keys)


def record_of(
    claim: Claim,
    judgement: Judgement,
    comparison: Comparison,
    *,
    device: Device,
    root: Path,
    seconds: float,
    edits: Iterable[Edit] = (),
    traceback: str = "",
    options: str = "",
    evidence: Evidence | None = None,
    checks: Sequence[Check] = (),
) -> Record:
    """The record of a judged claim; `root` is the repository's folder, to which paths are shown
    relative.
    """
    return Record(
        claim=claim.id,
        title=claim.title,
        phase=claim.phase,
        status=claim.status,
        scale=claim.scale,
        device=device,
        path=relative(claim.path, root),
        line=claim.line,
        memo=claim.source.memo,
        quotes=quotes(claim, root),
        judgement=judgement,
        comparison=comparison,
        outcome=_outcome(claim, comparison, judgement, checks),
        seconds=seconds,
        edits=tuple(edits),
        traceback=traceback,
        discussion=claim.discussion,
        options=options,
        evidence=evidence,
        checks=tuple(checks),
        about=about(claim),
    )


def _outcome(
    claim: Claim, comparison: Comparison, judgement: Judgement, checks: Iterable[Check]
) -> Outcome:
    """Return the outcome of the verdict itself, failed where another verdict of the claim is in
    doubt, as the claim wants its failures to count.
    """
    of_verdict = outcome(comparison, judgement)
    of_others = doubts(checks)
    if of_others and of_verdict.kind != "failed":
        of_verdict = of_others
    assert comparison.new is not None  # compare always sets it
    return settled(of_verdict, claim, comparison.new.provenance.date)
