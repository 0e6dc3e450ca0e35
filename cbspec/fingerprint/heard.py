"""How forked children of a process report to it what they do.

A child has only a copy of its parent's memory, so the parent does not see what the child records.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO


class Heard:
    """A file without a name, which a process and its forked children hold open to exchange reports."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._file: IO[bytes] | None = None  # where no file can be made, children go unheard
        with suppress(OSError):
            self._file = TemporaryFile("a+b", buffering=0)  # noqa: SIM115 - as long as the process
            self._identity = os.fstat(self._file.fileno())

    @property
    def is_child(self) -> bool:
        """Tell whether this is a forked child of the process that reads the reports."""
        return os.getpid() != self._owner

    def forget(self) -> None:
        """Begin anew."""
        with suppress(OSError):
            if file := self._whole():
                file.truncate(0)

    def tell(self, *words: str) -> None:
        """Report to the parent process. Lines of several children do not mix."""
        with suppress(OSError):  # the stage may have closed what it does not know
            if file := self._whole():
                file.write(json.dumps(words).encode() + b"\n")

    def told(self) -> Iterator[list[str]]:
        """Yield what children have reported since `forget` was last called."""
        with suppress(OSError):
            if file := self._whole():
                file.seek(0)
                for line in file.read().splitlines():
                    yield json.loads(line)

    def _whole(self) -> IO[bytes] | None:
        """Return the file, if its descriptor is still its own."""
        if self._file is None:
            return None
        same = os.path.samestat(os.fstat(self._file.fileno()), self._identity)
        return self._file if same else None
