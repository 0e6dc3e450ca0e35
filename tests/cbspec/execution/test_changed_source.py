"""A run stops when a source file changes, before it stores a result under a wrong key."""

from pathlib import Path

import pytest

from cbspec.errors import SourceChanged, Stopped
from tests.cbspec.execution import arithmetic
from tests.cbspec.execution.arithmetic import counted
from tests.cbspec.execution.conftest import executor

TOLD = "^lab/nets.py changed during the run: nothing more that depends on it is stored; run again$"


class Sources:
    """Stands for a project's source files, one of which may have been edited."""

    hooks = False
    files = frozenset()

    def __init__(self, root):
        self.root = root
        self.edited = False

    def watch(self, implementation, *_inputs):
        assert implementation == "tests.cbspec.execution.arithmetic:count"
        return self

    def changed(self):
        return Path("lab/nets.py") if self.edited else None


@pytest.fixture
def sources(tmp_path):
    return Sources(tmp_path)


@pytest.fixture
def one(tmp_path, sources):
    """An executor with one cell of `count` to compute."""
    made = executor(tmp_path, code=sources)
    made.plan_cells([made.planner.cell(counted(2), 1)])
    return made


def emit(job):
    job.emit(0, point=2, measures={"value": 7.0})


def advance(job):
    job.advance(1, 2, "step")


def fail(job):
    raise NameError("half of a file")


@pytest.mark.parametrize("then", [emit, advance, fail])
def test_nothing_is_stored_after_an_edit(one, sources, monkeypatch, then):
    """An edit while a stage computes ends the run: the stage has neither a result nor a failure."""

    def edited_during(job):
        sources.edited = True
        then(job)

    monkeypatch.setattr(arithmetic, "count", edited_during)
    monkeypatch.setattr("cbspec.execution.job.TELL_SECONDS", 0.0)

    with pytest.raises(SourceChanged, match=TOLD):
        one.ensure(one.work.plan.cells)

    assert not one.store.has(one.work.plan.cells[0].key)
    assert one.run.failed() == frozenset()
    assert [event.outcome for event in one.run.events()] == ["stopped"]


def test_an_edit_before_the_import_keeps_the_stage_from_running(one, sources, journal, monkeypatch):
    """Code that is imported after an edit is not run at all."""

    def imported(_stage):
        sources.edited = True
        return arithmetic.count

    monkeypatch.setattr("cbspec.stage.Stage.implemented", property(imported))

    with pytest.raises(SourceChanged, match=TOLD):
        one.ensure(one.work.plan.cells)

    assert journal() == []


def test_the_other_workers_end_and_say_why(one, sources, tmp_path, journal):
    """Whoever still computes or waits for results is told the file, too; who only helps, leaves."""
    sources.edited = True
    one.drain()
    other = executor(tmp_path, worker="gw1")
    cell = other.planner.cell(counted(3), 2)
    other.plan_cells([cell])

    with pytest.raises(SourceChanged, match=TOLD):
        other.ensure([cell])
    other.drain()

    assert one.run.changed == "lab/nets.py"
    assert journal() == []


def test_the_first_reason_to_stop_is_kept(one):
    """A run that stops because of a file still says so after Ctrl-C."""
    one.run.stop(changed="lab/nets.py")
    one.run.stop()

    with pytest.raises(SourceChanged):
        one.run.raise_if_stopped()


def test_stopping_for_no_file_names_none(one):
    """Ctrl-C is no changed file."""
    one.run.stop()

    with pytest.raises(Stopped) as caught:
        one.run.raise_if_stopped()

    assert not isinstance(caught.value, SourceChanged)
    assert one.run.changed == ""
