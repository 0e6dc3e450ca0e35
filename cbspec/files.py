"""Finding the files that claims may name, in the project and in its data folder."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

Stamp = tuple[int, int, int, int]
"""See `stamp`."""


class ProjectFiles:
    """Finds files by a path that means the same on every machine.

    Args:
        root: the project's folder, which is searched first.
        data: the data folder, which may lie elsewhere; None if there is none.
    """

    def __init__(self, root: Path, data: Path | None = None) -> None:
        self._folders = [root.resolve()]
        self.data = data
        if data is not None:
            self._folders.append(data.resolve())

    def locate(self, name: str) -> Path:
        """Return the path of a file, or of a folder if the name ends with ``/``.

        Args:
            name: the name, relative to the project or to its data folder.

        Raises:
            ValueError: it is missing, or lies outside of both. The message is a predicate.
            OSError: no file can have this name, or none may be looked at there.
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
        for place in allowed:
            with suppress(FileNotFoundError, NotADirectoryError):
                place.stat()  # since Python 3.14 the methods above keep to themselves why they fail
        raise ValueError(f"is not there ({' or '.join(map(str, allowed))})")

    def _refuse_strays(self, place: Path) -> None:
        """Refuse a folder with a link that leads out of it."""
        for file in visible_files(place) if place.is_dir() else ():
            if not self._holds(Path(os.path.realpath(file))):
                name = file.relative_to(place)
                raise ValueError(f"leaves the project and its data folder by the link {name}")

    def _holds(self, place: Path) -> bool:
        return any(place.is_relative_to(folder) for folder in self._folders)


def visible_files(folder: Path) -> list[Path]:
    """Return the files in and below a folder, sorted, without hidden ones.

    Folders that are links are followed, each folder once.
    """
    paths: list[Path] = []
    waiting, seen = [folder], set()
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        for path in sorted(place.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                paths.append(path)
    return sorted(paths)


def stamp(path: Path) -> Stamp:
    """Return numbers that change when a file is edited, or any file in or below a folder.

    The files are not read.

    Returns:
        The time of the last write and of the last change of any kind (ns), the size in bytes, and
        the inode. For a folder: the latest times, the sum of the sizes, and a hash over its files.
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
    """Return the hex SHA-256 of a file's content, or of the names and contents in a folder."""
    if path.is_dir():
        lines = hashlib.sha256()
        for file in visible_files(path):
            line = f"{sha256_of(file)} {file.relative_to(path).as_posix()}\n"
            lines.update(line.encode("utf-8", "surrogateescape"))
        return lines.hexdigest()
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
