"""The report of one judged claim: plain data that travels between workers as JSON."""

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
from cbspec.model.replicates import SEEDS
from cbspec.paths import relative
from cbspec.report.about import About, about
from cbspec.report.check import Check, doubts, failures
from cbspec.report.quote import Quote, quotes
from cbspec.report.trace import RunTrace


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One claim of a run.

    Attributes:
        path: the claim file, relative to the repository, with `/`.
        memo: where the finding was reported.
        discussion: sentences of a person on where findings and memo differ; may be empty.
        quotes: the quote of each assertion and control, in the order of the claim.
        seconds: the wall time of this claim. A shared stage counts for the first that needs it.
        edits: what changed in the code since the recorded verdict.
        traceback: the traceback of a stage that raised; else empty.
        options: the options with which a command looks at this scale and device, such as ``"--scale
            memo"``.
        evidence: the values that were judged; None if a stage failed.
        checks: the checks of the claim's other recorded verdicts.
        about: the summary of the claim; None in an old report.
        trace: the interim analyses, stages and curves behind the verdict.
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
        """Tell whether the claim failed, for any reason."""
        return self.outcome.kind == "failed"

    @property
    def changed(self) -> bool:
        """Tell whether the verdict is no longer as recorded: flip, weakened, goalposts or shift.

        A wobble counts if an earlier run had it too.
        """
        return self.comparison.alarming

    @property
    def in_doubt(self) -> bool:
        """Tell whether another recorded verdict of the claim failed its check."""
        return bool(failures(self.checks))

    @property
    def replicates(self) -> str:
        """Return what the claim is replicated over, in words: seeds, runs or test items."""
        return self.about.replicates if self.about else SEEDS

    @property
    def entry(self) -> Entry:
        """Return the entry that the ledger would have."""
        assert self.comparison.new is not None  # compare always sets it
        return self.comparison.new

    @property
    def implicated(self) -> tuple[Finding, ...]:
        """Return the findings that made the verdict; see `Entry.implicated`."""
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
    """Return the record of a judged claim. Its path is relative to `root`, the repository."""
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
    """Return the outcome of a claim.

    It fails if its own verdict does, or if another recorded verdict of it is in doubt; then the
    claim's own wish for its failures applies.
    """
    of_verdict = outcome(comparison, judgement)
    of_others = doubts(checks)
    if of_others and of_verdict.kind != "failed":
        of_verdict = of_others
    assert comparison.new is not None  # compare always sets it
    return settled(of_verdict, claim, comparison.new.provenance.date)
