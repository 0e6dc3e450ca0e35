"""A child process in which stages run, seen from its parent (`serving.py` is the child's side).

The child is a fresh interpreter, free of whatever pytest, a conftest.py or a notebook did to the
parent. And whatever a stage does to its process cannot harm the parent.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import wait
from types import MappingProxyType

import msgspec

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.hashes import HASH_SEED, hash_seed
from cbspec.execution.output import StageOutput
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.wire import BEGUN, packed

# The first message is sys.path, because even cbspec may have to be found on it
START = """\
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:] = connection.recv()
from cbspec.execution.serving import serve
serve(connection)
"""
FAREWELL_SECONDS = 5.0  # that an idle process has to end by itself
WAIT_SECONDS = 0.25  # between two looks whether to stop
DEATH_SECONDS = 1.0  # that a process has to end after its connection is closed


class StageProcess:
    """A child process that computes one task after the other.

    Args:
        workplace: the project, store and run that it works for.
        variables: environment variables that it has besides ours.

    Attributes:
        began: when the stage of the current task began to run (`time.monotonic`); 0 while it is
            still being imported.
    """

    def __init__(
        self, workplace: Workplace, variables: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-c", START, str(theirs.fileno())]
        with theirs:
            # A process group of its own: Ctrl-C in the terminal reaches only the parent, and
            # killing the group ends the processes that a stage has started as well
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                process_group=0,
                env={**os.environ, HASH_SEED: hash_seed(), **variables},
            )
        self._output = StageOutput(self._process)
        self.began = 0.0
        self._busy = False
        with suppress(OSError):  # if it died at once, `outcome` reports it
            self._connection.send(list(map(str, sys.path)))
            run = workplace.run
            self._connection.send((workplace.config, workplace.store.root, run.path, run.worker))

    @property
    def alive(self) -> bool:
        """Tell whether the process still runs, and so can take a task."""
        return not self._ended()

    def send(self, task: StageTask) -> None:
        """Send a task to the process, which must be idle."""
        self.began, self._busy = 0.0, True
        self._output.begin()
        with suppress(OSError):
            self._connection.send_bytes(packed(task))

    def outcome(self, seconds: float) -> TaskOutcome | None:
        """Wait for the task to end.

        Args:
            seconds: how long to wait at most.

        Returns:
            How the task ended; None if it still runs.
        """
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            # A child that the stage has forked may keep the connection of a dead process open.
            # Asked first: what the process sent before it ended is still heard
            ended = self._ended()
            if not self._hear(max(left, 0.0)):
                if ended:
                    return self._death()
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
            self._output.pass_on()  # the process has printed everything before it sent the outcome
            return msgspec.json.decode(content, type=TaskOutcome)

    def _hear(self, seconds: float) -> bool:
        """Wait for a message or output, pass the output on, and tell whether a message is there.

        The end of the process counts as a message.
        """
        ready = wait([self._connection, *self._output.descriptors], seconds)
        self._output.pass_on()
        return self._connection in ready

    def kill(self) -> None:
        """Kill the process and every process that its stage has started."""
        self._end(patience=0.0)

    def close(self) -> None:
        """End the process: let it finish if it is idle, kill it if it computes."""
        self._connection.close()
        if self._busy:
            self.kill()
        self._end(FAREWELL_SECONDS)
        self._output.pass_on()
        self._output.close()

    def _end(self, patience: float) -> bool:
        """Wait for the process to end by itself, then kill its whole group.

        Args:
            patience: seconds to wait before the kill.

        Returns:
            Whether it ended by itself.
        """
        deadline = time.monotonic() + patience
        while not (ended := self._ended()) and time.monotonic() < deadline:
            time.sleep(0.005)
        # Until the process is reaped, the kernel gives its id to nobody else. So this cannot kill
        # another group that happens to have the same number
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return ended

    def _ended(self) -> bool:
        """Tell whether the process has ended, without reaping it."""
        if self._process.returncode is not None:
            return True
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def _death(self) -> TaskOutcome:
        """Return the outcome of a task whose process has died or closed its connection."""
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


def computed_apart(task: StageTask, workplace: Workplace) -> TaskOutcome:
    """Compute a task in a fresh process, and return how it ended.

    Raises:
        Stopped: the run was asked to stop.
    """
    process = StageProcess(workplace)
    try:
        process.send(task)
        while (outcome := process.outcome(WAIT_SECONDS)) is None:
            workplace.run.raise_if_stopped()
        return outcome
    finally:
        process.close()
