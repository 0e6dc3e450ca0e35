"""The process in which stages run: it ends with the one that waits for it, and whenever that wants."""

import subprocess
import sys
from pathlib import Path

import pytest

from cbspec.errors import Stopped
from tests.cbspec.execution.backends.conftest import working
from tests.cbspec.execution.backends.unruly import acting
from tests.cbspec.execution.conftest import values
from tests.support.patience import until


def alive(pid):
    """Whether a process computes: neither gone nor only waiting to be told so."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def lingering(one, folder):
    """A cell whose computation never ends, planned."""
    cell = one.planner.cell(acting("linger", mark=str(folder / "pid")), 1)
    one.plan_cells([cell])
    return cell


def work(folder):
    """A process that judges, and waits for a stage."""
    one = working(folder)
    one.ensure([lingering(one, folder)])


def test_it_ends_when_the_one_that_waits_is_killed(tmp_path, spawn):
    """A killed worker leaves no process that goes on computing, and no lock."""
    worker = spawn(work, tmp_path)
    until((tmp_path / "pid").exists, "the stage to begin")
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)

    worker.kill()
    worker.join()
    until(lambda: not alive(pid), "the stage's process to end")

    heir = working(tmp_path, worker="gw1")
    assert heir.store.try_lock(lingering(heir, tmp_path).lane) is not None


def test_a_run_that_stops_does_not_wait_for_a_stage(computing_with, tmp_path):
    """A stage that never looks up is ended when the run is asked to stop; its lane is free, and no
    failure is on record.
    """
    one = computing_with()
    cell = lingering(one, tmp_path)
    while not (tmp_path / "pid").exists():
        one.step()
    pid = int((tmp_path / "pid").read_text())

    one.run.stop()
    with pytest.raises(Stopped):
        one.ensure([cell])

    assert not alive(pid)
    assert one.run.failed() == one.run.suspects() == frozenset()
    assert [event.outcome for event in one.run.events()] == ["stopped"]
    assert one.store.try_lock(cell.lane) is not None


def test_one_process_serves_from_one_job_to_the_next(computing_with, tmp_path):
    """A process that has done well is kept, and one in which a stage raised is not."""
    one = computing_with()
    marks = [tmp_path / name for name in ("a", "b", "c")]

    def pid_after(mark):
        cell = one.planner.cell(acting("note", mark=str(mark)), 1)
        one.plan_cells([cell])
        one.drain()
        return mark.read_text()

    first, second = pid_after(marks[0]), pid_after(marks[1])
    one.plan_cells([one.planner.cell(acting("stopped"), 1)])
    one.drain()

    assert first == second != pid_after(marks[2])


def test_sets_of_text_have_one_order_in_every_process(computing_with, tmp_path, monkeypatch):
    """A stage that goes through a set finds one order, run for run, unless a person has chosen
    another.
    """
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    one = computing_with()
    mark = tmp_path / "mark"

    one.plan_cells([one.planner.cell(acting("hash", mark=str(mark)), 1)])
    one.drain()

    command = [sys.executable, "-c", "print(hash('orchard'), end='')"]
    fixed = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True)
    assert mark.read_text() == fixed.stdout


def test_no_process_to_be_had_is_a_failure_of_the_stage(computing_with, monkeypatch):
    """Where the system refuses a process, the stage fails by name, and a later one is computed."""
    one = computing_with()
    cells = [one.planner.cell(acting(), seed) for seed in (1, 2)]

    def refuse(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr("subprocess.Popen", refuse)
        one.plan_cells(cells[:1])
        one.drain()
    one.plan_cells(cells)
    one.drain()

    reason = "no process could be started for it: [Errno 12] Cannot allocate memory"
    message = f"act seed 1 could not be computed: {reason}, at both attempts"
    assert one.run.failure(cells[0].lane).message == message
    assert values(one.ensure(cells[1:])) == [2.0]
