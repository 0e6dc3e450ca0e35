"""How often helpers may be lost: what goes on with each of them is not given up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cbspec.config import Config
from cbspec.execution.backends import Workplace
from cbspec.execution.backends.local import LocalWorkers
from cbspec.execution.backends.slurm import Slurm, driving
from cbspec.execution.backends.slurm.counter import MOST_HELPERS, Counter
from cbspec.execution.backends.slurm.driving import FUTILE, SlurmWorkers
from cbspec.execution.backends.slurm.helping import Helper, HelperBench
from cbspec.execution.computing import resume_point
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import Store
from tests.cbspec.execution.backends.conftest import task


class NoJobs:
    """Slurm jobs that have always ended already."""

    alive = 0
    pending = ""

    def __init__(self, *_: Any) -> None:
        self.submitted = 0

    def submit(self, number: int) -> None:
        self.submitted += number

    def last_words(self) -> str:
        return "no such interpreter"

    def cancel(self) -> None:
        pass


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A run without results."""
    run = RunDirectory(tmp_path / "runs" / "run", "main")
    return Workplace(Config(tmp_path), Store(tmp_path / "store"), run)


@pytest.fixture
def workers(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> SlurmWorkers:
    """The driver, with one task on the counter."""
    monkeypatch.setattr(driving, "HelperJobs", NoJobs)
    workers = Slurm().open(place)
    assert workers.reserve()
    workers.start(task(1))
    return workers


def test_helpers_that_take_nothing_are_given_up(workers: SlurmWorkers) -> None:
    """The reason is what the last of them said."""
    ended = [workers.ended(0.0) for _ in range(FUTILE + 1)]

    assert ended[:-1] == [[]] * FUTILE
    [[(_, outcome)]] = ended[-1:]
    assert outcome.ending == "refused"
    assert outcome.reason.endswith("computed anything: no such interpreter")


def test_helpers_that_end_over_a_long_task_are_replaced(
    workers: SlurmWorkers, place: Workplace
) -> None:
    """A task may take longer than the time limit of any number of helpers."""
    counter = Counter(place.run)
    for hour in range(3 * FUTILE):
        assert not workers.ended(0.0)
        counter.count("0000000", f"1 {hour}")

    assert not workers.ended(0.0)


def test_a_task_that_waits_tells_why(
    workers: SlurmWorkers, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Slurm's own words, as long as it lets helpers wait."""
    told = []
    for reason in ("", "Nodes are DOWN", "Nodes are DOWN", ""):
        monkeypatch.setattr(NoJobs, "pending", reason)
        workers.ended(0.0)
        told.append([status.job for status in place.run.statuses()])

    waits = "count waits for a helper"
    assert told == [[waits], *[[f"{waits} (Slurm: Nodes are DOWN)"]] * 2, [waits]]


@pytest.mark.parametrize(
    ("until", "hint"),
    [(None, ""), (0.0, "; does one point of it take longer than their time limit?")],
)
def test_losses_count_as_long_as_nothing_is_reached(
    workers: SlurmWorkers, place: Workplace, until: float | None, hint: str
) -> None:
    """Five helpers in a row may be lost at one point of a task; the sixth says that it has failed."""
    assert workers
    counter, planned = Counter(place.run), task(1, up_to=3)
    for hour in range(4):
        for _ in range(MOST_HELPERS):
            counter.count("0000000", f"1 {hour}")
    beyond = counter.count("0000000", "1 4")
    lost = [counter.count("0000000", "1 0") for _ in range(MOST_HELPERS)]
    taken = counter.take()
    assert taken is not None
    bench = HelperBench(place.config, place.run, counter, until)
    bench._received = lambda _: planned  # type: ignore[method-assign]
    outcome = bench.compute(taken)

    assert beyond == 1
    assert lost == [1, 2, 3, 4, 5]
    assert resume_point(planned, place.store) == 0
    assert isinstance(outcome, TaskOutcome)
    assert (outcome.ending, outcome.reason) == (
        "failed",
        f"5 helpers were lost while they computed it{hint}",
    )


def test_a_task_knows_when_its_helper_is_ended(
    workers: SlurmWorkers, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time limit that was asked of Slurm, so that a point is saved before it."""
    started: list[StageTask] = []
    planned, done = task(1), TaskOutcome(ending="done")
    monkeypatch.setattr(HelperBench, "_received", lambda *_: planned)
    monkeypatch.setattr(LocalWorkers, "start", lambda _, begun: started.append(begun))
    monkeypatch.setattr(LocalWorkers, "ended", lambda *_: [(planned, done)])
    monkeypatch.setattr(Counter, "bring", lambda *_: place.run.stop())
    began = time.time()

    Helper(place.run.path, minutes=90)()

    assert workers
    [begun] = started
    assert begun.until is not None
    assert began + 5400 <= begun.until <= time.time() + 5400
