"""The face of the store: results under their keys, shared by many processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from cbspec.errors import StoreError
from cbspec.store.collection import Holding, collect, holdings
from cbspec.store.entry import RECORD, Damage, StoredResult, write_entry
from cbspec.store.failure import FORBIDDEN, explained
from cbspec.store.layout import EntryFolders, warn
from cbspec.store.loaded import LoadedFiles
from cbspec.store.lock import Lock, Locks
from cbspec.store.notes import Notes
from cbspec.store.rate import Rates
from cbspec.store.record import record
from cbspec.store.scratch import Scratch


class Store:
    """Results under their keys. To create this object touches no disk.

    Args:
        root: the folder; created when something is first stored. It may be read-only.
        on_damage: called with each damaged entry that is found; warns by default.

    Attributes:
        codes: digest of a code fingerprint -> the digest of each definition in it.
        loaded: implementation -> files that its runs have loaded and no code names.
        packages: digest of a set of installed packages -> package -> version.
    """

    def __init__(self, root: Path, on_damage: Callable[[Damage], None] | None = None) -> None:
        self.root = root.absolute()
        self._locks = Locks(self.root / "locks")
        self._scratch = Scratch(self.root / "tmp", self._locks)
        self._entries = EntryFolders(self.root, self._locks, self._scratch, on_damage or warn)
        self._rates = Rates(self.root / "rates", self._scratch)
        self.codes = Notes(self.root / "code", self._scratch, "a code fingerprint")
        self.loaded = LoadedFiles(self.root / "loaded", self._scratch)
        self.packages = Notes(self.root / "packages", self._scratch, "the installed packages")

    def has(self, key: str) -> bool:
        """Tell whether there is an entry, by one call of `stat`; only `get` verifies it."""
        return self._entries.has(key)

    def get(self, key: str, *, tensors: bool = False, touch: bool = True) -> StoredResult | None:
        """Return an entry, verified; None if it is missing, or is damaged and so in quarantine now.

        Args:
            key: the key of the entry.
            tensors: read and verify the tensors now. Otherwise they are read when a value is first
                asked for, and `LostEntry` is raised then if they are damaged.
            touch: count this as a use; `gc` removes the least recently used entries.

        Raises:
            StoreError: the disk is broken, or the entry may not be read.
        """
        if not self.has(key):
            return None
        with explained(self.root, f"reading {key[:12]}"):
            result = self._entries.read(key, tensors=tensors)
        if result is not None and touch:
            with suppress(OSError):  # a read-only store does not note uses
                os.utime(self._entries.folder(key) / RECORD)
        return result

    def put(
        self,
        key: str,
        *,
        tensors: Mapping[str, Any] | None = None,
        measures: Mapping[str, float] | None = None,
        undefined: Mapping[str, str] | None = None,
        series: Mapping[str, Any] | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> bool:
        """Store a result, unless there is one under its key, which is then taken to be the same.

        Args:
            key: the key of the result.
            tensors: name -> tensor, on any device; for the other arguments see `StoredResult`.

        Returns:
            Whether this result was stored.

        Raises:
            ContentError: a number is not finite, or JSON cannot hold a value.
            StoreError: the disk is full, read-only or broken. Nothing is left half-written.
        """
        content = record(key, measures or {}, undefined or {}, series or {}, provenance or {})
        with explained(self.root, f"storing {key[:12]}"), self._scratch.folder() as scratch:
            write_entry(scratch / key, content, tensors or {})
            placed = self._entries.place(scratch / key, key)
        if placed:
            self.count(content.provenance)
        return placed

    def count(self, provenance: Mapping[str, Any]) -> None:
        """Use the seconds and cost of a new result for forecasts."""
        with suppress(OSError, StoreError):  # the result is stored; a forecast is no reason to fail
            self._rates.add(provenance)

    def reject(self, key: str) -> None:
        """Move an entry to quarantine, because its stage has emitted another result for its key.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, f"rejecting {key[:12]}"):
            self._entries.reject(key)

    def copy(self, source: str, key: str, provenance: Mapping[str, Any]) -> bool:
        """Store the content of an entry under another key as well.

        Args:
            source: the key of the entry.
            key: the other key.
            provenance: the provenance under the other key.

        Returns:
            False if the entry is missing or damaged, or something is stored under the other key.

        Raises:
            StoreError: the disk is full, read-only or broken. Nothing is left half-written.
        """
        entry = self.get(source)
        if entry is None:
            return False
        content = record(key, entry.measures, entry.undefined, entry.series, provenance)
        content = msgspec.structs.replace(content, tensors=entry.tensors.file)
        with explained(self.root, f"storing {key[:12]}"), self._scratch.folder() as scratch:
            copied = self._entries.copy(source, scratch / key, content)
            return copied and self._entries.place(scratch / key, key)

    def lend(self, key: str, to: Store) -> bool:
        """Copy an entry as it is into another store; return False if there is none.

        Raises:
            StoreError: the other store cannot be written.
        """
        source = self._entries.folder(key)
        if not source.exists():
            return False
        with to.arriving(key) as folder:
            shutil.copytree(source, folder, dirs_exist_ok=True)
        return True

    @contextmanager
    def arriving(self, key: str) -> Iterator[Path]:
        """Yield an empty folder for an entry from elsewhere, and place it at the end of the block.

        The block writes and verifies the files; an exception in it drops the folder. It is dropped
        too if there is an entry of this key already.

        Raises:
            StoreError: the disk is full, read-only or broken. Nothing is left half-written.
        """
        with explained(self.root, f"storing {key[:12]}"), self._scratch.folder() as scratch:
            (scratch / key).mkdir()
            yield scratch / key
            self._entries.place(scratch / key, key)

    def intact(self, key: str) -> Path | None:
        """Verify an entry and return its folder; None if it is missing or damaged.

        Raises:
            StoreError: the disk is broken, or the entry may not be read.
        """
        with explained(self.root, f"reading {key[:12]}"):
            if not self.has(key):
                return None
            if self._entries.fault(key):
                self._entries.discard(key)
                return None
        return self._entries.folder(key)

    def try_lock(self, name: str) -> Lock | None:
        """Take a lock without waiting; return None if it is held.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, "locking"):
            return self._locks.attempt(name)

    def holder(self, name: str) -> str:
        """Return the holder of a lock in words; empty if nobody holds it."""
        return self._locks.holder(name)

    def sweep(self) -> int:
        """Remove the temporary folders and lock files of killed processes, and count them.

        A run calls this at its start and its end.

        Raises:
            StoreError: the disk is broken. A read-only store is left as it is.
        """
        with explained(self.root, "sweeping"):
            try:
                return self._scratch.sweep() + self._locks.sweep()
            except OSError as error:
                if error.errno in FORBIDDEN:
                    return 0
                raise

    def stored_keys(self) -> list[str]:
        """Return the key of every entry, in order."""
        return self._entries.keys()

    def ls(self) -> Iterator[Holding]:
        """Return every entry, in order of key."""
        return holdings(self._entries)

    def verify(self) -> list[Damage]:
        """Verify all entries, move the damaged ones to quarantine, and return them."""
        with explained(self.root, "verifying"):
            return self._entries.discard_damaged()

    def gc(self, limit_bytes: int) -> list[Holding]:
        """Shrink the store to `limit_bytes`, and return the removed entries.

        The quarantine is emptied first. Then entries are removed, least recently used first, unless
        their key or their lane is locked.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, "collecting"):
            return collect(self._entries, limit_bytes)

    def rate(self, stage: str, device: str = "cpu") -> float | None:
        """Return the seconds per unit of cost of a stage, see `Rates`; None if unknown."""
        return self._rates.median(stage, device)
