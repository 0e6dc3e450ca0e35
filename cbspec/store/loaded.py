"""Files of the project that stages were seen to load, although no code names them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from cbspec.store.failure import explained
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch


class LoadedFiles:
    """Keeps, for each implementation, the files that count beside those that its code names.

    Args:
        folder: has a folder for each implementation, and in it a note for each file.
        scratch: the temporary folders of the store.
    """

    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self._folder = folder
        self._scratch = scratch

    def keep(self, implementation: str, path: str) -> None:
        """Note that a run of an implementation has loaded a file.

        Args:
            implementation: the import path of the implementation.
            path: the file, relative to the project.

        Raises:
            StoreError: the store cannot be written.
        """
        name = hashlib.sha256(path.encode()).hexdigest()
        with explained(self._folder.parent, "storing what a stage loaded"):
            self._scratch.replace(self._of(implementation) / f"{name}.json", seal(path))

    def of(self, implementation: str) -> tuple[str, ...]:
        """Return the files that runs of an implementation have loaded, sorted."""
        paths: list[str] = []
        for file in self._of(implementation).glob("*.json"):
            with suppress(OSError, ValueError):
                paths.append(unseal(file.read_bytes(), str))
        return tuple(sorted(paths))

    def _of(self, implementation: str) -> Path:
        return self._folder / implementation.replace(":", ".")
