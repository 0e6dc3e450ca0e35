"""The child's side of a stage process: it receives tasks, computes them and sends the outcomes.

`stage_process.py` is the parent's side.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from cbspec import catalog
from cbspec.config import Config
from cbspec.errors import printable, trace_of
from cbspec.execution import devices
from cbspec.execution.computing import compute, observed, raised
from cbspec.execution.numerics import limit_threads
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import TaskOutcome
from cbspec.execution.wire import BEGUN, unpacked
from cbspec.stage import Stage
from cbspec.store import Damage, Store

_PR_SET_PDEATHSIG = 1  # of Linux' prctl


def serve(connection: Connection) -> None:
    """Compute one task after the other, until the parent closes the connection."""
    _die_with(os.getppid())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # as on a terminal
    try:
        config, root, path, worker = connection.recv()
        run = RunDirectory(path, worker)
        while True:
            content = connection.recv_bytes()
            outcome = _computed(content, config, root, run, connection)
            _flush()
            connection.send_bytes(msgspec.json.encode(outcome))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _flush() -> None:
    """Write out what the stage has printed, before its outcome is sent."""
    # A stage may have closed or replaced the streams
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()


def _computed(
    content: bytes, config: Config, root: Path, run: RunDirectory, connection: Connection
) -> TaskOutcome:
    try:
        task = unpacked(content, _stages(config))
    except Exception as error:  # the engine was edited since the parent loaded it
        reason = f"its process cannot load it: {error}"
        return TaskOutcome(ending="failed", reason=printable(reason), traceback=trace_of(error))
    damages: list[Damage] = []
    store = Store(root, on_damage=damages.append)
    limit_threads(task.numerics.threads)
    try:
        outcome = compute(task, store, run, lambda: connection.send_bytes(BEGUN))
    except KeyboardInterrupt as error:  # the stage raised it: this process ignores Ctrl-C
        outcome = raised(error, task)
    return msgspec.structs.replace(
        outcome,
        damages=tuple(map(str, damages)),
        memory=_most_memory(),
        share=devices.FAMILIES[task.numerics.device].share(),
    )


def _most_memory() -> int:
    """Return the peak main memory of this process in bytes; 0 if the system does not tell."""
    try:
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:  # no Linux
        return 0
    return int(peak[1]) * 1024 if peak else 0


@cache
def _stages(config: Config) -> Mapping[str, Stage]:
    devices.load(config)
    with observed(config.root.resolve()).loading_catalog():  # stages compute with what it has read
        return catalog.load(config)


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, and ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the kernel was asked
        os._exit(1)
