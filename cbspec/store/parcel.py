"""An entry as bytes, for a store that shares no disk with the one it comes from."""

from __future__ import annotations

import msgspec

from cbspec.store.entry import RECORD, TENSORS, read_record, tensor_fault
from cbspec.store.scratch import write
from cbspec.store.store import Store


class EntryBytes(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one entry. Its checksums travel with it, and are verified where it arrives."""

    key: str
    record: bytes
    tensors: bytes | None = None

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        return len(self.record) + len(self.tensors or b"")


def entry_bytes(store: Store, key: str) -> EntryBytes | None:
    """Return an entry for another store, which verifies it; None if there is none that is intact.

    Raises:
        StoreError: the disk is broken, or the entry may not be read.
    """
    folder = store.intact(key)
    if folder is None:
        return None
    tensors = folder / TENSORS
    return EntryBytes(
        key=key,
        record=(folder / RECORD).read_bytes(),
        tensors=tensors.read_bytes() if tensors.exists() else None,
    )


def admit(store: Store, entry: EntryBytes) -> None:
    """Store an entry of another store, unless one is there.

    Raises:
        ValueError: it is not what was stored under its key; the message says how.
        StoreError: the disk is full, read-only or broken. Nothing is left half-written.
    """
    if not entry.key.isalnum():
        raise ValueError(f"{entry.key!r} is no key")
    fresh = not store.has(entry.key)
    with store.arriving(entry.key) as folder:
        write(folder / RECORD, entry.record)
        if entry.tensors is not None:
            write(folder / TENSORS, entry.tensors)
        record = read_record(folder)
        if fault := tensor_fault(folder / TENSORS, record.tensors):
            raise ValueError(fault)
    if fresh:
        store.count(record.provenance)
