"""Listing a store and shrinking it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cbspec.store.layout import EntryFolders


@dataclass(frozen=True, slots=True)
class Holding:
    """An entry as `Store.ls` lists it.

    Attributes:
        key: the key of the entry.
        bytes: its size on disk.
        used: when it was last used, in seconds since 1970.
    """

    key: str
    bytes: int
    used: float


def holdings(entries: EntryFolders) -> Iterator[Holding]:
    """Yield every entry, in order of key."""
    for folder in entries.folders():
        size, used = 0, 0.0
        with suppress(FileNotFoundError):  # another process has removed it meanwhile
            for path in folder.iterdir():
                status = path.stat()
                size += status.st_size
                used = max(used, status.st_mtime)
            yield Holding(folder.name, size, used)


def collect(entries: EntryFolders, limit_bytes: int) -> list[Holding]:
    """Remove the quarantine, then entries, least recently used first; see `Store.gc`."""
    oldest_first = sorted(holdings(entries), key=lambda holding: (holding.used, holding.key))
    quarantined = _size(entries.quarantine)
    excess = sum(holding.bytes for holding in oldest_first) + quarantined - limit_bytes
    if excess > 0 and quarantined:
        shutil.rmtree(entries.quarantine)
        excess -= quarantined
    removed = []
    for holding in oldest_first:
        if excess > 0 and entries.remove(holding.key):
            removed.append(holding)
            excess -= holding.bytes
    return removed


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
