"""Files as audit events name them, and what is asked of them without being heard."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

_stat = os.stat  # itself, which nobody listens to


def is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(_stat(path).st_mode)
    except OSError:
        return False


def written_at(path: str) -> str:
    """Return when a file was last written; empty if it is not there."""
    try:
        return str(_stat(path).st_mtime_ns)
    except OSError:
        return ""


def absolute(name: object) -> str:
    if not isinstance(name, str | bytes | os.PathLike):
        return ""
    return os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - for every file that is opened


def words(value: object) -> Iterator[str]:
    """Yield the words of a command, in whatever form it is given."""
    if isinstance(value, str):
        yield from value.split()
    elif isinstance(value, bytes | os.PathLike):
        yield from os.fsdecode(value).split()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from words(item)
