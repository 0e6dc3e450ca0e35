"""The two sides that `cbspec diff` compares: ledgers with their evidence, from files or commits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cbspec.claim import base
from cbspec.config import Config
from cbspec.errors import LedgerError
from cbspec.ledger import EvidenceFolder, Key, Ledger
from cbspec.ledger.repository import git
from cbspec.model.values import Values
from cbspec.report.encoding import decode
from cbspec.report.run import Run


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: the reference, as the user wrote it.
        run: whether it is the report of a run, which has only the claims that the run judged.
        titles: claim -> title, for the claims whose title is known.
    """

    name: str
    ledger: Ledger
    values: Mapping[Key, Values]
    run: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)


def side_of(reference: str | None, config: Config) -> Side:
    """Return the side that a reference names.

    Args:
        reference: the report of a run (``latest.json``), a ledger file, or a commit; None for the
            present record.
        config: the project's settings.

    Raises:
        ConfigError: the reference is none of these.
        LedgerError: the ledger cannot be read, or is damaged.
    """
    if reference is None:
        ledger = Ledger.load(config.ledger)
        return Side(name="the record", ledger=ledger, values=_kept(ledger, config.evidence))
    path = Path(reference)
    if not path.is_file():
        ledger = Ledger.of_commit(reference, config.ledger)
        return Side(name=reference, ledger=ledger, values=_committed(ledger, reference, config))
    run = _run(path)
    if run is None:
        ledger = Ledger.load(path)
        values = _kept(ledger, path.parent / config.evidence.name)
        return Side(name=reference, ledger=ledger, values=values)
    values = {}
    for record in run.records:
        if record.evidence:
            values[record.entry.key] = record.evidence.values
    return Side(
        name=reference,
        ledger=Ledger(record.entry for record in run.records),
        values=values,
        run=True,
        titles={record.claim: record.title for record in run.records},
    )


def alike(before: Side, after: Side) -> tuple[Ledger, Ledger]:
    """Return the two ledgers. If one is that of a run, the other is cut to the run's claims."""
    if before.run == after.run:
        return before.ledger, after.ledger
    known = (before if before.run else after).ledger.entries.keys()
    kept = []
    for ledger in (before.ledger, after.ledger):
        kept.append(Ledger(entry for entry in ledger if entry.key in known))
    return kept[0], kept[1]


def _run(path: Path) -> Run | None:
    """Return the run in a file; None if the file is no report."""
    try:
        return decode(path.read_text(encoding="utf-8"), Run)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        return None


def _kept(ledger: Ledger, folder: Path) -> dict[Key, Values]:
    """Return the evidence beside a ledger, for the verdicts that have it."""
    evidence = EvidenceFolder(folder)
    values = {}
    for entry in ledger:
        try:
            kept = evidence.of(entry)
        except LedgerError:
            continue
        if kept:
            values[entry.key] = kept.values
    return values


def _committed(ledger: Ledger, revision: str, config: Config) -> dict[Key, Values]:
    """Return the evidence that was committed with a ledger."""
    with tempfile.TemporaryDirectory() as folder:
        for claim in _evident(ledger):
            name = f"{config.evidence.name}/{claim}.json"
            text = git(config.reports, "show", f"{revision}:./{name}")
            if text is not None:
                (Path(folder) / f"{claim}.json").write_text(text, encoding="utf-8")
        return _kept(ledger, Path(folder))


def _evident(ledger: Ledger) -> Iterable[str]:
    return dict.fromkeys(base(entry.claim) for entry in ledger if entry.evidence)
