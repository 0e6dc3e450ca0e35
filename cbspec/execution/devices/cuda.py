"""The device family of NVIDIA's GPUs."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Mapping, Sequence

from cbspec import pytorch
from cbspec.execution.devices.family import TorchBuild

NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDDEN = "the driver sees none; CUDA_VISIBLE_DEVICES may hide it"


class Cuda:
    """A GPU. Any number of processes may share it, and wide jobs keep it busy."""

    name = "cuda"
    wide = True
    tf32 = True

    def absent(self, torch: TorchBuild | None) -> str:
        """Ask the driver, which reads CUDA_VISIBLE_DEVICES, for a device.

        Do not fork this process afterwards: a forked child cannot use CUDA.
        """
        if torch is None:
            return "torch is not installed"
        version, cuda = torch
        if cuda is None:
            return f"torch {version} is built without CUDA"
        driver = _driver()
        if driver is None:
            return f"the NVIDIA driver, {DRIVER}, is not installed"
        return _counted(driver)[1]

    def processes(self, threads: int) -> int | None:  # noqa: ARG002 - they wait for the GPU
        return None

    def places(self) -> Sequence[Mapping[str, str]]:
        """Return those that CUDA_VISIBLE_DEVICES lists, or all that the driver counts."""
        driver = _driver()
        count = _counted(driver)[0] if driver else 0
        listed = os.environ.get(VISIBLE, "")
        names = listed.split(",") if listed else list(map(str, range(count)))
        # CUDA gives up the list at the first name that it does not know
        return [{VISIBLE: name.strip()} for name in names[:count]]

    def share(self) -> float:
        return pytorch.device_share() if "torch" in sys.modules else 0.0

    def clock(self) -> float:
        """Return wall-clock seconds, because a process mostly waits for the GPU."""
        return time.monotonic()


def _driver() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(DRIVER)
    except OSError:
        return None


def _counted(driver: ctypes.CDLL) -> tuple[int, str]:
    """Return the number of devices that the driver offers; and the reason, if that is 0."""
    count = ctypes.c_int(0)
    for call, status in (
        ("cuInit", driver.cuInit(0)),
        ("cuDeviceGetCount", driver.cuDeviceGetCount(ctypes.byref(count))),
    ):
        if status == NO_DEVICE:
            return 0, HIDDEN
        if status:
            return 0, f"{call} of the driver answers with error {status}"
    return count.value, "" if count.value else HIDDEN
