"""What a device family is: devices whose results agree to the last bit, as far as any do."""

from __future__ import annotations

from typing import Protocol

TorchBuild = tuple[str, str | None]
"""The version of torch, and the CUDA version that it was built for."""


class DeviceFamily(Protocol):
    """One kind of device. A stage gets its name as ``job.device``.

    Attributes:
        name: the word for it in ``--device``, in keys and in the ledger.
        wide: whether arms that are one tensor program are computed together, to fill the device.
        tf32: whether matrix products may round their factors to 10 bits.
    """

    name: str
    wide: bool
    tf32: bool

    def absent(self, torch: TorchBuild | None) -> str:
        """Return why no such device can be used here; empty if one can.

        Args:
            torch: the installed torch; None without one. It must not be imported for this.
        """

    def processes(self, threads: int) -> int | None:
        """Return how many processes of so many threads may compute at once; None for any number."""

    def clock(self) -> float:
        """Return seconds of computing, from any moment on."""
