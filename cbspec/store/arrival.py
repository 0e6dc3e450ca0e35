"""An entry of a remote: data that anybody may have written, taken only where every part of it is
what its key says.
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
SPARE = 2**28  # bytes that a disk keeps free


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a result before it is there.

    Attributes:
        key: its own.
        about: provenance entry -> its value, for all that follows from the key.
        measures: the names of its measures.
    """

    key: str
    about: Mapping[str, Any]
    measures: Collection[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry of a remote whose record was verified; its tensors, where it has any, were not."""

    key: str
    data: bytes
    record: StoredRecord

    @property
    def bytes(self) -> int:
        return len(self.data) + (self.record.tensors.bytes if self.record.tensors else 0)

    @property
    def adopted(self) -> bool:
        """Tell whether other code than that of the key computed it."""
        return bool(self.record.provenance.get(ADOPTED))


class RefusedEntry(RemoteError):
    """An entry of a remote is not what its key says, and is left where it is."""

    def __init__(self, remote: Remote, key: str, reason: str) -> None:
        super().__init__(f"{remote.url}: result {key[:12]} is refused: {reason}")


class _Adopted(msgspec.Struct, frozen=True):
    key: str
    code: str
    ground: str = ""
    date: str = ""


class _Provenance(msgspec.Struct, frozen=True):
    """What the harness reads of a provenance, with its types."""

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
    """Return what a remote has under a key; None if nothing.

    Raises:
        RefusedEntry: it is not what the key says.
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
    """Store an entry that a remote offers.

    Raises:
        RefusedEntry: its tensors are not what its record says.
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
    """Return where a remote has the record of an entry."""
    return f"entries/{key[:2]}/{key}.json"


def tensors_name(sha256: str) -> str:
    """Return where a remote has tensors."""
    return f"tensors/{sha256[:2]}/{sha256}.safetensors"


def packages_name(digest: str) -> str:
    """Return where a remote has the packages that were installed."""
    return f"packages/{digest}.json"


def _checked(data: bytes, expected: Expected) -> StoredRecord:
    """Return a record that fits its key.

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
    """Yield the entries that are not those which follow from the key."""
    for name, value in about.items():
        if name not in provenance or _json(provenance[name]) != _json(value):
            yield name


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _receive(remote: Remote, file: TensorFile, path: Path) -> None:
    """Write the tensors of an entry into a new file.

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
            block = remote.read(name, size, min(BLOCK, file.bytes - size))
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
    """Keep which packages were installed where a result was computed, if that is what the digest
    says.
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
