"""Live progress as a terminal shows it."""

import io
import time

import msgspec
from rich.console import Console

from cbspec.execution.messages import JobEvent, Status
from cbspec.execution.outlook import Outlook, Pace
from cbspec.execution.progress import Display, _plan_line, _table
from cbspec.execution.rundir import RunDirectory


def shown(width: int) -> list[str]:
    """The rows of two workers in a terminal of so many columns."""
    jobs = (
        "train_local @80 seeds 42,123,456 for 1.b.depths[depth=12] cb and 3 more",
        "weigh seeds 1,2,3",
    )
    statuses = [
        Status(worker=f"gw{n}", job=job, done=20, total=80, unit="epoch", started=0.0, updated=20.0)
        for n, job in enumerate(jobs)
    ]
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(_table(statuses))
    return console.file.getvalue().splitlines()


def test_what_a_worker_does_is_shown_to_the_letter():
    """A wide terminal shows worker, job, bar and the time left, brackets of a matrix cell included."""
    first, second = shown(160)

    assert first.startswith(
        "gw0 train_local @80 seeds 42,123,456 for 1.b.depths[depth=12] cb and 3 more "
    )
    assert first.endswith("epoch 20/80, 1 min 00 s left")
    assert second.startswith("gw1 weigh seeds 1,2,3 ")


def test_a_narrow_terminal_cuts_the_job_alone():
    """Worker and time left stay whole, and a row stays one line."""
    first, second = shown(80)

    assert first.startswith("gw0 train_local @80 seeds ")
    assert first.endswith("epoch 20/80, 1 min 00 s left")
    assert "\N{HORIZONTAL ELLIPSIS}" in first
    assert second.startswith("gw1 weigh seeds 1,2,3 ")


def test_a_log_has_one_line_for_a_job_whatever_its_stage_raised(tmp_path):
    """What follows a line break in a message would else be a command to a CI log."""
    run = RunDirectory(tmp_path / "run", "main")
    raised = "failed, is tried once more (ValueError: a\n::error::b\x1b[2J)"
    run.record(JobEvent(worker="main", job="weigh seeds 1", seconds=1.0, outcome=raised))
    log = io.StringIO()
    display = Display(run, log)
    display.start()
    display.close()

    told = "failed, is tried once more (ValueError: a\\u000a::error::b\\u001b[2J)"
    assert log.getvalue() == f"[cbspec] main  weigh seeds 1: {told} in 1.0 s\n"


def test_the_whole_plan_has_a_line(tmp_path):
    """Of 16 jobs 4 have ended, a quarter of the cost in 60 seconds: three minutes are left."""
    run = RunDirectory(tmp_path / "run", "main")
    run.path.mkdir()
    pace = Pace(run)
    now = time.time()
    for jobs, cost, before in ((16, 8.0, 60), (12, 6.0, 0)):
        outlook = Outlook(jobs=jobs, cost=cost, at=now - before)
        (run.path / "outlook").write_bytes(msgspec.json.encode(outlook))
        pace.look()
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    console.print(_plan_line(pace))

    [line] = console.file.getvalue().splitlines()
    assert line.startswith("all ")
    assert line.endswith("4 of 16 jobs, about 3 min left")


def test_an_unknown_plan_has_no_line(tmp_path):
    """Before any worker has told what there is, nothing is said of it."""
    assert _plan_line(Pace(RunDirectory(tmp_path / "run", "main"))) == ""
