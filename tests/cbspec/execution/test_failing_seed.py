"""What a stage that fails for one seed leaves to the others: everything, and the run ends."""

import time

import pytest

from cbspec.execution.failure import StageFailed
from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory
from tests.cbspec.execution import arithmetic
from tests.cbspec.execution.arithmetic import added, cracked
from tests.cbspec.execution.conftest import executor, impatient, values
from tests.support.patience import PATIENCE


def behind(planner, at, seeds):
    """Cells that need a stage which breaks at one seed."""
    return [planner.cell(added(0.5, cracked(at)), seed) for seed in seeds]


EACH = ["crack [1]", "crack [2]", "crack [3]"]


@pytest.mark.parametrize(("at", "alone"), [(1, EACH), (3, EACH[2:])])
def test_only_the_seed_that_fails_is_lost(tmp_path, journal, at, alone):
    """The seeds of a job that raised are tried one by one, once, and the good ones go on."""
    one = impatient(tmp_path)
    cells = behind(one.planner, at, (1, 2, 3))
    one.plan_cells(cells)

    one.drain()
    good = [cell for cell in cells if cell.seed != at]
    found = one.ensure(good)
    message = rf"^crack seed {at} could not be computed: RuntimeError: the shaft is bent"
    with pytest.raises(StageFailed, match=message):
        one.ensure(cells)

    together = [(cell.seed, 0.5) for cell in good]
    outcomes = [event.outcome for event in one.run.events()]
    assert values(found) == [cell.seed + 0.5 for cell in good]
    assert journal() == ["crack [1, 2, 3]", *alone, f"add {together}"]
    assert outcomes[0].startswith(
        "failed, its 3 replicas are computed one by one (RuntimeError: the shaft is bent"
    )
    again = ["done at the second attempt"] * (len(alone) - 1)
    assert sorted(outcomes[1:]) == ["done", *again, "failed"]


def test_stored_seeds_do_not_wait_for_one_that_fails(tmp_path, journal):
    """Seeds whose inputs an earlier run stored are computed although another one's input fails."""
    earlier = executor(tmp_path)
    stored = [earlier.planner.cell(cracked(3), seed) for seed in (1, 2)]
    earlier.plan_cells(stored)
    earlier.ensure(stored)
    one = impatient(tmp_path, run="second")
    cells = behind(one.planner, 3, (1, 2, 3))
    one.plan_cells(cells)

    with pytest.raises(StageFailed, match="crack seed 3"):
        one.ensure(cells)

    assert values(one.ensure(cells[:2])) == [1.5, 2.5]
    assert journal() == ["crack [1, 2]", *["crack [3]"] * 2, "add [(1, 0.5), (2, 0.5)]"]


def test_a_stored_seed_is_not_called_failed(tmp_path, journal):
    """What was stored before its job broke down has its value for claims that ask later."""
    one = impatient(tmp_path)
    cells = [one.planner.cell(cracked(3), seed) for seed in (1, 2, 3)]
    one.plan_cells(cells)
    one.drain()

    assert values(one.ensure(cells[:2])) == [1.0, 2.0]
    assert one.run.failed() == {cells[2].lane}


def test_what_fails_only_together_is_computed(tmp_path, journal, monkeypatch):
    """A job that is too large for the machine has all its results, each seed's by itself."""

    def large(job):
        if len(job.replicas) > 1:
            raise MemoryError
        job.emit(0, measures={"value": float(job.replicas[0].seed)})

    monkeypatch.setattr(arithmetic, "crack", large)
    one = impatient(tmp_path)
    cells = [one.planner.cell(cracked(0), seed) for seed in (1, 2, 3)]
    one.plan_cells(cells)

    assert values(one.ensure(cells)) == [1.0, 2.0, 3.0]
    assert one.run.failed() == frozenset()


def work(folder, worker):
    """A worker process: hold the whole plan and help until it is done."""
    own = executor(folder, worker=worker, workers=2)
    own.plan_cells(behind(own.planner, 3, (1, 2, 3)))
    own.drain()


def test_processes_end_although_a_seed_fails(tmp_path, journal, spawn):
    """Two processes compute what one failing seed leaves, each thing once, and end."""
    workers = [spawn(work, tmp_path, f"gw{index}") for index in range(2)]
    for process in workers:
        process.join(PATIENCE)

    check = executor(tmp_path)
    assert [process.exitcode for process in workers] == [0, 0]
    assert values(check.ensure(behind(check.planner, 3, (1, 2)))) == [1.5, 2.5]
    assert sorted(journal()) == ["add [(1, 0.5), (2, 0.5)]", "crack [1, 2, 3]", "crack [3]"]


def test_what_killed_a_process_is_computed_seed_by_seed(tmp_path, journal):
    """A job that killed a process is computed seed by seed: only the deadly one can fail."""
    one = impatient(tmp_path)
    cells = [one.planner.cell(cracked(0), seed) for seed in (1, 2, 3)]
    one.plan_cells(cells)
    dying, now = RunDirectory(one.run.path, "gw0"), time.time()
    lanes = tuple(cell.lane for cell in cells)
    dying.publish(Status(worker="gw0", job="crack", lanes=lanes, started=now, updated=now))
    one.run.record_lost("gw0")

    assert values(one.ensure(cells)) == [1.0, 2.0, 3.0]
    assert journal() == EACH
