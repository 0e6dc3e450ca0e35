"""The folders of the entries: how an entry is placed, read, checked and removed.

An entry appears by one rename, so readers see all of it or nothing. It is removed under a lock, so
that what was checked is what goes.
"""

from __future__ import annotations

import os
import re
import secrets
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from cbspec.errors import StoreError
from cbspec.store.entry import (
    TENSORS,
    Damage,
    LostEntry,
    StoredResult,
    Tensors,
    copy_entry,
    read_record,
    tensor_fault,
)
from cbspec.store.lock import Locks
from cbspec.store.record import StoredRecord
from cbspec.store.scratch import Scratch

KEY = re.compile(r"[0-9a-f]{64}")  # other names are none of ours, such as those of a shared store

# The lock of everyone who removes an entry. Without it, one process could find an entry damaged,
# another replace it by an intact one, and the first then remove that one
REMOVAL = "removal"


class EntryFolders:
    """The folders of the entries, ``entries/ab/abcdef...``, and the quarantine for damaged ones.

    Args:
        root: the root of the store.
        locks: the locks of the store.
        scratch: the temporary folders of the store.
        on_damage: called with each damaged entry that is found.

    Attributes:
        entries: the folder of all entries.
        quarantine: the folder of damaged entries.
        stuck: the keys of damaged entries that could not be moved to quarantine. They are still in
            place, but count as missing.
    """

    def __init__(
        self, root: Path, locks: Locks, scratch: Scratch, on_damage: Callable[[Damage], None]
    ) -> None:
        self.entries = root / "entries"
        self._place = str(self.entries)
        self.quarantine = root / "quarantine"
        self.stuck: set[str] = set()
        self._locks = locks
        self._scratch = scratch
        self._on_damage = on_damage

    def folder(self, key: str) -> Path:
        """Return the folder of the entry with this key, whether there is one or not."""
        return self.entries / key[:2] / key

    def has(self, key: str) -> bool:
        """Tell whether an entry is there; one that proved damaged does not count."""
        # Asked for each of ten thousand cells, where making a Path takes longer than the question
        return key not in self.stuck and os.path.exists(f"{self._place}/{key[:2]}/{key}")  # noqa: PTH110

    def keys(self) -> list[str]:
        """Return the key of every entry, in order."""
        keys: list[str] = []
        for shelf in _names(self._place):
            if len(shelf) == 2:
                keys += filter(KEY.fullmatch, _names(f"{self._place}/{shelf}"))
        return sorted(keys)

    def folders(self) -> list[Path]:
        """Return the folder of every entry, in order of key."""
        return list(map(self.folder, self.keys()))

    def place(self, written: Path, key: str) -> bool:
        """Move a written entry to its place; return False if an intact one is there already.

        Args:
            written: the folder of the entry, on the same file system.
            key: the key of the entry.

        Raises:
            StoreError: a damaged entry is in the way and cannot be moved to quarantine.
        """
        target = self.folder(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        while True:
            # The rename fails if the target exists, since an entry is no empty folder. So of
            # several processes exactly one places its entry
            try:
                written.rename(target)
                return True
            except OSError:
                if not target.exists():
                    raise
            damage = self.discard(key)
            if damage is None:
                return False
            if damage.moved is None:
                raise StoreError(str(damage))

    def read(self, key: str, *, tensors: bool) -> StoredResult | None:
        """Return an entry; None if it is missing, or is damaged and so moved to quarantine.

        Args:
            key: the key of the entry.
            tensors: read and verify the tensors now, not when a value is first asked for.
        """
        folder = self.folder(key)
        try:
            record = read_record(folder)
            lazy = Tensors(folder, record.tensors, self.discard)
            if tensors:
                lazy.load()
        except LostEntry:
            return None
        except ValueError:
            self.discard(key)
            return None
        return StoredResult(
            key, lazy, record.measures, record.undefined, record.series, record.provenance
        )

    def copy(self, key: str, to: Path, content: StoredRecord) -> bool:
        """Write an entry that has the tensors of another one.

        Args:
            key: the key of the entry whose tensors are taken.
            to: the folder of the new entry, which must not exist yet.
            content: the record of the new entry.

        Returns:
            False if the tensors are damaged; the entry is then moved to quarantine.
        """
        try:
            copy_entry(self.folder(key), to, content)
        except ValueError:
            self.discard(key)
            return False
        return True

    def fault(self, key: str) -> str | None:
        """Verify every checksum of an entry; return what is wrong, or None if it is intact."""
        try:
            record = read_record(self.folder(key))
        except ValueError as error:
            return str(error)
        return tensor_fault(self.folder(key) / TENSORS, record.tensors)

    def discard(self, key: str) -> Damage | None:
        """Move a damaged entry to quarantine and report it.

        Returns:
            The damage; None if the entry is intact after all, or gone.
        """
        with ExitStack() as held:
            with suppress(OSError):  # in a read-only store nobody removes anything
                held.enter_context(self._locks.take(REMOVAL))
            # Checked again under the lock: another process may have replaced it meanwhile
            if not self.folder(key).exists() or not (fault := self.fault(key)):
                return None
            damage = Damage(key, fault, self._isolate(key))
            if damage.moved is None:
                self.stuck.add(key)
        self._on_damage(damage)
        return damage

    def discard_damaged(self) -> list[Damage]:
        """Verify all entries, move the damaged ones to quarantine, and return them."""
        damages = []
        for folder in self.folders():
            if self.fault(folder.name):
                damage = self.discard(folder.name)
                if damage is not None:
                    damages.append(damage)
        return damages

    def reject(self, key: str) -> None:
        """Move an intact entry to quarantine, even while its lane is locked."""
        with self._locks.take(REMOVAL):
            self._isolate(key)

    def remove(self, key: str) -> bool:
        """Remove an entry, unless it is damaged, or its key or its lane is locked.

        A locked lane is being computed and may resume from this entry.

        Returns:
            Whether the entry was removed.
        """
        with suppress(ValueError), ExitStack() as held:
            held.enter_context(self._locks.take(REMOVAL))
            lane = read_record(self.folder(key)).provenance.get("lane", key)
            for name in {key, lane}:
                if not (lock := self._locks.attempt(name)):
                    return False
                held.enter_context(lock)
            self._scratch.remove(self.folder(key))
            return True
        return False

    def _isolate(self, key: str) -> Path | None:
        moved = self.quarantine / f"{key}-{secrets.token_hex(4)}"
        try:
            self.quarantine.mkdir(parents=True, exist_ok=True)
            return self.folder(key).rename(moved)
        except OSError:
            return None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - as in `has`
    except (FileNotFoundError, NotADirectoryError):
        return []


def warn(damage: Damage) -> None:
    """Report a damaged entry as a Python warning."""
    warnings.warn(str(damage), stacklevel=3)
