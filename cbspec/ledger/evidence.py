"""The values that verdicts on record were judged on, committed beside the ledger: one file for each
claim file.

A verdict follows from its evidence alone. An entry of the ledger names its evidence by digest, so
that neither of the two can be edited, or merged from another branch, without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.claim import base
from cbspec.committed import checked, decode, dumps, write
from cbspec.errors import LedgerError
from cbspec.ledger.entry import Device, Entry, Key, short
from cbspec.ledger.ledger import Ledger
from cbspec.model.values import Values

VERSION = 1


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one verdict was judged on; every measure of every arm, also those that no assertion
    reads.
    """

    claim: Annotated[str, Meta(min_length=1)]
    scale: Annotated[str, Meta(min_length=1)]
    device: Device
    values: Values

    @property
    def key(self) -> Key:
        """Return the key of the entry that it belongs to."""
        return Key(self.claim, self.scale, self.device)

    @property
    def digest(self) -> str:
        """Return the digest by which the entry refers to it."""
        return short(self.values.digest)


class _EvidenceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    evidence: tuple[Evidence, ...]


class EvidenceFolder:
    """The evidence files of a project, each read when it is first asked for.

    Args:
        path: the folder; made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[Evidence, ...]] = {}

    def of(self, entry: Entry) -> Evidence | None:
        """Return what a verdict on record was judged on; None for one from before evidence was
        kept.

        Raises:
            LedgerError: the file is damaged, or does not hold the evidence that the entry names.
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
        """Write evidence that verdicts going on record name, beside what the ledger still names.

        Written before the ledger is, so that no kill in between leaves an entry without its
        evidence.

        Raises:
            LedgerError: a file is damaged or cannot be written.
        """
        new: dict[str, list[Evidence]] = {}
        for item in evidence:
            new.setdefault(base(item.claim), []).append(item)
        for claim, added in new.items():
            self._write(claim, [*self._file(claim), *added], (before, after))

    def prune(self, claims: Iterable[str], ledger: Ledger) -> None:
        """Drop from the files of these claims what the ledger no longer names; a file without
        evidence goes.
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
        """Yield everything in the folder, file by file."""
        for path in sorted(self.path.glob("*.json")):
            yield from _load(path)


def _load(path: Path) -> tuple[Evidence, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path} cannot be read: {error}") from error
    return decode(text, str(path), _EvidenceFile, version=VERSION, noun="evidence file").evidence
