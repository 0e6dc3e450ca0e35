import time

import pytest

from cbspec.config import Config
from cbspec.execution.backends import Inline, Workplace
from cbspec.execution.executor import Executor
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.fingerprint import Fingerprint
from cbspec.store import Store
from tests.cbspec.execution.arithmetic import JOURNAL
from tests.support.patience import PATIENCE


def code_of(implementation):
    return Fingerprint(digest="c0de", definitions={})


def executor(folder, run="run", worker="main", code=None, **shared):
    planner = Planner(code_of, Numerics(device="cpu", torch="2.11"))
    directory = RunDirectory(folder / "runs" / run, worker, **shared)
    store = Store(folder / "store")
    workers = Inline().open(Workplace(Config(folder), store, directory))
    return Executor(planner, store, directory, workers, code and code.watch)


def impatient(folder, **named):
    """An executor that is taken to hang after a while, and then says so."""
    one = executor(folder, **named)
    deadline = time.monotonic() + PATIENCE

    class Watched(RunDirectory):
        def raise_if_stopped(self):
            assert time.monotonic() < deadline, "the run does not end"
            super().raise_if_stopped()

    one.run.__class__ = Watched
    return one


@pytest.fixture
def planner():
    """A planner to which each implementation has code of its own."""
    return Planner(
        lambda implementation: Fingerprint(digest=f"code of {implementation}", definitions={}),
        Numerics(device="cpu", torch="2.11"),
    )


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """The lines that computations left, without process ids."""
    monkeypatch.setenv(JOURNAL, str(tmp_path / "journal"))

    def read():
        path = tmp_path / "journal"
        return (
            [line.split(" ", 1)[1] for line in path.read_text().splitlines()]
            if path.exists()
            else []
        )

    return read


def values(found):
    return [entry.measures["value"] for entry in found.values()]
