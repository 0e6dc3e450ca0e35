"""Taking entries from a remote. Anybody may have written them, so every part is checked.

An entry is taken only if its content is what its key stands for.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cbspec.errors import ContentError, RemoteError
from cbspec.stage import canonical
from cbspec.store.entry import ADOPTED, RECORD, TENSORS
from cbspec.store.record import StoredRecord, TensorFile, record, unseal
from cbspec.store.remote import BLOCK, Remote, Unfit
from cbspec.store.scratch import write
from cbspec.store.store import Store

DIGEST = re.compile(r"[0-9a-f]{64}")
SPARE = 2**28  # bytes of the disk that a transfer leaves free


@dataclass(frozen=True, slots=True)
class Expected:
    """A result as its key describes it, before it has arrived.

    Attributes:
        key: the key of the result.
        about: the provenance entries that follow from the key.
        measures: the names of its measures.
    """

    key: str
    about: Mapping[str, Any]
    measures: Collection[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry of a remote whose record is verified, but not its tensors.

    Attributes:
        key: the key of the entry.
        data: the record as the remote has it.
        record: its content.
    """

    key: str
    data: bytes
    record: StoredRecord

    @property
    def bytes(self) -> int:
        return len(self.data) + (self.record.tensors.bytes if self.record.tensors else 0)

    @property
    def adopted(self) -> bool:
        """Tell whether the result was computed by other code than its key names, and adopted."""
        return bool(self.record.provenance.get(ADOPTED))


class RefusedEntry(RemoteError):
    """An entry of a remote is not what its key stands for. It is left where it is."""

    def __init__(self, remote: Remote, key: str, reason: str) -> None:
        super().__init__(f"{remote.url}: result {key[:12]} is refused: {reason}")


class _Adopted(msgspec.Struct, frozen=True):
    key: str
    code: str
    ground: str = ""
    date: str = ""


class _Provenance(msgspec.Struct, frozen=True):
    """The provenance entries that the harness reads, with their types."""

    stage: str
    seed: int
    lane: str
    code: str
    inputs: dict[str, str]
    parameters: dict[str, Any]
    numerics: dict[str, Any]
    replicas: list[tuple[str, int, int]] = []
    start: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    packages: str = ""
    adopted: _Adopted | None = None
    refiled: str = ""
    diverged: str = ""


def offered(remote: Remote, expected: Expected) -> Offer | None:
    """Read and verify the record that a remote has under a key; None if it has none.

    Raises:
        RefusedEntry: the record is not what the key stands for.
        RemoteError: the remote cannot be read.
    """
    try:
        data = remote.read(record_name(expected.key), 0, BLOCK)
        if data is None:
            return None
        return Offer(expected.key, data, _checked(data, expected))
    except ValueError as error:
        raise RefusedEntry(remote, expected.key, f"{RECORD} {error}") from None


def take(offer: Offer, remote: Remote, store: Store) -> None:
    """Fetch the tensors of an offer, verify them, and store the entry.

    Raises:
        RefusedEntry: the tensors are not what the record says.
        RemoteError: the remote cannot be read.
        StoreError: the store cannot be written.
    """
    try:
        with store.arriving(offer.key) as folder:
            if offer.record.tensors:
                _receive(remote, offer.record.tensors, folder / TENSORS)
            write(folder / RECORD, offer.data)
    except ValueError as error:
        raise RefusedEntry(remote, offer.key, f"{TENSORS} {error}") from None
    _take_packages(offer.record.provenance.get("packages", ""), remote, store)


def record_name(key: str) -> str:
    """Return the name of an entry's record on a remote."""
    return f"entries/{key[:2]}/{key}.json"


def tensors_name(sha256: str) -> str:
    """Return the name of a tensor file on a remote."""
    return f"tensors/{sha256[:2]}/{sha256}.safetensors"


def packages_name(digest: str) -> str:
    """Return the name of a list of installed packages on a remote."""
    return f"packages/{digest}.json"


def _checked(data: bytes, expected: Expected) -> StoredRecord:
    """Decode a record, and check that it fits its key.

    Raises:
        ValueError: it does not; the message is a predicate.
    """
    if len(data) == BLOCK:
        raise Unfit(f"is larger than {BLOCK / 1e6:.0f} MB")
    content = unseal(data, StoredRecord)
    if content.key != expected.key:
        raise Unfit(f"belongs to {content.key[:12]}")
    if others := [*_contradictions(content.provenance, expected.about)]:
        raise Unfit(f"is of another {', '.join(others)}")
    try:
        msgspec.convert(content.provenance, _Provenance)
        again = record(
            content.key, content.measures, content.undefined, content.series, content.provenance
        )
    except (msgspec.ValidationError, ContentError, RecursionError) as error:
        raise Unfit(f"is none of ours ({error})") from None
    if again.undefined != content.undefined:
        raise Unfit("has control characters where it says why a measure has no value")
    values, reasons = set(content.measures), set(content.undefined)
    if values & reasons or values | reasons != set(expected.measures):
        raise Unfit(f"has other measures than {', '.join(expected.measures)}")
    if content.tensors and not DIGEST.fullmatch(content.tensors.sha256):
        raise Unfit("has no SHA-256 for its tensors")
    return content


def _contradictions(provenance: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[str]:
    """Yield the name of each provenance entry that contradicts the key."""
    for name, value in about.items():
        if name not in provenance or _json(provenance[name]) != _json(value):
            yield name


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _receive(remote: Remote, file: TensorFile, path: Path) -> None:
    """Fetch the tensors of an entry into a new file, and verify them.

    Raises:
        ValueError: they are not what the record says; the message is a predicate.
    """
    from cbspec import pytorch

    free = shutil.disk_usage(path.parent).free - SPARE
    if not 0 < file.bytes <= free:
        raise Unfit(f"would have {file.bytes} bytes, and the disk takes {max(free, 0)}")
    digest = hashlib.sha256()
    name = tensors_name(file.sha256)
    with path.open("xb") as target:
        while (size := target.tell()) < file.bytes:
            block = remote.read(name, size, min(BLOCK, file.bytes - size), there=True)
            if not block:
                raise Unfit("is missing" if block is None else f"ends after {size} bytes")
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    if digest.hexdigest() != file.sha256:
        raise Unfit("does not match its checksum")
    try:
        names = pytorch.names(path)
    except ValueError as error:
        raise Unfit(f"holds no tensors ({error})") from None
    if names != set(file.names):
        raise Unfit("holds other tensors than its record says")


def _take_packages(digest: str, remote: Remote, store: Store) -> None:
    """Fetch and store the list of packages that a result was computed with.

    A list that is missing or does not match its digest is ignored, since no result depends on it.
    """
    if not DIGEST.fullmatch(digest) or store.packages.of(digest) is not None:
        return
    try:
        data = remote.read(packages_name(digest), 0, BLOCK)
        versions = unseal(data, dict[str, str]) if data else {}
    except ValueError:
        return
    if hashlib.sha256(canonical(versions).encode()).hexdigest() == digest:
        store.packages.keep(digest, versions)
