"""What is left after SIGKILL at random moments, a worker and then the whole run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence

from tests.bench.project import fresh
from tests.bench.report import Row


def kills(claims: Sequence[str], count: int = 200) -> Iterator[Row]:
    """Runs killed at sizes small enough that a run is many stages in few seconds.

    A run that ends undisturbed is compared with one that never was, to the last bit, and the next
    starts on an empty store.
    """
    draw, different, left, ended = random.Random(2026), 0, 0, 0
    with fresh() as project:
        project.shrink()
        project.run(*claims, "-n", "4")
        expected = project.figures()
        project.forget()
        for number in range(count):
            if killed(project.start(*claims, "-n", "4"), draw) and number < count - 1:
                continue
            project.run(*claims, "-n", "4")
            ended += 1
            different += project.figures() != expected
            left += len(project.leftovers())
            project.forget()
    yield Row(
        f"runs with other figures after {count} kill -9",
        f"{different} of {ended}",
        "0",
        different == 0,
    )
    yield Row(
        f"locks, scratch files and run folders left after {count} kill -9",
        str(left),
        "0",
        left == 0,
    )


def killed(run: subprocess.Popen[bytes], draw: random.Random) -> bool:
    """Kill a run in the middle, half of the time one worker first; False when it had ended by
    itself.
    """
    time.sleep(draw.uniform(1.0, 9.0))
    ended = run.poll() is not None
    workers = children(run.pid)
    if workers and draw.random() < 0.5:
        os.kill(draw.choice(workers), signal.SIGKILL)
        time.sleep(draw.uniform(0.0, 1.0))
    if not ended:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    return not ended


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [int(word) for word in listed.split()]
