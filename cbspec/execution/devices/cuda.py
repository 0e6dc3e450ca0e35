"""The device family of NVIDIA's GPUs."""

from __future__ import annotations

import ctypes
import sys
import time

from cbspec.execution.devices.family import TorchBuild

NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
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
        name = "libcuda.so.1"
        if sys.platform == "win32":
            name = "nvcuda.dll"
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            return f"the NVIDIA driver, {name}, is not installed"
        return _refusal(driver)

    def processes(self, threads: int) -> int | None:  # noqa: ARG002 - they wait for the GPU
        return None

    def clock(self) -> float:
        """Return the time of day, because a process mostly waits for the GPU."""
        return time.monotonic()


def _refusal(driver: ctypes.CDLL) -> str:
    """Return why the driver offers no device; empty if it offers one."""
    count = ctypes.c_int(0)
    for call, status in (
        ("cuInit", driver.cuInit(0)),
        ("cuDeviceGetCount", driver.cuDeviceGetCount(ctypes.byref(count))),
    ):
        if status == NO_DEVICE:
            return HIDDEN
        if status:
            return f"{call} of the driver answers with error {status}"
    if not count.value:
        return HIDDEN
    return ""
