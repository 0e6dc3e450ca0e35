"""Listening to what this process does: Python's audit events, and what Python has no event for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from cbspec import pytorch

Hear = Callable[[str, tuple[object, ...]], None]

# The one that listens. Python lets go of no hook, so that one for each observer would slow down
# whatever this process does afterwards.
_listening: list[Hear] = []


def listen(hear: Hear) -> None:
    """Tell each event to this function, in place of the one before.

    Args:
        hear: takes the name of an audit event, or ``"asked"`` for a file's existence or size, and
            its arguments. It is called two frames below what causes an audit event, and three below
            what asks.
    """
    _begin()
    _listening[:] = [hear]


@cache
def _begin() -> None:
    sys.addaudithook(_tell)
    for name in ("stat", "access"):
        _wrap(name)
    if "torch" in sys.modules:
        pytorch.report_files(_written)


def _wrap(name: str) -> None:
    """Wrap a function of `os`, so that it reports the path that it is called with."""
    original = getattr(os, name)

    @wraps(original)
    def asked(path: Any, *arguments: Any, **options: Any) -> Any:
        _tell("asked", (path,))
        return original(path, *arguments, **options)

    setattr(os, name, asked)
    for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd):
        if original in able:
            able.add(asked)
    if original in os.supports_follow_symlinks:
        os.supports_follow_symlinks.add(asked)


def _written(path: str) -> None:
    """Hear of a file that compiled code writes, as if Python had opened it."""
    _tell("open", (path, "wb", os.O_WRONLY))


def _tell(event: str, arguments: tuple[object, ...]) -> None:
    if event == "exec" and pytorch.saves(arguments[0]):
        pytorch.report_files(_written)
    for hear in _listening:
        hear(event, arguments)
