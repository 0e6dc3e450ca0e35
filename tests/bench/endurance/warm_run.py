"""Runs of pytest that are forked from a server which has imported what they need, with their workers:
what an interpreter takes to start is most of a small run.
"""

from __future__ import annotations

import os
import runpy
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.support.process import run, run_pytest, warm_server

SPARES = 4  # workers that xdist takes for killed ones; later ones start afresh


class WarmRun:
    """One run, in a process group of its own, that is waited for like a `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        inputs = (list(arguments), str(folder), dict(environment))
        self._process = warm_server().Process(target=_run_apart, args=inputs)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Return the exit status when it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not after so many seconds.
        """
        self._process.join(seconds)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("pytest", seconds)
        return status


def _run_apart(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Do what a shell and a fresh interpreter do before pytest begins, then run it."""
    os.setsid()
    os.environ.update(environment)
    # Python would have run it at its start
    early = Path(folder, "sitecustomize.py")
    if early.exists():
        runpy.run_path(str(early))
    program = partial(run_pytest, spares=SPARES)
    run(program, arguments, folder, environment, f"{folder}/output.txt")
