"""One stored result: a folder with ``record.json`` and, where a stage leaves tensors,
``tensors.safetensors``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cbspec.errors import ContentError, StoreError
from cbspec.store.record import StoredRecord, TensorFile, seal, unseal
from cbspec.store.scratch import write

RECORD = "record.json"
TENSORS = "tensors.safetensors"
ADOPTED = "adopted"  # the provenance entry of a result of other code, with the reason to adopt it


class LostEntry(StoreError):
    """An entry that was stored can no longer be read. It counts as missing from now on.

    Attributes:
        key: the key of the entry.
    """

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        super().__init__(
            f"stored result {key[:12]} can no longer be read: {reason}; it counts as missing now"
        )


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry that does not read back as it was written.

    Attributes:
        key: the key of the entry.
        reason: what is wrong with it.
        moved: its folder in the quarantine; None if it had to stay, in a read-only store.
    """

    key: str
    reason: str
    moved: Path | None

    def __str__(self) -> str:
        where = (
            f"moved to {self.moved}"
            if self.moved
            else "left in place, for the store cannot be written"
        )
        return (
            f"stored result {self.key[:12]} is damaged: {self.reason}; "
            f"{where}, and counted as missing"
        )


class Tensors(Mapping[str, Any]):
    """A mapping of name -> CPU tensor that reads its file when a value is first asked for.

    The checksum is verified then. To list the names reads nothing.

    Args:
        folder: the folder of the entry.
        file: what the record says of the tensors; None for an entry without any.
        discard: called with the key of the entry if the file is damaged.
    """

    def __init__(
        self, folder: Path, file: TensorFile | None, discard: Callable[[str], object]
    ) -> None:
        self._folder = folder
        self.file = file
        self._names = file.names if file else ()
        self._discard = discard
        self._loaded: Mapping[str, Any] | None = None

    def load(self) -> Mapping[str, Any]:
        """Return all tensors. Only the first call reads the file.

        Raises:
            LostEntry: the file is damaged, and so in quarantine now, or `gc` has removed it.
        """
        if self._loaded is None:
            self._loaded = self._read() if self.file else {}
        return self._loaded

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self.load()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _read(self) -> Mapping[str, Any]:
        from cbspec import pytorch  # a run without tensors never needs torch

        if fault := tensor_fault(self._folder / TENSORS, self.file):
            self._discard(self._folder.name)
            raise LostEntry(self._folder.name, fault)
        return pytorch.load(self._folder / TENSORS)


@dataclass(frozen=True)
class StoredResult:
    """One stored result.

    Attributes:
        key: the key of the result.
        tensors: name -> CPU tensor, read when a value is first asked for; that may raise
            `LostEntry`.
        measures: measure -> finite value.
        undefined: measure -> why it has no value.
        series: name -> JSON content, without NaN and infinity.
        provenance: how the result came about, without host names and paths. The store itself reads
            ``stage``, ``seconds``, ``cost`` and ``numerics.device`` for `Store.rate`, and ``lane``
            to keep `Store.gc` away from lanes that are being computed.
    """

    key: str
    tensors: Tensors
    measures: Mapping[str, float]
    undefined: Mapping[str, str]
    series: Mapping[str, Any]
    provenance: Mapping[str, Any]

    @property
    def content(self) -> str:
        """Return the hex SHA-256 of measures, series and tensors.

        Two results have the same one if and only if they are equal to the last bit.
        """
        file = self.tensors.file
        computed = [self.measures, self.undefined, self.series, file.sha256 if file else ""]
        return hashlib.sha256(msgspec.json.encode(computed, order="deterministic")).hexdigest()


def write_entry(folder: Path, record: StoredRecord, tensors: Mapping[str, Any]) -> None:
    """Write the files of an entry into `folder`, which must not exist yet.

    Raises:
        OSError: the disk is full, read-only or broken.
    """
    folder.mkdir()
    if tensors:
        record = msgspec.structs.replace(record, tensors=_write_tensors(folder / TENSORS, tensors))
    write(folder / RECORD, seal(record))


def copy_entry(source: Path, folder: Path, record: StoredRecord) -> None:
    """Write an entry that has the tensors of another one.

    Args:
        source: the folder of the other entry.
        folder: the folder of the new entry, which must not exist yet.
        record: the record of the new entry.

    Raises:
        OSError: the disk is full, read-only or broken.
        ValueError: the other entry's tensors are damaged.
    """
    if fault := tensor_fault(source / TENSORS, record.tensors):
        raise ValueError(fault)
    folder.mkdir()
    if record.tensors:
        write(folder / TENSORS, (source / TENSORS).read_bytes())
    write(folder / RECORD, seal(record))


def read_record(folder: Path) -> StoredRecord:
    """Read the record of an entry, and verify it against its own checksum.

    Of the tensors only the size of the file is checked, since their checksum takes longer.

    Raises:
        ValueError: the entry is damaged; the message says how.
    """
    try:
        record = unseal((folder / RECORD).read_bytes(), StoredRecord)
    except FileNotFoundError as error:
        raise ValueError(f"{RECORD} is missing") from error
    except ValueError as error:
        raise ValueError(f"{RECORD} {error}") from error
    if record.key != folder.name:
        raise ValueError(f"{RECORD} belongs to {record.key[:12]}")
    if record.tensors and _length(folder / TENSORS) != record.tensors.bytes:
        raise ValueError(
            f"{TENSORS} has {_length(folder / TENSORS)} of {record.tensors.bytes} bytes"
        )
    return record


def tensor_fault(path: Path, file: TensorFile | None) -> str | None:
    """Verify the SHA-256 of an entry's tensors; return what is wrong, None if they are intact."""
    if file is None:
        return None
    try:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{TENSORS} is missing"
    return None if digest == file.sha256 else f"{TENSORS} does not match its checksum"


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _write_tensors(path: Path, tensors: Mapping[str, Any]) -> TensorFile:
    from cbspec import pytorch

    try:
        data = pytorch.dump(tensors)
    except TypeError as error:
        raise ContentError(f"a result cannot be stored: tensors are torch's, and {error}") from None
    write(path, data)
    return TensorFile(
        names=tuple(tensors), bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
