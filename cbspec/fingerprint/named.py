"""Files as audit events name them, and what is asked of them without being heard."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

_stat = os.stat  # itself, which nobody listens to


def is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(_stat(path).st_mode)
    except OSError:
        return False


def written_at(path: str) -> int:
    """Return when a file was last written, in ns; 0 if it is not there."""
    try:
        return _stat(path).st_mtime_ns
    except OSError:
        return 0


def file_time() -> int:
    """Return what a file written now would have as its time, in ns: its clock ticks more coarsely."""
    clock = getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME)
    return time.clock_gettime_ns(clock)


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
