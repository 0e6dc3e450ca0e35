"""What processes that share a plan and a store compute, and what they do when results, processes or
the run go away.
"""

import shutil
import time

import pytest

from cbspec.errors import Stopped, StoreError
from cbspec.execution.executor import IDLE_SECONDS, QUIET_SECONDS
from cbspec.execution.failure import StageFailed
from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory
from cbspec.stage import Call, NoParameters
from cbspec.store import Store
from tests.cbspec.execution.arithmetic import (
    BREAK,
    JOURNAL,
    PACK,
    UNPACK,
    added,
    counted,
    cracked,
)
from tests.cbspec.execution.conftest import executor, values
from tests.support.patience import PATIENCE, until


def test_computes_what_is_missing_and_only_that(tmp_path, journal):
    """Results come back in the order asked; asking again, or for more seeds, computes only what is
    not stored.
    """
    first = executor(tmp_path)
    cells = [first.planner.cell(added(0.5, counted(3)), seed) for seed in (1, 2)]
    first.plan_cells(cells)
    assert values(first.ensure(cells)) == [1003.5, 2003.5]

    again = executor(tmp_path, run="second")
    more = [again.planner.cell(added(0.5, counted(3)), seed) for seed in (1, 2, 3)]
    again.plan_cells(more)

    assert values(again.ensure(more)) == [1003.5, 2003.5, 3003.5]
    assert journal() == [
        "count [1, 2] from 0",
        "add [(1, 0.5), (2, 0.5)]",
        "count [3] from 0",
        "add [(3, 0.5)]",
    ]


def test_what_nobody_reads_is_not_computed(tmp_path, journal):
    """What a stored result was computed from may be gone; it is computed again only where a result
    that is missing takes it.
    """
    first = executor(tmp_path)
    number = first.planner.cell(counted(3), 1)
    total = first.planner.cell(added(0.5, counted(3)), 1)
    first.plan_cells([total])
    first.drain()
    first.store.reject(number.key)

    second = executor(tmp_path, run="second")
    second.plan_cells([total])
    second.drain()
    unread = journal()
    other = second.planner.cell(added(1.5, counted(3)), 1)
    second.plan_cells([other])

    assert unread == ["count [1] from 0", "add [(1, 0.5)]"]
    assert values(second.ensure([total, other])) == [1003.5, 1004.5]
    assert journal()[2:] == ["count [1] from 0", "add [(1, 1.5)]"]


def test_what_a_lost_result_takes_is_computed(tmp_path, journal):
    """Where a stored result proves damaged, what it was computed from is computed again, too."""
    first = executor(tmp_path)
    number = first.planner.cell(counted(3), 1)
    total = first.planner.cell(added(0.5, counted(3)), 1)
    first.plan_cells([total])
    first.drain()
    first.store.reject(number.key)
    (first.store.intact(total.key) / "record.json").write_bytes(b"damaged")

    second = executor(tmp_path, run="second")
    second.plan_cells([total])
    with pytest.warns(UserWarning, match="is damaged"):
        found = second.ensure([total])

    assert values(found) == [1003.5]
    assert journal()[2:] == ["count [1] from 0", "add [(1, 0.5)]"]


def test_later_point_continues_from_an_earlier_one(tmp_path, journal):
    """A longer run of a stored trajectory starts at its last stored point and reaches the same
    value.
    """
    first = executor(tmp_path)
    first.plan_cells([first.planner.cell(counted(2), 1)])
    first.drain()
    later = executor(tmp_path, run="second")
    cell = later.planner.cell(counted(5), 1)
    later.plan_cells([cell])

    assert values(later.ensure([cell])) == [1005.0]
    assert journal() == ["count [1] from 0", "count [1] from 2"]


def test_stage_failure_is_told_after_one_retry(tmp_path, journal):
    """A stage that raised is tried once more; then whoever needs it gets its message and traceback,
    and nobody computes it again in this run.
    """
    one = executor(tmp_path)
    broken = Call(BREAK, NoParameters())
    direct, behind = (one.planner.cell(call, 1) for call in (broken, added(1.0, broken)))
    one.plan_cells([direct, behind])

    place = r"\(tests/.*/arithmetic.py:\d+ in break_down\)"
    raised = f"RuntimeError: the shaft is bent {place}, at both attempts"
    message = f"^break seed 1 could not be computed: {raised}$"
    with pytest.raises(StageFailed, match=message) as caught:
        one.ensure([behind])
    with pytest.raises(StageFailed):
        one.ensure([direct])
    one.drain()

    assert "break_down" in caught.value.traceback
    assert journal() == ["break"] * 2


def test_damaged_result_is_computed_again(tmp_path, journal):
    """A stored result that no longer reads back counts as missing and is recomputed with the same
    value.
    """
    one = executor(tmp_path)
    cell = one.planner.cell(counted(2), 1)
    one.plan_cells([cell])
    one.ensure([cell])
    record = next((tmp_path / "store" / "entries").rglob("record.json"))
    record.write_bytes(record.read_bytes()[:-20])

    again = executor(tmp_path, run="second")
    again.plan_cells([again.planner.cell(counted(2), 1)])
    with pytest.warns(UserWarning, match="damaged"):
        found = again.ensure([again.planner.cell(counted(2), 1)])

    assert values(found) == [1002.0]
    assert len(journal()) == 2


def test_damage_that_cannot_be_moved_away_ends_in_a_message(tmp_path):
    """Where a damaged result can neither be moved away nor replaced, the run says so instead of
    trying for ever.
    """
    one = executor(tmp_path)
    cell = one.planner.cell(counted(2), 1)
    one.plan_cells([cell])
    one.ensure([cell])
    record = next((tmp_path / "store" / "entries").rglob("record.json"))
    record.write_bytes(b"{}")
    (tmp_path / "store" / "quarantine").write_text("in the way")
    again = executor(tmp_path, run="second")
    again.plan_cells([cell])

    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(StoreError, match=r"damaged: .*; left in place"),
    ):
        again.ensure([cell])


def test_a_result_that_cannot_be_stored_ends_the_run_and_says_so(tmp_path, journal, monkeypatch):
    """The log of the run tells the job whose result found no room."""

    def refuse(*_, **__):
        raise StoreError("no space left")

    one = executor(tmp_path)
    cells = [one.planner.cell(counted(3), 1)]
    one.plan_cells(cells)
    monkeypatch.setattr(Store, "put", refuse)

    with pytest.raises(StoreError, match="no space left"):
        one.ensure(cells)

    assert [event.outcome for event in one.run.events()] == ["not stored"]


def test_what_could_not_be_stored_is_computed_once_by_any_worker(tmp_path, journal, monkeypatch):
    """On a full disk every claim that needs the result fails with the store's reason; what needs it
    not goes on, and nothing more is computed for others.
    """
    stored = Store.put

    def full(store, key, **content):
        if content["measures"]["value"] >= 1000:
            raise StoreError("no space left")
        return stored(store, key, **content)

    monkeypatch.setattr(Store, "put", full)
    workers = [executor(tmp_path, worker=worker) for worker in ("gw0", "gw1")]
    planner = workers[0].planner
    large = [planner.cell(added(0.5, counted(3)), seed) for seed in (1, 2)]
    small = planner.cell(cracked(9), 1)
    for one in workers:
        one.plan_cells([*large, small])
        for _ in range(2):
            with pytest.raises(StoreError, match=r"^no space left$"):
                one.ensure(large)
    found = values(workers[0].ensure([small]))
    workers[0].plan_cells([planner.cell(cracked(9), 2)])
    workers[0].drain()

    assert found == [1.0]
    assert sorted(journal()) == ["count [1, 2] from 0", "crack [1]"]


def test_stop_leaves_a_stage_and_keeps_what_is_stored(tmp_path, journal, monkeypatch):
    """A run asked to stop leaves its stage at the next progress call, releases its locks, and the
    next run goes on from there.
    """
    monkeypatch.setattr("cbspec.execution.job.TELL_SECONDS", 0.0)
    one = executor(tmp_path)
    cells = [one.planner.cell(counted(step), 1) for step in (2, 9)]
    monkeypatch.setattr(
        one.run, "publish", lambda status: one.run.stop() if status.done == 4 else None
    )
    one.plan_cells(cells)

    with pytest.raises(Stopped):
        one.ensure(cells)
    lock = one.store.try_lock(cells[0].lane)
    assert lock is not None
    lock.release()

    again = executor(tmp_path, run="second")
    again.plan_cells(cells)
    assert values(again.ensure(cells)) == [1002.0, 1009.0]
    assert journal() == ["count [1] from 0", "count [1] from 2"]


def shared(planner, steps):
    """Cells that one process cannot compute alone."""
    calls = [added(1.0, counted(step, length=step, company=2)) for step in steps]
    return [planner.cell(call, seed) for call in calls for seed in (1, 2)]


def work(folder, worker, steps):
    """A worker process: hold the whole plan and help until it is done."""
    own = executor(folder, worker=worker)
    own.plan_cells(shared(own.planner, steps))
    own.drain()


def test_processes_share_a_plan_without_computing_anything_twice(tmp_path, monkeypatch, spawn):
    """Four processes with one plan leave each stage computed exactly once, by more than one of
    them.
    """
    monkeypatch.setenv(JOURNAL, str(tmp_path / "journal"))
    steps = range(3, 15)
    workers = [spawn(work, tmp_path, f"gw{index}", steps) for index in range(4)]
    for process in workers:
        process.join(PATIENCE)

    lines = (tmp_path / "journal").read_text().splitlines()
    computed = [line.split(" ", 1)[1] for line in lines if " count" in line]
    check = executor(tmp_path)

    assert [process.exitcode for process in workers] == [0] * 4
    assert len(lines) == 2 * len(steps)
    assert computed == ["count [1, 2] from 0"] * len(steps)
    assert len({line.split()[0] for line in lines}) > 1
    assert values(check.ensure(shared(check.planner, steps))) == [
        1000.0 * seed + step + 1 for step in steps for seed in (1, 2)
    ]


def test_killed_process_is_replaced(tmp_path, monkeypatch, spawn):
    """A job whose process is killed in the middle is taken over; no lock and no scratch file stay
    behind.
    """
    monkeypatch.setenv(JOURNAL, str(tmp_path / "journal"))
    victim = spawn(work, tmp_path, "gw0", [6])
    until((tmp_path / "journal").exists, "the victim, to begin its job")
    victim.kill()
    victim.join()

    heir = executor(tmp_path, worker="gw1")
    cells = shared(heir.planner, [6])
    heir.plan_cells(cells)
    found = heir.ensure(cells)
    heir.store.sweep()

    assert values(found) == [1007.0, 2007.0]
    assert [
        path
        for name in ("tmp", "locks")
        for path in (tmp_path / "store" / name).rglob("*")
        if path.is_file()
    ] == []


def test_damaged_input_tensors_are_computed_again(tmp_path, journal):
    """A stage that finds its input's tensors damaged puts the job back, and the input is recomputed
    first.
    """
    one = executor(tmp_path)
    top = one.planner.cell(Call(UNPACK, NoParameters(), {"box": Call(PACK, NoParameters())}), 7)
    one.plan_cells([top])
    one.ensure([top.inputs["box"]])
    tensors = next((tmp_path / "store" / "entries").rglob("*.safetensors"))
    tensors.write_bytes(tensors.read_bytes()[:-1] + b"?")

    with pytest.warns(UserWarning, match="damaged"):
        found = one.ensure([top])

    assert values(found) == [7.0]
    assert journal() == ["pack", "unpack", "pack", "unpack"]


def test_an_input_that_has_gone_is_computed_again(tmp_path, journal):
    """A stage whose input was collected between the look at it and its use puts the job back, and
    the input comes first.
    """
    one = executor(tmp_path)
    base, top = one.planner.cell(counted(2), 1), one.planner.cell(added(1.0, counted(2)), 1)
    one.plan_cells([top])
    one.ensure([base])
    entry = next((tmp_path / "store" / "entries").rglob("record.json")).parent

    again = executor(tmp_path, run="second")
    again.plan_cells([top])
    assert again.store.has(base.key)
    assert again.work.has(base)
    shutil.rmtree(entry)  # between the look at it and its use
    found = again.ensure([top])

    assert values(found) == [1003.0]
    assert journal() == ["count [1] from 0", "count [1] from 0", "add [(1, 1.0)]"]


def test_news_from_other_workers_are_worked_on(tmp_path, journal):
    """What another worker adds to the run while this one has nothing left to do is computed here."""
    one = executor(tmp_path)
    one.work.expect({"6A.a": {2: [one.planner.cell(counted(3), seed) for seed in (1, 2)]}})
    RunDirectory(one.run.path, "gw1").announce_seeds("6A.a", 2)

    one.drain()

    assert journal() == ["count [1, 2] from 0"]


def test_waits_for_a_busy_worker_whose_verdict_may_ask_for_more(tmp_path):
    """A worker without work stays while another one computes, and leaves when that one has ended."""
    one, other = executor(tmp_path), RunDirectory(tmp_path / "runs" / "run", "gw1")
    one.run.workers = 2
    now = time.time()
    other.publish(Status(worker="gw1", job="count", lanes=("a",), started=now, updated=now))
    looks = []

    class Watched(RunDirectory):
        def drawn(self):
            looks.append(other.busy())
            if len(looks) == 3:
                other.publish_end(("a",))
            return super().drawn()

    one.run.__class__ = Watched
    one.drain()

    assert len(looks) > 3
    assert not one.run.busy()


def test_leaves_at_once_when_all_have_judged(tmp_path, monkeypatch):
    """A worker without work sleeps while another one may still ask for seeds, and not once more
    after all have judged.
    """
    runs = [
        RunDirectory(tmp_path / "runs" / "run", worker, workers=2) for worker in ("main", "gw1")
    ]
    one = executor(tmp_path)
    one.run = runs[0]
    sleeps = []

    def sleep(seconds):
        sleeps.append(seconds)
        if len(sleeps) == 3:
            runs[1].finish_judging()

    monkeypatch.setattr("cbspec.execution.executor.time.sleep", sleep)
    one.drain()

    assert len(sleeps) == 3


def test_a_worker_that_was_killed_is_not_waited_for(tmp_path, monkeypatch):
    """A worker without work leaves after a quiet moment although one of the run never says that it
    has judged.
    """
    one = executor(tmp_path)
    one.run = RunDirectory(tmp_path / "runs" / "run", "main", workers=2)
    sleeps = []
    monkeypatch.setattr("cbspec.execution.executor.time.sleep", sleeps.append)
    one.drain()

    # Ten pauses, rounded, are a little less than quiet
    assert sum(sleeps) == pytest.approx(QUIET_SECONDS + IDLE_SECONDS)


def test_no_more_workers_compute_than_there_are_cores(tmp_path, journal):
    """With one core for two workers the second computes nothing while the first has it, and all
    once it is released.
    """
    first, second = (
        executor(tmp_path, worker=worker, workers=2, cores=1) for worker in ("gw0", "gw1")
    )
    cell = second.planner.cell(counted(3), 1)
    second.plan_cells([cell])

    with first.run.take_core():
        assert not second.step()
        assert first.run.take_core() is None
    assert journal() == []

    assert second.step()
    assert values(second.ensure([cell])) == [1003.0]
