"""Kills: of any process of a run at random moments, and of each at a file operation."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.bench.endurance.lab import Toll, kill_one, laboratory
from tests.bench.report import Row

CHECKED = 0.3  # the share of disturbed runs after which a clean one is compared
DEEPEST = 150  # file operations of a process in its results; most make fewer


def kills(count: int = 600, seed: int = 2027) -> Iterator[Row]:
    """Kill a stage's process, a worker, the controller or the whole run, several times in a run."""
    draw, killed = random.Random(seed), 0
    with laboratory() as lab:
        toll = Toll(lab)
        with suppress(KeyboardInterrupt):
            while killed < count:
                run = lab.begin(draw.choice([0, 1, 2, 2]))
                for _ in range(draw.randint(1, 8)):
                    time.sleep(draw.uniform(0.0, 0.6) * toll.usual)
                    killed += kill_one(run, draw)
                    if run.poll() is not None:
                        break
                toll.late += not lab.ended(run)
                if draw.random() < CHECKED:
                    toll.check()
        toll.check()
        yield from toll.rows(f"{killed} kill -9 of processes, seed {seed}")


def operations(count: int = 400, seed: int = 2028) -> Iterator[Row]:
    """Kill each process of a run at its Nth operation on the project's results."""
    draw = random.Random(seed)
    with laboratory() as lab:
        toll = Toll(lab)
        marks = lab.folder / "killed.txt"
        marks.touch()
        killed = 0
        with suppress(KeyboardInterrupt):
            while killed < count:
                number = str(draw.randint(1, DEEPEST))
                run = lab.begin(draw.choice([0, 1, 2, 2]), SABOTAGE=number, SABOTAGED=str(marks))
                toll.late += not lab.ended(run)
                killed = len(marks.read_text().splitlines())
                if draw.random() < CHECKED:
                    toll.check()
        toll.check()
        yield from toll.rows(f"{killed} kill -9 at a file operation, seed {seed}")
