"""Notes by digest: mappings that many results have in common, each kept once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cbspec.store.failure import explained
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch


class Notes:
    """The notes of one folder.

    Args:
        folder: made when something is first noted.
        noun: what a note is, for errors.
    """

    def __init__(self, folder: Path, scratch: Scratch, noun: str) -> None:
        self._folder = folder
        self._scratch = scratch
        self._noun = noun
        self._kept: set[str] = set()

    def keep(self, digest: str, content: Mapping[str, str]) -> None:
        """Keep what has this digest. Cheap when it is known already.

        Raises:
            StoreError: the store cannot be written.
        """
        if digest not in self._kept and self.of(digest) is None:
            with explained(self._folder.parent, f"storing {self._noun}"):
                self._scratch.replace(self._folder / f"{digest}.json", seal(dict(content)))
        self._kept.add(digest)

    def of(self, digest: str) -> Mapping[str, str] | None:
        """Return what has this digest; None if it was never noted here.

        Args:
            digest: in full, or its first digits.
        """
        try:
            path = next(self._folder.glob(f"{digest}*.json"))
            return unseal(path.read_bytes(), dict[str, str])
        except (StopIteration, OSError, ValueError):
            return None
