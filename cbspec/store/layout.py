"""Where entries stand: placed by a rename, judged by their checksums, taken away under a lock."""

from __future__ import annotations

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

# Held by whoever takes an entry away, so that what was judged damaged or old is what goes.
REMOVAL = "removal"


class EntryFolders:
    """The folders of the entries, ``entries/ab/abcdef...``, and the quarantine for damaged ones.

    Args:
        on_damage: told of each damaged entry that was found.

    Attributes:
        stuck: the damaged entries that could not be moved away; they are still there, and count as
            missing.
    """

    def __init__(
        self, root: Path, locks: Locks, scratch: Scratch, on_damage: Callable[[Damage], None]
    ) -> None:
        self.entries = root / "entries"
        self.quarantine = root / "quarantine"
        self.stuck: set[str] = set()
        self._locks = locks
        self._scratch = scratch
        self._on_damage = on_damage

    def folder(self, key: str) -> Path:
        """Return where the entry of this key is or would be."""
        return self.entries / key[:2] / key

    def folders(self) -> list[Path]:
        """Return every entry's folder, in order of key."""
        return sorted(self.entries.glob("??/*"))

    def place(self, written: Path, key: str) -> bool:
        """Rename a written entry to where it belongs; False if an intact one is there already.

        Raises:
            StoreError: a damaged one is there that cannot be moved away.
        """
        target = self.folder(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        while True:
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
        """Return an entry; None if it is gone, or was damaged (and is now in quarantine).

        Args:
            tensors: verify the tensors at once, instead of when a value is first asked for.
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
        """Write an entry with the tensors of another; False if that was damaged (and is now in
        quarantine).
        """
        try:
            copy_entry(self.folder(key), to, content)
        except ValueError:
            self.discard(key)
            return False
        return True

    def fault(self, key: str) -> str | None:
        """Return what is wrong with an entry, by all its checksums; None if nothing is."""
        try:
            record = read_record(self.folder(key))
        except ValueError as error:
            return str(error)
        return tensor_fault(self.folder(key) / TENSORS, record.tensors)

    def discard(self, key: str) -> Damage | None:
        """Move a damaged entry to quarantine and tell; None when it turns out to be intact, or
        gone.
        """
        with ExitStack() as held:
            with suppress(OSError):  # a read-only store: nobody else takes anything away either
                held.enter_context(self._locks.take(REMOVAL))
            if not self.folder(key).exists() or not (fault := self.fault(key)):
                return None
            damage = Damage(key, fault, self._isolate(key))
            if damage.moved is None:
                self.stuck.add(key)
        self._on_damage(damage)
        return damage

    def discard_damaged(self) -> list[Damage]:
        """Verify every checksum, and move the damaged entries to quarantine."""
        damages = []
        for folder in self.folders():
            if self.fault(folder.name):
                damage = self.discard(folder.name)
                if damage is not None:
                    damages.append(damage)
        return damages

    def reject(self, key: str) -> None:
        """Move an intact entry to quarantine, whoever holds its lane."""
        with self._locks.take(REMOVAL):
            self._isolate(key)

    def remove(self, key: str) -> bool:
        """Take an entry away, unless it is damaged or its key or its lane is locked; whether it was
        taken.
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


def warn(damage: Damage) -> None:
    """Tell of a damaged entry as Python warns."""
    warnings.warn(str(damage), stacklevel=3)
