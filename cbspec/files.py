"""The files that claims may name: those of the project, and those of its data folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


class ProjectFiles:
    """Finds files by a path that means the same on every machine.

    Args:
        root: the project's folder, which is searched first.
        data: the folder of the data, which may lie elsewhere; None where there is none.
    """

    def __init__(self, root: Path, data: Path | None = None) -> None:
        self._folders = [root.resolve()]
        if data is not None:
            self._folders.append(data.resolve())

    def locate(self, name: str) -> Path:
        """Return where a file lies.

        Args:
            name: relative to the project or to its data folder.

        Raises:
            ValueError: the file is not there, or lies elsewhere; the message is a predicate.
        """
        if Path(name).is_absolute():
            raise ValueError("must be relative to the project or its data folder")
        places = [Path(os.path.realpath(folder / name)) for folder in self._folders]
        allowed = list(filter(self._holds, places))
        for place in allowed:
            if place.is_file():
                return place
        if not allowed or any(place.exists() for place in places if place not in allowed):
            raise ValueError("leaves the project and its data folder")
        if any(place.is_dir() for place in allowed):
            raise ValueError("is a folder; name its files one by one")
        raise ValueError(f"is not there ({' or '.join(map(str, allowed))})")

    def _holds(self, place: Path) -> bool:
        return any(place.is_relative_to(folder) for folder in self._folders)


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
