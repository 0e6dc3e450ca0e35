"""Whether a source file is still the one that was read, told without reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Watch:
    """The files of an implementation's code as they were when it was fingerprinted. It travels to
    the process that computes with them.

    Attributes:
        root: the project's folder.
        seen: the signature that each file had.
    """

    root: Path
    seen: Signatures

    def changed(self) -> Path | None:
        """Return the first file that changed, relative to the root; None where none did.

        A file that was written again with the same content (`git checkout`) counts as changed:
        something else may have been imported from it in between.
        """
        changed = [path for path, before in self.seen.items() if signature(path) != before]
        return min(changed).relative_to(self.root) if changed else None
