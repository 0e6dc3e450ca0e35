"""The store: results under their keys, shared by many processes."""

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
    """Content-addressed results under `root`. Creating one touches no disk; a read-only store can
    be read.

    Args:
        root: the folder; made when something is first stored.
        on_damage: told of each damaged entry that was found; by default a Python warning.

    Attributes:
        codes: digest of a code fingerprint -> definition -> its own digest.
        loaded: implementation -> files that its runs loaded and nothing names.
        packages: digest of what was installed -> package -> its version.
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
        """Tell whether there is an entry, at the price of one `stat`.

        Only `get` tells whether it is intact. An entry that proved damaged does not count.
        """
        return key not in self._entries.stuck and self._entries.folder(key).exists()

    def get(self, key: str, *, tensors: bool = False, touch: bool = True) -> StoredResult | None:
        """Return the entry, verified; None if there is none, or if it was damaged (and is now in
        quarantine).

        Args:
            tensors: read and verify the tensors at once. Otherwise they are read when a value is
                first asked for, and `LostEntry` is raised then.
            touch: count this as a use, for `gc`.

        Raises:
            StoreError: the disk is broken, or the entry may not be read.
        """
        if not self.has(key):
            return None
        with explained(self.root, f"reading {key[:12]}"):
            result = self._entries.read(key, tensors=tensors)
        if result is not None and touch:
            with suppress(OSError):  # a read-only store has no least recently used
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
        """Store a result (see `Entry`); whether it was the first under its key. A later one is
        dropped: it says the same.

        Args:
            tensors: name -> tensor on any device, written from the CPU.

        Raises:
            ContentError: a number is not finite, or JSON cannot hold what is there.
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
        """Take the seconds of a result of this project into the forecast."""
        with suppress(OSError, StoreError):  # the result is safe; a forecast can do without it
            self._rates.add(provenance)

    def reject(self, key: str) -> None:
        """Take an entry away that its stage has contradicted; it goes to quarantine.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, f"rejecting {key[:12]}"):
            self._entries.reject(key)

    def copy(self, source: str, key: str, provenance: Mapping[str, Any]) -> bool:
        """Store what an entry holds under another key as well, with provenance of its own; whether
        it was taken.

        Not taken where the source is gone or damaged, or something is stored under the key already.

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
        """Copy an entry as it is into another store; whether there is one to copy.

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
        """Yield an empty folder for an entry that was computed elsewhere; at the end of the block
        it is the entry of this key, unless there is one.

        Whoever writes it has verified it.

        Raises:
            StoreError: the disk is full, read-only or broken. Nothing is left half-written.
        """
        with explained(self.root, f"storing {key[:12]}"), self._scratch.folder() as scratch:
            (scratch / key).mkdir()
            yield scratch / key
            self._entries.place(scratch / key, key)

    def intact(self, key: str) -> Path | None:
        """Return the folder of an entry whose every checksum is right; None if there is none, or if
        it was damaged (and is now in quarantine).

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
        """Take the lock of this name without waiting; None while another holder has it. A killed
        holder has let go.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, "locking"):
            return self._locks.attempt(name)

    def lock(self, name: str, timeout: float = 60) -> Lock:
        """Take the lock of this name, waiting up to `timeout` seconds; a context manager.

        Raises:
            StoreError: it is still held then, or the store cannot be written.
        """
        with explained(self.root, "locking"):
            return self._locks.take(name, timeout)

    def holder(self, name: str) -> str:
        """Return who holds the lock of this name, for people; empty if nobody does."""
        return self._locks.holder(name)

    def sweep(self) -> int:
        """Remove the temporary folders and lock files of processes that are gone; how many. For the
        start and end of a run.

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
        return [folder.name for folder in self._entries.folders()]

    def ls(self) -> Iterator[Holding]:
        """Return every entry, in order of key."""
        return holdings(self._entries)

    def verify(self) -> list[Damage]:
        """Verify every checksum, and return the damaged entries, which are now in quarantine."""
        with explained(self.root, "verifying"):
            return self._entries.discard_damaged()

    def gc(self, limit_bytes: int) -> list[Holding]:
        """Shrink the store to `limit_bytes`, and return the removed entries.

        The quarantine goes first, then entries, least recently used first. An entry goes only if
        neither its key nor the lane it was computed on is locked.

        Raises:
            StoreError: the store cannot be written.
        """
        with explained(self.root, "collecting"):
            return collect(self._entries, limit_bytes)

    def rate(self, stage: str, device: str = "cpu") -> float | None:
        """Return seconds per unit of cost, from the newest results of a stage on a device family
        (see `Rates`); None before the first.
        """
        return self._rates.median(stage, device)
