"""Workers of xdist that are forked before pytest begins, from a process that has imported what they
need.

What execnet starts for a worker is an interpreter that waits for a line of code. These wait for the
same line, and differ from it only in what they have imported by then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from execnet import gateway_base, gateway_io

SPARE, WORKER = "spare", "worker"  # the name of a process before and after it is one's worker


class WarmWorker:
    """A process that is to become a worker; execnet takes it for a `subprocess.Popen`."""

    def __init__(self, earlier: Sequence[WarmWorker]) -> None:
        (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
        self.stdin, self.stdout = os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb")
        self._pid = os.fork()
        if not self._pid:
            for worker in (self, *earlier):
                worker.stdin.close()
                worker.stdout.close()
            _become_worker(theirs_in, theirs_out)
        os.close(theirs_in)
        os.close(theirs_out)

    def bequeath(self) -> None:
        """Give it what a process that is started at this moment would inherit."""
        self.stdin.write(json.dumps([dict(os.environ), str(Path.cwd())]).encode() + b"\n")

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


def keep_ready(count: int) -> None:
    """Have execnet take so many of them before it starts interpreters."""
    ready: list[WarmWorker] = []
    for _ in range(count):
        ready.append(WarmWorker(ready))

    class WarmIO(gateway_io.Popen2IOMaster):
        def __init__(self, args: Any, execmodel: gateway_base.ExecModel) -> None:
            if not ready:
                super().__init__(args, execmodel)
                return
            self.popen = worker = ready.pop(0)
            worker.bequeath()
            gateway_base.Popen2IO.__init__(self, worker.stdin, worker.stdout, execmodel)

    gateway_io.Popen2IOMaster = WarmIO


def _become_worker(stdin: int, stdout: int) -> None:
    """Do what ``python -c "import sys;exec(eval(sys.stdin.readline()))"`` does, and end."""
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    sys.stdin, sys.argv = os.fdopen(0, "r", closefd=False), ["-c"]
    status = 0
    try:
        _name(SPARE)
        if inherited := sys.stdin.readline():
            environment, folder = json.loads(inherited)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            _name(WORKER)
            exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    os._exit(status)


def _name(name: str) -> None:
    """Have the kernel call this process so, where it can."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def is_spare(pid: int) -> bool:
    """Tell whether a process waits to become a worker."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == SPARE
    except OSError:
        return False
