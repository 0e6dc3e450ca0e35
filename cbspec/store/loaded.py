"""Files of the project that a run loaded although nothing in the code names them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from cbspec.store.failure import explained
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch


class LoadedFiles:
    """Keeps which files count for an implementation beside what its code names.

    Args:
        folder: a folder for each implementation, in it a file for each file.
        scratch: writes files in one step.
    """

    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self._folder = folder
        self._scratch = scratch

    def keep(self, implementation: str, path: str) -> None:
        """Keep that a run of an implementation loaded a file.

        Args:
            path: relative to the project.

        Raises:
            StoreError: the store cannot be written.
        """
        name = hashlib.sha256(path.encode()).hexdigest()
        with explained(self._folder.parent, "storing what a stage loaded"):
            self._scratch.replace(self._of(implementation) / f"{name}.json", seal(path))

    def of(self, implementation: str) -> tuple[str, ...]:
        """Return the files that runs of an implementation were seen to load, sorted."""
        paths: list[str] = []
        for file in self._of(implementation).glob("*.json"):
            with suppress(OSError, ValueError):
                paths.append(unseal(file.read_bytes(), str))
        return tuple(sorted(paths))

    def _of(self, implementation: str) -> Path:
        return self._folder / implementation.replace(":", ".")
