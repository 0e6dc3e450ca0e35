"""Entries as bytes, to send them to a store on another machine."""

from __future__ import annotations

import msgspec

from cbspec.store.entry import RECORD, TENSORS, read_record, tensor_fault
from cbspec.store.scratch import write
from cbspec.store.store import Store


class EntryBytes(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one entry. `admit` verifies their checksums where they arrive.

    Attributes:
        key: the key of the entry.
        record: the content of ``record.json``.
        tensors: the content of ``tensors.safetensors``; None if there is none.
    """

    key: str
    record: bytes
    tensors: bytes | None = None

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.record) + len(self.tensors or b"")


def entry_bytes(store: Store, key: str) -> EntryBytes | None:
    """Return an entry as bytes; None if it is missing or damaged.

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
    """Verify and store an entry of another store, unless there is one under its key.

    Raises:
        ValueError: the entry is damaged, or belongs to another key; the message says how.
        StoreError: the disk is full, read-only or broken. Nothing is left half-written.
    """
    if not entry.key.isalnum():
        raise ValueError(f"{entry.key!r} is no key")
    if store.has(entry.key):
        return
    with store.arriving(entry.key) as folder:
        write(folder / RECORD, entry.record)
        if entry.tensors is not None:
            write(folder / TENSORS, entry.tensors)
        record = read_record(folder)
        if fault := tensor_fault(folder / TENSORS, record.tensors):
            raise ValueError(fault)
    store.count(record.provenance)
