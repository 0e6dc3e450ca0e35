"""The share of a device's memory that jobs held, by which later ones are packed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from cbspec.store.lock import file_name


class Shares:
    """The greatest share that jobs of each shape held, in a file for each device family.

    A share that exceeds those before is appended as a line. A damaged line counts as none: the next
    job of its shape is measured again.

    Args:
        folder: the folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, device: str, shape: str, share: float) -> None:
        """Keep the share of a job that has ended, if none of its shape held as much."""
        known = self.greatest(device, shape)
        if known is not None and share <= known:
            return
        with suppress(OSError):  # the results are stored; packing is no reason to fail
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path(device).open("ab") as file:
                # The newline comes first: what a killed process left of a line spoils no other line
                file.write(b"\n" + msgspec.json.encode((shape, share)))

    def greatest(self, device: str, shape: str) -> float | None:
        """Return the greatest share that a job of a shape held; None if none was measured."""
        shares = [share for name, share in self._read(device) if name == shape]
        return max(shares, default=None)

    def _read(self, device: str) -> Iterator[tuple[str, float]]:
        try:
            lines = self._path(device).read_bytes().splitlines()
        except OSError:
            return
        for line in lines:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                yield msgspec.json.decode(line, type=tuple[str, float])

    def _path(self, device: str) -> Path:
        return self._folder / f"{file_name(device)}.json"
