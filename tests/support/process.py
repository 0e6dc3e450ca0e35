"""pytest runs in processes of their own, forked from a server that has imported what every run
imports: an interpreter that starts afresh spends most of a small run on that.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from tests.support.patience import PATIENCE
from tests.support.warm_workers import keep_ready

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.support.preload"])


class PytestProcess:
    """One run of pytest, in a folder."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        with NamedTemporaryFile(delete=False) as file:
            self._output = Path(file.name)
        inputs = (list(arguments), str(folder), dict(environment), file.name)
        self._process = SERVER.Process(target=run_pytest, args=inputs)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        os.kill(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> tuple[int, str]:
        """Wait for the run; exit status and all that it printed."""
        self._process.join(PATIENCE)
        output = self._output.read_text()
        assert self._process.exitcode is not None, f"pytest does not end:\n{output}"
        return self._process.exitcode, output

    def discard(self) -> None:
        """Leave neither a process nor a file."""
        self.kill()
        self._process.join()
        self._output.unlink(missing_ok=True)


def run_pytest(
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    output: str,
    spares: int = 0,
) -> None:
    """Do in a forked process what ``python -m pytest`` does in one of its own.

    Args:
        spares: how many workers wait to take the place of one that is killed.
    """
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = False  # it is kept where cbspec is installed
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(output, "wb") as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if "-n" in arguments:
        keep_ready(int(arguments[arguments.index("-n") + 1]) + spares)
    sys.exit(pytest.main(arguments))
