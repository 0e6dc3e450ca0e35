"""Which tasks go to Ray in one call, and what becomes of them; Ray is played by a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cbspec.config import Config
from cbspec.execution.backends import Workplace
from cbspec.execution.backends.ray import driving
from cbspec.execution.backends.ray.cluster import RETRIES
from cbspec.execution.backends.ray.experience import SEEN, Experience
from cbspec.execution.backends.ray.parcel import Answer, Delivery, Report
from cbspec.execution.numerics import Numerics
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import EntryBytes, Store
from tests.cbspec.execution.backends.conftest import task


class Calls:
    """Takes the place of a cluster: each call is answered at once.

    Attributes:
        sizes: how many tasks each call had.
        shares: the share of a device that each call asked for.
        first: what the next calls tell before they are answered.
        losses: what the next calls raise in place of all this, each one of them.
    """

    room = 100

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.shares: list[float] = []
        self.first: list[Report] = []
        self.losses: list[Exception] = []

    def submit(
        self,
        parcels: list[Any],
        task: StageTask,  # noqa: ARG002
        memory: int,  # noqa: ARG002
        share: float,
    ) -> int:
        self.sizes.append(len(parcels))
        self.shares.append(share)
        return len(self.sizes)

    def ready(self, streams: list[int], seconds: float) -> list[int]:  # noqa: ARG002
        return streams

    def told(self, stream: int) -> Report | list[Answer]:
        if self.losses:
            raise self.losses.pop()
        if self.first:
            return self.first.pop()
        answer = Answer(TaskOutcome(ending="done", share=0.3, node="there"), seconds=0.01)
        return [answer] * self.sizes[stream - 1]

    def close(self, streams: list[int]) -> None:
        pass


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls that are made."""
    calls = Calls()
    monkeypatch.setattr(driving, "RayCluster", lambda *_: calls)
    monkeypatch.setattr(driving, "explained_loss", str)
    monkeypatch.setattr(driving, "node_was_lost", lambda error: isinstance(error, ConnectionError))
    return calls


@pytest.fixture
def workers(tmp_path: Path, calls: Calls) -> driving.RayWorkers:
    """Workers that have seen enough of a stage to know that it takes a hundredth of a second."""
    run = RunDirectory(tmp_path / "runs" / "run", "main")
    workers = driving.Ray().open(Workplace(Config(tmp_path), Store(tmp_path / "store"), run))
    assert workers.reserve()
    for seed in range(SEEN):
        workers.start(task(seed))
    workers.ended(0.0)
    return workers


def test_short_tasks_go_together(workers: driving.RayWorkers, calls: Calls) -> None:
    """Once their stage is known, tasks of 10 ms go in calls of 0.2 s; the rest in one of its own."""
    for seed in range(100, 150):
        workers.start(task(seed))
    ended = workers.ended(0.0)

    assert calls.sizes == [*[1] * SEEN, 20, 20, 10]
    assert [outcome.ending for _, outcome in ended] == ["done"] * 50
    assert [task.cells[0].seed for task, _ in ended] == list(range(100, 150))


def test_what_was_lost_together_goes_alone(workers: driving.RayWorkers, calls: Calls) -> None:
    """Only those tasks of a lost call fail that do so by themselves."""
    calls.losses.append(RuntimeError("its memory is gone"))
    for seed in (100, 101):
        workers.start(task(seed))
    [first, second] = workers.ended(0.0)
    for seed in (100, 102, 103, 101):
        workers.start(task(seed))
    ended = workers.ended(0.0)

    assert first[1] == second[1] == TaskOutcome(ending="failed", reason="its memory is gone")
    assert calls.sizes == [*[1] * SEEN, 2, 1, 2, 1]
    assert [outcome.ending for _, outcome in ended] == ["done"] * 4


@pytest.mark.parametrize(("losses", "ending"), [(RETRIES, "done"), (RETRIES + 1, "failed")])
def test_what_a_lost_node_was_at_goes_to_another_one(
    workers: driving.RayWorkers, calls: Calls, losses: int, ending: str
) -> None:
    """The same tasks are sent again, three times at most; nobody is told until they have ended."""
    calls.losses += [ConnectionError("its node is gone")] * losses
    for seed in (100, 101):
        workers.start(task(seed))
    before = [workers.ended(0.0) for _ in range(RETRIES)]
    ended = workers.ended(0.0)
    ended += workers.ended(0.0)

    assert before == [[]] * RETRIES
    assert [outcome.ending for _, outcome in ended] == [ending] * 2
    assert calls.sizes == [*[1] * SEEN, *[2] * (RETRIES + 1)]


def test_a_result_that_a_report_brought_damaged_fails_its_task(
    workers: driving.RayWorkers, calls: Calls
) -> None:
    """It does not come again with the answer; the other task of the call is done."""
    damaged = EntryBytes(key="abc", record=b"not json")
    calls.first.append(Report(SEEN + 1, "there", None, Delivery((damaged,))))
    for seed in (100, 101):
        workers.start(task(seed))

    assert workers.ended(0.0) == []
    [(_, fine), (_, failed)] = workers.ended(0.0)

    assert fine.ending == "done"
    assert (failed.ending, failed.node) == ("failed", "there")
    assert failed.reason.startswith("a result was damaged on the way from its worker: ")


def test_tasks_ask_for_the_share_of_a_gpu_that_was_measured(
    workers: driving.RayWorkers, calls: Calls
) -> None:
    """The first of a shape asks for a whole GPU, the next for a third where three fit."""
    for seed in (100, 101):
        workers.start(task(seed, numerics=Numerics(device="cuda", torch="2.11")))
        workers.ended(0.0)

    assert calls.shares[-2:] == [1.0, 1 / 3]


def test_a_dear_task_of_a_short_stage_goes_alone() -> None:
    """How many go together follows from the cost of each, and from the slowest of the last eight."""
    experience = Experience()
    for _ in range(SEEN):
        experience.learn(task(1), memory=5, seconds=0.01)
    before = experience.together(task(2))
    experience.learn(task(1), memory=3, seconds=0.05)

    assert before == 20
    assert experience.together(task(2)) == 4
    assert experience.together(task(2, up_to=3)) == 1
    assert experience.memory(task(1).stage.name) == 5
