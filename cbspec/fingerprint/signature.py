"""Signatures: telling whether a source file has changed without reading it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import cache_from_source
from pathlib import Path

from cbspec.layout import source_folder

Signature = tuple[int, int, int, int]
Signatures = Mapping[Path, Signature | None]


def signature(path: Path) -> Signature | None:
    """Return the time of the last write and of the last change (ns), the size and the inode.

    None if the file is gone. Both times are needed: programs that copy or unpack a file may set the
    time of the last write, but the other one is the kernel's.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def forget_bytecode(path: Path, *, older: bool = True) -> None:
    """Remove the compiled file of a source, which Python may run although the source has changed.

    Python compares only the size and the time of the last write, in whole seconds.

    Args:
        path: the source file.
        older: remove it only if it was compiled before the source last changed.
    """
    compiled = Path(cache_from_source(str(path)))
    with suppress(OSError):
        if not older or compiled.stat().st_mtime_ns <= _changed(path.stat()):
            compiled.unlink()


def _changed(status: os.stat_result) -> int:
    return max(status.st_mtime_ns, status.st_ctime_ns)


def signatures(root: Path, packages: Sequence[str]) -> Signatures:
    """Return resolved path -> signature, for every Python file of these packages."""
    by_path: dict[Path, Signature | None] = {}
    source = source_folder(root.resolve(), packages)
    for package in packages:
        folder = source.joinpath(*package.split("."))
        for path in (folder.with_suffix(".py"), *folder.rglob("*.py")):
            by_path[path] = signature(path)
            forget_bytecode(path)
    return by_path


@dataclass(frozen=True)
class Watch:
    """The files of a stage's code, and of the stages that it takes results of, as they were when
    they were fingerprinted. It travels to the process that computes with them.

    Attributes:
        root: the project's folder.
        seen: the signature that each file had.
        hooks: whether a class in them is told of its subclasses, wherever these are.
        known: what runs were seen to load, relative to the root.
    """

    root: Path
    seen: Signatures
    hooks: bool = False
    known: frozenset[str] = frozenset()

    @cached_property
    def files(self) -> frozenset[Path]:
        """Return the files themselves, links followed."""
        return frozenset(path.resolve() for path in self.seen)

    def changed(self) -> Path | None:
        """Return the first file that changed, relative to the root; None if none did.

        A file that was written again with the same content, as by `git checkout`, counts as
        changed: a process may have imported something else from it in between.
        """
        changed = []
        for path, before in self.seen.items():
            if signature(path) != before:
                forget_bytecode(path, older=False)  # it may have been compiled from either version
                changed.append(path)
        if not changed:
            return None
        return min(changed).relative_to(self.root)
