"""Messages of processes to each other: small files of one folder, each written at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path


class MessageFolder:
    """The messages of one folder; a name that begins with a dot is one that is being written.

    Args:
        folder: made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Write atomically, for readers look at any moment."""
        self._scratch(name, content).replace(self._folder / name)

    def write_first(self, name: str, content: bytes) -> bytes:
        """Write unless there is such a message already; return what it says in either case."""
        scratch = self._scratch(name, content)
        try:
            # Unlike a rename, it fails where there is one
            (self._folder / name).hardlink_to(scratch)
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
        return (self._folder / name).read_bytes()

    def read(self, name: str) -> bytes | None:
        """Return what a message says; None where there is none."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self) -> frozenset[str]:
        """Return the names of the messages."""
        return frozenset(path.name for path in self._folder.glob("[!.]*"))

    def contents(self) -> Iterator[bytes]:
        """Yield what each message says, in order of name."""
        for name in sorted(self.names()):
            text = self.read(name)
            if text is not None:  # else its worker has just finished
                yield text

    def _scratch(self, name: str, content: bytes) -> Path:
        """Return a file of this process and thread with a content."""
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        scratch.write_bytes(content)
        return scratch
