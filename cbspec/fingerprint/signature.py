"""Whether a source file is still the one that was read, told without reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cbspec.layout import source_folder

Signature = tuple[int, int, int]
Signatures = Mapping[Path, Signature | None]


def signature(path: Path) -> Signature | None:
    """Return a file's modification time in ns, size in bytes and inode; None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def signatures(root: Path, packages: Sequence[str]) -> Signatures:
    """Return the signature of every Python file of these packages, by its resolved path."""
    by_path: dict[Path, Signature | None] = {}
    source = source_folder(root.resolve(), packages)
    for package in packages:
        folder = source.joinpath(*package.split("."))
        for path in (folder.with_suffix(".py"), *folder.rglob("*.py")):
            by_path[path] = signature(path)
    return by_path
