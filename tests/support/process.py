"""pytest and cbspec run in processes of their own, forked from a server that has imported what every run
imports: an interpreter that starts afresh spends most of a small run on that.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from cbspec.cli import main
from tests.support.patience import PATIENCE
from tests.support.warm_workers import keep_ready

REPOSITORY = Path(__file__).parents[2]


def warm_server() -> ForkServerContext:
    """Return what forks runs, started unless it runs, with all imported that every run imports."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.support.preload"])
    with pytest.MonkeyPatch.context() as patch:
        # Before Python 3.13 it is not told our sys.path, and passes over what it does not find
        patch.setenv("PYTHONPATH", str(REPOSITORY), prepend=os.pathsep)
        forkserver.ensure_running()
    return context


class ForkedProcess:
    """One run of a program, in a folder.

    Args:
        program: what is called with the arguments; its result is the exit status.
        arguments: what a command line would hold.
        folder: the working directory, and where Python looks for modules first.
        environment: all of its environment variables.
    """

    def __init__(
        self,
        program: Callable[[Any], object],
        arguments: Any,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        with NamedTemporaryFile(delete=False) as file:
            self._output = Path(file.name)
        inputs = (program, arguments, str(folder), dict(environment), file.name)
        self._process = warm_server().Process(target=run, args=inputs)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        os.kill(self._process.pid, signal.SIGINT)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> tuple[int, str]:
        """Wait for the run; exit status and all that it printed."""
        self._process.join(PATIENCE)
        output = self._output.read_text()
        assert self._process.exitcode is not None, f"it does not end:\n{output}"
        return self._process.exitcode, output

    def discard(self) -> None:
        """Leave neither a process nor a file."""
        self.kill()
        self._process.join()
        self._output.unlink(missing_ok=True)


class PytestProcess(ForkedProcess):
    """One run of pytest, in a folder."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        super().__init__(run_pytest, list(arguments), folder, environment)


def run(
    program: Callable[[Any], object],
    arguments: Any,
    folder: str,
    environment: Mapping[str, str],
    output: str,
) -> None:
    """Do in a forked process what a program does in one of its own."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = False  # it is kept where cbspec is installed
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(output, "wb") as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(program(arguments))


def run_pytest(arguments: Sequence[str], spares: int = 0) -> object:
    """Do what ``python -m pytest`` does.

    Args:
        spares: how many workers wait to take the place of one that is killed.
    """
    if "-n" in arguments:
        keep_ready(int(arguments[arguments.index("-n") + 1]) + spares)
    return pytest.main(arguments)


def run_cbspec(arguments: Sequence[str]) -> object:
    """Do what ``python -m cbspec.cli`` does."""
    return main(arguments, prog_name="cbspec")
