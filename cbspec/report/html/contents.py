"""The contents of a page as plain data: of a run, or of the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cbspec.canary import CanaryCheck, CanaryRecord
from cbspec.canary.teeth import Teeth, teeth_on_record
from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.ledger import Entry, EvidenceFolder, Key, Ledger
from cbspec.ledger.withdrawn import Withdrawn
from cbspec.model.values import Values
from cbspec.paths import relative
from cbspec.report.about import about
from cbspec.report.check import Upheld
from cbspec.report.html.subject import Subject
from cbspec.report.record import Record
from cbspec.report.run import Run


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Everything that a page shows.

    Attributes:
        run: the run; None for a page of the record.
        subjects: the claims, in no particular order.
        sources: path of a claim file, relative to the repository -> its text.
        canary: the recorded canary values; None for a project without canaries.
        teeth: the recorded mutants; None if none was tried.
    """

    run: Run | None
    subjects: tuple[Subject, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    canary: CanaryRecord | None = None
    teeth: Teeth | None = None


def of_run(run: Run, config: Config) -> Contents:
    """Return the contents of the page of a run: the run, the record and the claim files.

    Raises:
        LedgerError: the record is damaged.
    """
    ledger = Ledger.load(config.ledger)
    subjects = _Subjects(ledger, EvidenceFolder(config.evidence), run.provenance.date)
    _add_judged(subjects, run)
    _add_others(subjects, run)
    return Contents(
        run=run,
        subjects=tuple(subjects),
        sources=_sources(config.root, (subject.path for subject in subjects)),
        canary=CanaryRecord.load(config.canary_record) if config.canary else None,
        teeth=teeth_on_record(config.teeth_record),
    )


def _add_judged(subjects: _Subjects, run: Run) -> None:
    """Add the claims that have a verdict, computed or upheld."""
    canaries = {}
    for check in run.canaries:
        canaries[check.claim] = check
    for record in run.records:
        canary = canaries.get(record.claim)
        subjects.add(record.claim, record=record, canary=canary, **_described(record))
    for upheld in run.upheld:
        canary = canaries.get(upheld.claim)
        subjects.add(upheld.claim, upheld=upheld, canary=canary, **_described(upheld))


def _described(result: Record | Upheld) -> dict[str, Any]:
    """Return the fields of a subject that a result knows from its claim."""
    return {
        "title": result.title,
        "phase": result.phase,
        "status": result.status,
        "path": result.path,
        "line": result.line,
        "about": result.about,
    }


def _add_others(subjects: _Subjects, run: Run) -> None:
    """Add the claims of which nothing but the canary was computed, or which are broken."""
    for check in run.canaries:
        subjects.add(
            check.claim,
            title=check.title,
            phase=check.phase,
            path=check.path,
            line=check.line,
            canary=check,
        )
    for skipped in (*run.broken, *run.skipped):
        subjects.add(
            skipped.claim,
            title=skipped.title,
            path=skipped.path,
            line=skipped.line,
            broken=skipped,
        )


def of_record(
    claims: Iterable[Claim],
    ledger: Ledger,
    evidence: EvidenceFolder,
    root: Path,
    canary: CanaryRecord | None = None,
    teeth: Teeth | None = None,
) -> Contents:
    """Return the contents of the page of the record, which follow from committed files alone.

    Args:
        claims: each at any number of scales.
        root: the repository's folder.

    Raises:
        LedgerError: evidence is damaged.
    """
    subjects = _Subjects(ledger, evidence)
    for claim in claims:
        subjects.add(
            claim.id,
            title=claim.title,
            phase=claim.phase,
            status=claim.status,
            path=relative(claim.path, root),
            line=claim.line,
            about=about(claim),
        )
    return Contents(
        run=None,
        subjects=tuple(subjects),
        sources=_sources(root, (subject.path for subject in subjects)),
        canary=canary,
        teeth=teeth,
    )


class _Subjects:
    """Subjects by claim. The first value that is given for a field is kept."""

    def __init__(self, ledger: Ledger, evidence: EvidenceFolder, day: str = "") -> None:
        self._evidence = evidence
        self._day = day
        self._entries: dict[str, list[Entry]] = {}
        self._withdrawn: dict[str, list[Withdrawn]] = {}
        self._subjects: dict[str, Subject] = {}
        for entry in ledger:
            self._entries.setdefault(entry.claim, []).append(entry)
        for former in ledger.withdrawn:
            self._withdrawn.setdefault(former.claim, []).append(former)

    def add(
        self,
        claim: str,
        *,
        record: Record | None = None,
        canary: CanaryCheck | None = None,
        **fields: object,
    ) -> None:
        if claim in self._subjects:
            return
        entries = self._entries.get(claim, [])
        values = self._values(entries)
        if record and record.evidence:
            values[record.entry.key] = record.evidence.values
        self._subjects[claim] = Subject(
            id=claim,
            entries=tuple(entries),
            values=values,
            record=record,
            canary=canary,
            withdrawn=tuple(self._withdrawn.get(claim, ())),
            day=self._day,
            **fields,  # type: ignore[arg-type]
        )

    def _values(self, entries: Sequence[Entry]) -> dict[Key, Values]:
        values = {}
        for entry in entries:
            evidence = self._evidence.of(entry)
            if evidence is not None:
                values[entry.key] = evidence.values
        return values

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._subjects.values())


def _sources(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the text of each file that can be read."""
    sources = {}
    for path in dict.fromkeys(paths):
        try:
            sources[path] = (root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return sources
