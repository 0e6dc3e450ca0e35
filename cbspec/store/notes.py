"""Notes: mappings that many results share, each stored once under its digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cbspec.store.failure import explained
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch


class Notes:
    """The notes of one folder.

    Args:
        folder: the folder; created with the first note.
        scratch: the temporary folders of the store.
        noun: what a note is, for error messages.
    """

    def __init__(self, folder: Path, scratch: Scratch, noun: str) -> None:
        self._folder = folder
        self._scratch = scratch
        self._noun = noun
        self._kept: set[str] = set()

    def keep(self, digest: str, content: Mapping[str, str]) -> None:
        """Store a mapping under its digest, unless it is stored already.

        Raises:
            StoreError: the store cannot be written.
        """
        if digest not in self._kept and self.of(digest) is None:
            with explained(self._folder.parent, f"storing {self._noun}"):
                self._scratch.replace(self._folder / f"{digest}.json", seal(dict(content)))
        self._kept.add(digest)

    def of(self, digest: str) -> Mapping[str, str] | None:
        """Return the mapping with this digest; None if there is none.

        Args:
            digest: the digest, or its first digits.
        """
        try:
            path = next(self._folder.glob(f"{digest}*.json"))
            return unseal(path.read_bytes(), dict[str, str])
        except (StopIteration, OSError, ValueError):
            return None
