"""What a stage does to its process fails that stage alone, by name, and the run goes on."""

import re

import pytest

from cbspec.execution.failure import StageFailed
from tests.cbspec.execution.backends.unruly import ACT, HASTEN, acting
from tests.cbspec.execution.conftest import values

HERE = r"\(tests/.*/unruly.py:\d+ in [\w<>]+\)"
TWICE = ", at both attempts$"
REASONS = {
    "exit 0": "it ended its process with exit status 0" + TWICE,
    "exit 3": "it ended its process with exit status 3" + TWICE,
    "thread": "it ended its process with exit status 7" + TWICE,
    "orphan": "it ended its process with exit status 3" + TWICE,
    "kill": r"its process was killed \(SIGKILL; out of memory\?\)" + TWICE,
    "segfault": r"its process was killed \(SIGSEGV\)" + TWICE,
    "abort": r"its process was killed \(SIGABRT\)" + TWICE,
    "group": r"its process was killed \(SIGTERM\)" + TWICE,
    "cut": "it closed the connection to the process that waits for it" + TWICE,
    "sys.exit": f"SystemExit {HERE}{TWICE}",
    "interrupt": f"KeyboardInterrupt {HERE}{TWICE}",
    "generator exit": f"GeneratorExit {HERE}{TWICE}",
    "skip": f"Skipped: no time {HERE}{TWICE}",
    "xfail": rf"_pytest.outcomes.XFailed: as ever {HERE}{TWICE}",
    "pytest.exit": rf"_pytest.outcomes.Exit: enough {HERE}{TWICE}",
    "stopped": "I have had enough$",
    "recursion": "RecursionError: maximum recursion depth exceeded",
    "mute": r"tests.cbspec.execution.backends.unruly.Mute: <exception str\(\) failed>",
    "text": r"ValueError: \\udc80 \\u001b\[31m red \\u0007\\u000d\\u202e " + HERE,
    "validation": f"msgspec.DecodeError: Input data was truncated {HERE}{TWICE}",
    "unit": r"advance\(\) takes a unit such as 'epoch', which is text, got 5$",
    "done": r"advance\(\) takes a finite done, got nan$",
    "total": r"advance\(\) takes a finite total, got None$",
    "diverge": "names replica -1 of 1, counted from 0$",
    "emit twice": "act seed 1: was emitted before with other values; a result is emitted once$",
    "emit other series": "act seed 1: was emitted before with other values; a result is emitted once$",
    "emit then diverge": "act seed 1: was emitted before with other values; a result is emitted once$",
}


@pytest.mark.parametrize("deed", REASONS)
def test_only_what_the_stage_was_to_compute_is_lost(computing_with, deed):
    """The error names the stage and what it did; the next stage is computed by another process."""
    one = computing_with()
    bad = one.planner.cell(acting(deed), 1)
    good = [one.planner.cell(acting(), seed) for seed in (1, 2)]
    one.plan_cells([bad, *good])

    with pytest.raises(StageFailed, match=f"^act seed 1 could not be computed: {REASONS[deed]}"):
        one.ensure([bad])
    found = one.ensure(good)
    one.drain()

    assert values(found) == [1.0, 2.0]
    assert one.run.failed() == {bad.lane}
    assert one.run.statuses() == []


@pytest.mark.parametrize("deed", ["kill", "exit 0", "skip"])
def test_the_other_seeds_of_its_job_are_computed(computing_with, deed):
    """Where one of three seeds goes wrong, the two others have their values."""
    one = computing_with()
    cells = [one.planner.cell(acting(deed, at=3), seed) for seed in (1, 2, 3)]
    one.plan_cells(cells)

    one.drain()

    assert values(one.ensure(cells[:2])) == [1.0, 2.0]
    assert one.run.failed() == {cells[2].lane}


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("once", f"RuntimeError: a cosmic ray {HERE}"),
        ("die once", r"its process was killed \(SIGKILL; out of memory\?\)"),
    ],
)
def test_a_second_attempt_is_made_and_told(computing_with, tmp_path, deed, reason):
    """What fails once is computed at the second attempt, and the run can say so and why."""
    one = computing_with()
    cell = one.planner.cell(acting(deed, mark=str(tmp_path / "mark")), 1)
    one.plan_cells([cell])

    found = one.ensure([cell])
    [told] = one.run.retries()

    assert values(found) == [1.0]
    assert [event.outcome for event in one.run.events()][-1] == "done at the second attempt"
    first = f"act seed 1 was computed at the second attempt; the first failed: {reason}"
    assert re.fullmatch(first, told)
    assert one.run.failed() == frozenset()


def test_a_result_that_was_contradicted_is_not_kept(computing_with):
    """What a stage emitted before it emitted something else for the same result is not stored."""
    one = computing_with()
    cell = one.planner.cell(acting("emit twice"), 1)
    one.plan_cells([cell])

    one.drain()

    assert one.run.failed() == {cell.lane}
    assert not one.store.has(cell.key)


@pytest.mark.parametrize(("deed", "stage"), [("backtrack", HASTEN), ("sleep", ACT)])
def test_a_time_limit_holds_whatever_the_stage_does(computing_with, deed, stage):
    """A stage that exceeds its limit, the catalog's or a claim's, is ended, in C code and behind
    ignored signals too, and is not tried again.
    """
    one = computing_with()
    cell, good = one.planner.cell(acting(deed, stage), 1), one.planner.cell(acting(), 2)
    one.plan_cells([cell, good])
    if stage is ACT:
        one.work.set_time_limits({cell.call.digest: 0.2})

    message = (
        f"{stage.name} seed 1 could not be computed: it took longer than its time limit of 0.2 s"
    )
    with pytest.raises(StageFailed, match=f"^{message} a replica$"):
        one.ensure([cell])

    assert values(one.ensure([good])) == [2.0]
    assert [event.outcome for event in one.run.events()].count("failed") == 1
