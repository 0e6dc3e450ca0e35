"""A process in which stages run, as the process that waits for it sees it.

It is a fresh interpreter: nothing that pytest, a conftest.py or a notebook has done to its own
process is there. Whatever a stage does to its process, it does to this one alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import wait

import msgspec

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.output import StageOutput
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.wire import BEGUN, packed

# What it imports from comes first: everything else, cbspec included, is found there
START = """\
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:] = connection.recv()
from cbspec.execution.serving import serve
serve(connection)
"""
FAREWELL_SECONDS = 5.0  # for an idle process to end by itself
DEATH_SECONDS = 1.0  # for a process to be gone whose connection is


class StageProcess:
    """One process that computes tasks, one after the other.

    Attributes:
        began: when the stage of the present task began, by `time.monotonic`; 0 before that.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-c", START, str(theirs.fileno())]
        with theirs:
            # A process group of its own: Ctrl-C is ours to hear, and what a stage starts ends
            # with it
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                process_group=0,
            )
        self._output = StageOutput(self._process)
        self.began = 0.0
        self._busy = False
        with suppress(OSError):  # it died at once: `outcome` will tell
            self._connection.send(list(map(str, sys.path)))
            run = workplace.run
            self._connection.send((workplace.config, workplace.store.root, run.path, run.worker))

    @property
    def alive(self) -> bool:
        """Tell whether it can still take a task."""
        return not self._ended()

    def send(self, task: StageTask) -> None:
        """Have it compute a task; it must have none."""
        self.began, self._busy = 0.0, True
        self._output.begin()
        with suppress(OSError):
            self._connection.send_bytes(packed(task))

    def outcome(self, seconds: float) -> TaskOutcome | None:
        """Wait so long for the task to end; None if it has not by then."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if not self._hear(max(left, 0.0)):
                if left <= 0:
                    return None
                continue
            try:
                content = self._connection.recv_bytes()
            except (EOFError, OSError):
                return self._death()
            if content == BEGUN:
                self.began = time.monotonic()
                continue
            self._busy = False
            self._output.pass_on()  # what it printed before it told that
            return msgspec.json.decode(content, type=TaskOutcome)

    def _hear(self, seconds: float) -> bool:
        """Wait so long for a sign of it and pass on what it has printed; tell whether it has
        something to tell, or is gone.
        """
        ready = wait([self._connection, *self._output.descriptors], seconds)
        self._output.pass_on()
        return self._connection in ready

    def kill(self) -> None:
        """End it and all that its stage has started, whatever they do."""
        self._end(patience=0.0)

    def close(self) -> None:
        """Have it end: by itself where it is idle, and at once where it computes."""
        self._connection.close()
        if self._busy:
            self.kill()
        self._end(FAREWELL_SECONDS)
        self._output.pass_on()
        self._output.close()

    def _end(self, patience: float) -> bool:
        """Wait so long for it to end by itself, then end it with its group; tell whether it did."""
        deadline = time.monotonic() + patience
        while not (ended := self._ended()) and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._process.returncode is None:  # not reaped yet, so that the group is still its own
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return ended

    def _ended(self) -> bool:
        """Tell whether it has ended, and leave it to be reaped later."""
        if self._process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def _death(self) -> TaskOutcome:
        """Return how a task ended whose process has gone, or has cut its connection to us."""
        alone, status = self._end(DEATH_SECONDS), self._process.returncode
        self._output.pass_on()
        if not alone:
            reason = "it closed the connection to the process that waits for it"
        elif status < 0:
            memory = "; out of memory?" if status == -signal.SIGKILL else ""
            reason = f"its process was killed ({signal.Signals(-status).name}{memory})"
        else:
            reason = f"it ended its process with exit status {status}"
        return TaskOutcome(ending="failed", reason=reason)
