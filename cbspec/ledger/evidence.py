"""Evidence: the values that recorded verdicts were judged on, in a file for each claim file.

A verdict follows from its evidence alone. An entry of the ledger names its evidence by a digest. So
neither can be edited, or merged from another branch, without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.claim import base
from cbspec.committed import checked, decode, dumps, text_of, write
from cbspec.errors import LedgerError
from cbspec.ledger.entry import Device, Entry, Key, short
from cbspec.ledger.ledger import Ledger
from cbspec.model.values import Values

VERSION = 1


class Evidence(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The values behind one verdict: every measure of every arm, whether it is asserted or not.

    Attributes:
        units: measure -> the unit of its values; empty for old evidence.
    """

    claim: Annotated[str, Meta(min_length=1)]
    scale: Annotated[str, Meta(min_length=1)]
    device: Device
    values: Values
    units: dict[str, str] = {}

    @property
    def key(self) -> Key:
        """Return the key of the entry that the evidence belongs to."""
        return Key(self.claim, self.scale, self.device)

    @property
    def digest(self) -> str:
        """Return the digest by which the entry names the evidence."""
        return short(self.values.digest)


class _EvidenceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    evidence: tuple[Evidence, ...]


class EvidenceFolder:
    """The evidence files of a project. Each is read when it is first asked for.

    Args:
        path: the folder; created when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[Evidence, ...]] = {}

    def of(self, entry: Entry) -> Evidence | None:
        """Return the evidence of a recorded verdict; None if it has none.

        Raises:
            LedgerError: the file is damaged, or lacks the evidence that the entry names.
        """
        if entry.evidence is None:
            return None
        for evidence in self._file(base(entry.claim)):
            if evidence.key == entry.key and evidence.digest == entry.evidence:
                return evidence
        place = self._place(base(entry.claim))
        raise LedgerError(
            f"{place}: the evidence of {entry.key} ({entry.evidence}) is not there, or was edited: "
            "take the file as it was committed with the ledger, "
            "or run the claim again and accept it"
        )

    def keep(self, evidence: Iterable[Evidence], before: Ledger, after: Ledger) -> None:
        """Write the evidence of verdicts that are about to be recorded.

        Call this before the ledger is written: if the process is killed in between, no entry lacks
        its evidence. Evidence that the present ledger names is kept.

        Raises:
            LedgerError: a file is damaged or cannot be written.
        """
        new: dict[str, list[Evidence]] = {}
        for item in evidence:
            new.setdefault(base(item.claim), []).append(item)
        for claim, added in new.items():
            self._write(claim, [*self._file(claim), *added], (before, after))

    def prune(self, claims: Iterable[str], ledger: Ledger) -> None:
        """Remove evidence that the ledger no longer names from the files of these claims.

        A file that has none left is deleted.
        """
        for claim in sorted({base(claim) for claim in claims}):
            self._write(claim, self._file(claim), (ledger,))

    def _write(self, claim: str, evidence: Iterable[Evidence], ledgers: Iterable[Ledger]) -> None:
        named: set[tuple[Key, str]] = set()
        for ledger in ledgers:
            for entry in ledger:
                if entry.evidence:
                    named.add((entry.key, entry.evidence))
        kept: dict[tuple[Key, str], Evidence] = {}
        for item in evidence:
            name = item.key, item.digest
            if name in named:
                kept[name] = item
        ordered = tuple(kept[name] for name in sorted(kept))
        if ordered == self._file(claim):
            return
        path = self._place(claim)
        if ordered:
            content = _EvidenceFile(version=VERSION, evidence=ordered)
            write(path, checked(dumps(msgspec.to_builtins(content, order="deterministic"))))
        else:
            path.unlink(missing_ok=True)
        self._read[claim] = ordered

    def _file(self, claim: str) -> tuple[Evidence, ...]:
        if claim not in self._read:
            self._read[claim] = _load(self._place(claim))
        return self._read[claim]

    def _place(self, claim: str) -> Path:
        return self.path / f"{claim}.json"

    def __iter__(self) -> Iterator[Evidence]:
        """Yield all evidence, file by file."""
        for path in sorted(self.path.glob("*.json")):
            yield from _load(path)


def _load(path: Path) -> tuple[Evidence, ...]:
    text = text_of(path)
    if text is None:
        return ()
    return decode(text, str(path), _EvidenceFile, version=VERSION, noun="evidence file").evidence
