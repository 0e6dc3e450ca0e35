"""Work on a copy of the project, in a process of its own that is ended when its time is over.

A process is forked from a server that has imported the expensive packages, but nothing of the
engine, so that each process imports its own copy of the engine.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from cbspec.errors import described
from cbspec.execution.numerics import torch_build

SOON = 0.05  # seconds: no deadline is looked at more often


def server() -> ForkServerContext:
    """Return the server that processes are forked from."""
    context = multiprocessing.get_context("forkserver")
    expensive = ["scipy.stats", "cbspec.project", "cbspec.trials.trials"]
    if torch_build():
        expensive.append("torch")
    context.set_forkserver_preload(expensive)
    return context


def own_time(process: int | None = None) -> float:
    """Return a time in seconds that stands still while a process waits for a processor.

    So what others do on the machine does not count, and a process that sleeps or computes for ever
    runs late at the same time on a busy machine. The time of `time.monotonic` where the system does
    not tell how long a process has waited; Linux does.

    Args:
        process: its id; this process by default.
    """
    waited = 0.0
    with suppress(OSError):
        statistics = Path(f"/proc/{process or 'self'}/schedstat").read_text()
        waited = int(statistics.split()[1]) / 1e9
    return time.monotonic() - waited


@dataclass
class Worker:
    """One process, which sends one answer.

    Attributes:
        deadline: in its `own_time`; after it the process is killed.
    """

    process: ForkServerProcess
    answer: Connection
    deadline: float

    @property
    def left(self) -> float:
        """Return the seconds until the deadline."""
        return self.deadline - own_time(self.process.pid)

    @classmethod
    def start(
        cls, context: ForkServerContext, seconds: float, work: Callable[..., Any], *arguments: Any
    ) -> Worker:
        """Start a process that does `work` within `seconds`."""
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(sender, work, arguments))
        process.start()
        sender.close()
        return cls(process, receiver, own_time(process.pid) + seconds)

    def result(self) -> Any:
        """Wait for the answer, and end the process.

        Raises:
            Ended: the process raised, was ended, or ran past its time.
        """
        try:
            while not self.answer.poll(max(0.0, self.left)):
                if self.left <= 0:
                    raise Ended("ran past its time")
            error, result = self.answer.recv()
        except EOFError:
            self.process.join()
            status = self.process.exitcode
            raise Ended(f"ended its process with status {status}") from None
        finally:
            self.kill()
        if error:
            raise Ended(error)
        return result

    def kill(self) -> None:
        """Kill the process, and close the connection."""
        with suppress(ValueError):
            self.process.kill()
            self.process.join()
        self.answer.close()


class Ended(Exception):
    """The process ended without an answer."""


class RanLate(KeyboardInterrupt):
    """The work took too long. A run takes it for Ctrl-C, which is never a stage's own failure."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupt the block after some time, by the `own_time` of this process.

    Raises:
        RanLate: the time is over.
    """
    deadline = own_time() + seconds

    def interrupt(*_: object) -> None:
        left = deadline - own_time()
        if left <= 0:
            raise RanLate
        signal.setitimer(signal.ITIMER_REAL, max(left, SOON))

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def terminated_in_order() -> Iterator[None]:
    """Turn SIGTERM into `SystemExit`, so that the block removes its folders and processes."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _answer(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Do the work, and send its result, or the exception that it raised."""
    try:
        sender.send(("", work(*arguments)))
    except (Exception, SystemExit) as error:
        sender.send((described(error), None))
    sender.close()
