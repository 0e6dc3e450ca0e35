"""A run says which other run it waits for."""

import os

from cbspec.execution.progress import _progress
from tests.cbspec.execution.arithmetic import added, counted
from tests.cbspec.execution.conftest import executor, impatient


def test_another_run_that_computes_is_named(tmp_path, monkeypatch):
    """What another run holds is told with its process, for what needs it, too, until it is there."""
    monkeypatch.setattr("cbspec.execution.waiting.LOOK_SECONDS", 0.0)
    ours, theirs = executor(tmp_path, run="ours"), executor(tmp_path, run="theirs")
    needed = ours.planner.cell(counted(2), 7)
    wanted = ours.planner.cell(added(1.0, counted(2)), 7)
    ours.plan_cells([wanted])
    theirs.plan_cells([needed])
    told = []

    with theirs.store.try_lock(needed.lane):

        def then(_seconds):
            told.extend(ours.run.statuses())
            if told:
                monkeypatch.undo()
                theirs.store.put(needed.key, measures={"value": 7002.0})

        monkeypatch.setattr("time.sleep", then)
        ours.ensure([wanted])

    [status] = told
    assert status.job.startswith(f"waits for count@2 seed 7, which process {os.getpid()} on ")
    assert status.job.endswith(" computes")
    assert _progress(status) == "0 s"
    assert ours.run.statuses() == []


def test_what_the_own_run_computes_is_not_told_again(tmp_path):
    """A worker that waits for another one of its run says nothing: that one is shown."""
    ours = executor(tmp_path)
    cell = ours.planner.cell(counted(2), 7)
    other = executor(tmp_path, worker="gw1")

    with other.store.try_lock(cell.lane):
        ours._waiting.publish([cell])
        assert [status.worker for status in ours.run.statuses()] == ["main"]
        ours._waiting.end()
        tell(other, cell)
        ours._waiting.publish([cell])

    assert [status.worker for status in ours.run.statuses()] == ["gw1"]


def test_two_that_waited_for_another_run_do_not_wait_for_each_other(tmp_path):
    """Workers that have both said what they wait for leave once it is there and all have judged."""
    one = impatient(tmp_path, workers=2)
    other = executor(tmp_path, worker="gw1", workers=2)
    cell = one.planner.cell(counted(2), 7)
    one.plan_cells([cell])
    with executor(tmp_path, run="theirs").store.try_lock(cell.lane):
        for worker in (one, other):
            worker._waiting.publish([cell])
    assert [status.worker for status in one.run.statuses()] == ["gw1", "main"]
    other.run.finish_judging()

    one.drain()

    assert one.store.has(cell.key)
    assert [status.worker for status in one.run.statuses()] == ["gw1"]


def tell(executor, cell):
    from cbspec.execution.messages import Status

    executor.run.publish(
        Status(worker="gw1", job="count", lanes=(cell.lane,), started=0.0, updated=0.0)
    )
