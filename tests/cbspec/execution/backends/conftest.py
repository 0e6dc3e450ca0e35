from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.execution.backends import BUILT_IN, Workplace
from cbspec.execution.executor import Executor
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask
from cbspec.store import Store
from tests.cbspec.execution.arithmetic import counted
from tests.cbspec.execution.conftest import code_of

ENGINE = "tests.cbspec.execution.backends.unruly"
ROOT = Path(__file__).parents[4]
NUMERICS = Numerics(device="cpu", torch="2.11")


def task(seed: int, up_to: int = 1, numerics: Numerics = NUMERICS) -> StageTask:
    """Return a task that counts so far."""
    cell = Planner(code_of, numerics).cell(counted(up_to), seed)
    return StageTask(
        "count", (cell,), numerics, {cell.call.stage.implementation: "c0de"}, Surroundings()
    )


def working(folder, name="local", run="run", worker="main", **shared):
    """An executor of the unruly engine."""
    [backend] = [backend for backend in BUILT_IN if backend.name == name]
    directory = RunDirectory(folder / "runs" / run, worker, **shared)
    store = Store(folder / "store")
    workers = backend.open(Workplace(Config(ROOT, engine=ENGINE), store, directory))
    planner = Planner(code_of, NUMERICS)
    return Executor(planner, store, directory, workers)


@pytest.fixture
def computing_with(tmp_path):
    """Executors over one store, by the name of their back end; closed at the end."""
    made = []

    def executor(name="local", **shared):
        made.append(working(tmp_path, name, **shared))
        return made[-1]

    yield executor
    for one in made:
        one.close()
