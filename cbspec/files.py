"""The files that claims may name: those of the project, and those of its data folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

Stamp = tuple[int, int, int, int]
"""See `stamp`."""


class ProjectFiles:
    """Finds files by a path that means the same on every machine.

    Args:
        root: the project's folder, which is searched first.
        data: the folder of the data, which may lie elsewhere; None where there is none.

    Attributes:
        data: that folder.
    """

    def __init__(self, root: Path, data: Path | None = None) -> None:
        self._folders = [root.resolve()]
        self.data = data
        if data is not None:
            self._folders.append(data.resolve())

    def locate(self, name: str) -> Path:
        """Return where a file lies, or a folder whose name ends with ``/``.

        Args:
            name: relative to the project or to its data folder.

        Raises:
            ValueError: it is not there, or lies elsewhere; the message is a predicate.
        """
        if Path(name).is_absolute():
            raise ValueError("must be relative to the project or its data folder")
        places = [Path(os.path.realpath(folder / name)) for folder in self._folders]
        allowed = list(filter(self._holds, places))
        wanted = Path.is_dir if name.endswith("/") else Path.is_file
        for place in allowed:
            if wanted(place):
                self._refuse_strays(place)
                return place
        if not allowed or any(place.exists() for place in places if place not in allowed):
            raise ValueError("leaves the project and its data folder")
        if any(place.is_dir() for place in allowed):
            raise ValueError(
                "is a folder; name its files one by one, or end it with / for them all"
            )
        raise ValueError(f"is not there ({' or '.join(map(str, allowed))})")

    def _refuse_strays(self, place: Path) -> None:
        """Refuse a folder with a link that leads elsewhere."""
        for file in visible_files(place) if place.is_dir() else ():
            if not self._holds(Path(os.path.realpath(file))):
                name = file.relative_to(place)
                raise ValueError(f"leaves the project and its data folder by the link {name}")

    def _holds(self, place: Path) -> bool:
        return any(place.is_relative_to(folder) for folder in self._folders)


def visible_files(folder: Path) -> list[Path]:
    """Return the files in and below a folder, in order, without those that are hidden."""
    paths = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            paths.append(path)
    return sorted(paths)


def stamp(path: Path) -> Stamp:
    """Return what changes with a file, or with one in and below a folder, told without reading it.

    Returns:
        When it was modified, when it changed in any way (ns), its size in bytes and its inode; of a
        folder the latest times, the sum of the sizes, and a number that stands for all of its files.
    """
    status = path.stat()
    if not path.is_dir():
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
    known = hashlib.sha256()
    modified, changed, size = status.st_mtime_ns, status.st_ctime_ns, 0
    for file in visible_files(path):
        now = stamp(file)
        modified, changed, size = max(modified, now[0]), max(changed, now[1]), size + now[2]
        known.update(f"{file.relative_to(path)} {now}\n".encode("utf-8", "surrogateescape"))
    return modified, changed, size, int.from_bytes(known.digest()[:7])


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's content; of a folder, of its files' names and contents."""
    if path.is_dir():
        lines = hashlib.sha256()
        for file in visible_files(path):
            line = f"{sha256_of(file)} {file.relative_to(path).as_posix()}\n"
            lines.update(line.encode("utf-8", "surrogateescape"))
        return lines.hexdigest()
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
