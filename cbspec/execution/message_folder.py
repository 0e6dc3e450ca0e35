"""A folder of small messages between processes. Every message is a file that appears at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path


class MessageFolder:
    """The messages of one folder. Files whose name begins with a dot are still being written.

    Args:
        folder: the folder; created by the first `write`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Write or replace a message in one step, since readers may look at any moment."""
        self._scratch(name, content).replace(self._folder / name)

    def write_first(self, name: str, content: bytes) -> bytes:
        """Write a message unless it is there already, and return the content that counts.

        If several processes call this at once, all get the content of the first.
        """
        scratch = self._scratch(name, content)
        try:
            # A rename would replace the message of a faster process; making a link fails instead
            (self._folder / name).hardlink_to(scratch)
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
        return (self._folder / name).read_bytes()

    def read(self, name: str) -> bytes | None:
        """Return the content of a message; None if there is none."""
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def remove(self, name: str) -> None:
        """Remove a message, if there is one."""
        (self._folder / name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        """Return the name of every message."""
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - a Path for each takes longer
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()
        return frozenset(name for name in names if not name.startswith("."))

    def contents(self) -> Iterator[bytes]:
        """Yield the content of every message, in order of name."""
        for name in sorted(self.names()):
            text = self.read(name)
            if text is not None:  # None if it was removed since `names`
                yield text

    def _scratch(self, name: str, content: bytes) -> Path:
        """Write a temporary file that no other process or thread uses, and return its path."""
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        scratch.write_bytes(content)
        return scratch
