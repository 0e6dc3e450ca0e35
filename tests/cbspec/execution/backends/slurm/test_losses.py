"""How often helpers may be lost: what goes on with each of them is not given up."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from cbspec.config import Config
from cbspec.execution.backends import Workplace
from cbspec.execution.backends.local import LocalWorkers
from cbspec.execution.backends.slurm import Slurm, driving, helping
from cbspec.execution.backends.slurm.counter import MOST_HELPERS, Counter
from cbspec.execution.backends.slurm.driving import FUTILE, SlurmWorkers
from cbspec.execution.backends.slurm.helping import Helper, HelperBench
from cbspec.execution.computing import resume_point
from cbspec.execution.messages import waiting
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


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that a helper raises, which do not reach this process; it computes nothing."""
    signals: list[int] = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "raise_signal", signals.append)
    monkeypatch.setattr(LocalWorkers, "start", lambda *_: None)
    return signals


def computed(
    place: Workplace, planned: StageTask, minutes: int = 0, bench: HelperBench | None = None
) -> TaskOutcome:
    """What a helper says of the task on the counter."""
    counter = Counter(place.run)
    bench = bench or HelperBench(place.config, place.run, counter, minutes)
    bench._received = lambda _: planned  # type: ignore[method-assign]
    taken = counter.take()
    assert taken is not None
    return bench.compute(taken)


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


def test_losses_count_as_long_as_nothing_is_reached(
    workers: SlurmWorkers, place: Workplace
) -> None:
    """Five helpers in a row may be lost at one point of a task; the sixth says that it has failed."""
    counter, planned = Counter(place.run), task(1, up_to=3)
    for hour in range(4):
        for _ in range(MOST_HELPERS):
            counter.count("0000000", f"1 {hour}")
    beyond = counter.count("0000000", "1 4")
    lost = [counter.count("0000000", "1 0") for _ in range(MOST_HELPERS)]
    outcome = computed(place, planned)

    assert workers
    assert beyond == 1
    assert lost == [1, 2, 3, 4, 5]
    assert resume_point(planned, place.store) == 0
    assert (outcome.ending, outcome.reason) == (
        "failed",
        "5 helpers were lost while they computed it",
    )


@pytest.mark.parametrize(
    ("minutes", "spent", "ending"),
    [
        (1, ["1 0 58.0", "1 0 54.5"], "refused"),
        (1, ["1 0 58.0", "1 0 50.0"], "done"),  # it had begun with another task
        (1, ["1 0 58.0", "1 1 58.0"], "done"),  # it stored a point
        (90, ["1 0 58.0", "1 0 58.0"], "done"),  # they had less time
        (0, ["1 0 58.0", "1 0 58.0"], "done"),  # as by hand, without a limit
    ],
)
def test_a_point_that_takes_longer_than_the_time_limit_is_tried_twice(
    workers: SlurmWorkers,
    place: Workplace,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    spent: list[str],
    ending: str,
) -> None:
    """Two helpers with all their time for it are enough, and the words say what to do."""
    counter, planned = Counter(place.run), task(1, up_to=3)
    for line in spent:
        at, _, seconds = line.rpartition(" ")
        counter.count("0000000", at)
        counter.spend("0000000", at, float(seconds))
    monkeypatch.setattr(LocalWorkers, "start", lambda *_: None)
    monkeypatch.setattr(LocalWorkers, "ended", lambda *_: [(planned, TaskOutcome(ending="done"))])
    outcome = computed(place, planned, minutes)

    assert workers
    assert outcome.ending == ending
    if ending == "refused":
        assert outcome.reason == (
            "2 helpers had their whole time limit of 1 min for it and stored no further point: "
            "raise time=, or have the stage save points more often"
        )


def test_a_lost_helper_shows_no_progress(
    workers: SlurmWorkers, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once another one has taken its task."""
    planned = task(1, up_to=3)
    RunDirectory(place.run.path, "n1.1").publish(waiting("n1.1", "count", planned.lanes))
    monkeypatch.setattr(LocalWorkers, "start", lambda *_: None)
    monkeypatch.setattr(LocalWorkers, "ended", lambda *_: [(planned, TaskOutcome(ending="done"))])
    computed(place, planned)

    assert workers
    assert "n1.1" not in [status.worker for status in place.run.statuses()]


def test_a_helper_that_slurm_ends_notes_how_long_it_had_its_task(
    workers: SlurmWorkers,
    place: Workplace,
    raised: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And dies of the signal. Without a task it notes nothing."""
    planned = task(1, up_to=3)
    counter = Counter(place.run)
    bench = HelperBench(place.config, place.run, counter)

    def ended(*_: object) -> list[tuple[StageTask, TaskOutcome]]:
        bench.end(signal.SIGTERM)
        return [(planned, TaskOutcome(ending="done"))]

    monkeypatch.setattr(LocalWorkers, "ended", ended)
    began = time.time()
    computed(place, planned, bench=bench)
    [seconds] = counter.spent("0000000", "1 0")
    bench.end(signal.SIGTERM)

    assert workers
    assert 0 <= seconds <= time.time() - began
    assert counter.spent("0000000", "1 0") == [seconds]
    assert raised == [signal.SIGTERM, signal.SIGTERM]


def test_a_helper_that_slurm_ends_dies_although_its_run_has_ended(
    workers: SlurmWorkers,
    place: Workplace,
    raised: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run removes its folder while it cancels the helpers."""
    planned = task(1, up_to=3)
    bench = HelperBench(place.config, place.run, Counter(place.run))

    def ended(*_: object) -> list[tuple[StageTask, TaskOutcome]]:
        place.run.remove()
        bench.end(signal.SIGTERM)
        return [(planned, TaskOutcome(ending="done"))]

    monkeypatch.setattr(LocalWorkers, "ended", ended)
    computed(place, planned, bench=bench)

    assert workers
    assert raised == [signal.SIGTERM]


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


@pytest.mark.parametrize("moment", ["amid", "between"])
def test_a_helper_ends_when_the_driver_was_killed(
    workers: SlurmWorkers, place: Workplace, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Amid a task, and before it takes the next one: nobody waits for the outcome."""
    ending = [(task(1), TaskOutcome(ending="done"))]
    begun: list[StageTask] = []
    workers.start(task(2))

    def ended(*_: object) -> list[tuple[StageTask, TaskOutcome]]:
        workers._driver.release()
        return ending if moment == "between" else []

    monkeypatch.setattr(helping, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(HelperBench, "_received", lambda *_: task(1))
    monkeypatch.setattr(LocalWorkers, "start", lambda _, started: begun.append(started))
    monkeypatch.setattr(LocalWorkers, "ended", ended)

    Helper(place.run.path)()

    assert len(begun) == 1
    assert len(Counter(place.run).outcomes()) == (moment == "between")
