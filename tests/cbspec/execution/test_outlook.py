"""What is left of a run, and how long that takes."""

import time

import msgspec
import pytest

from cbspec.execution.outlook import Outlook, OutlookPublisher, Pace
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.worklist import Worklist
from cbspec.store import Store
from tests.cbspec.execution.arithmetic import counted


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path / "runs" / "one", "gw0")


def tell(run, **left):
    run.path.mkdir(parents=True, exist_ok=True)
    (run.path / "outlook").write_bytes(msgspec.json.encode(Outlook(**left)))


def test_what_is_missing_is_told(run, tmp_path, planner):
    """Of two jobs of cost 5 and 3 none is stored; a second look within a moment tells nothing."""
    work = Worklist(planner, Store(tmp_path / "store"), run, wide=False)
    work.plan_cells([planner.cell(counted(5), 1), planner.cell(counted(3, length=9), 1)])
    teller = OutlookPublisher(run, work)
    teller.publish()
    pace = Pace(run)
    pace.look()
    (run.path / "outlook").unlink()
    teller.publish()

    assert (pace.last.jobs, pace.last.cost) == (2, 8.0)
    assert not (run.path / "outlook").exists()


def test_a_long_look_is_a_rare_one(run, tmp_path, planner, monkeypatch):
    """A process that takes a second to look at its plan looks again after 50, not after two."""
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    looks = []

    class LargePlan(Worklist):
        def remaining_jobs(self):
            looks.append(seconds[0])
            seconds[0] += 1.0
            return iter(())

    teller = OutlookPublisher(run, LargePlan(planner, Store(tmp_path / "store"), run, wide=False))
    for moment in (10.0, 20.0, 60.0, 62.0):
        seconds[0] = moment
        teller.publish()

    assert looks == [10.0, 62.0]


def test_the_time_left_follows_from_the_pace(run):
    """A run that did 6 of 10 units in 30 seconds needs 20 more; before it did any it cannot tell."""
    pace = Pace(run)
    pace.look()
    nothing = (pace.jobs, pace.done, pace.remaining)
    now = time.time()
    tell(run, jobs=5, cost=10.0, at=now - 30)
    pace.look()
    at_first = (pace.jobs, pace.done, pace.remaining)
    tell(run, jobs=2, cost=4.0, at=now)
    pace.look()

    assert nothing == (0, 0, None)
    assert at_first == (5, 0, None)
    assert (pace.jobs, pace.done) == (5, 3)
    assert pace.remaining == pytest.approx(20, abs=1)


def test_a_plan_that_grows_is_timed_anew(run):
    """Where claims draw more seeds, the pace counts from then on."""
    pace = Pace(run)
    now = time.time()
    for jobs, cost, before in ((4, 8.0, 60), (1, 2.0, 40), (3, 6.0, 20), (2, 4.0, 0)):
        tell(run, jobs=jobs, cost=cost, at=now - before)
        pace.look()

    assert pace.remaining == pytest.approx(40, abs=1)
