"""What a failed attempt means."""

import pytest

from cbspec.errors import SourceChanged
from cbspec.execution.attempts import Attempts
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.files import ProjectFiles
from cbspec.stage import Call, File, Parameters, Stage
from tests.cbspec.execution.conftest import code_of, executor


class Table(Parameters, frozen=True, kw_only=True):
    """A file that a stage reads."""

    table: File


READ = Stage("read", "reads a table", "lab.read:read", Table)


@pytest.mark.parametrize("ending", ["failed", "refused"])
def test_a_stage_whose_table_was_edited_has_not_failed(tmp_path, ending):
    """Whatever became of it, killed by its process or by its time limit, the edit is the reason: the
    run stops with the file's name.
    """
    path = tmp_path / "runs.csv"
    path.write_text("1,2")
    numerics = Numerics(device="cpu", torch="2.11")
    planner = Planner(code_of, numerics, Surroundings(ProjectFiles(tmp_path)))
    cell = planner.cell(Call(READ, Table(table="runs.csv")), 1)
    task = StageTask("read", (cell,), numerics, {}, planner.surroundings)
    one = executor(tmp_path)
    path.write_text("3,4")

    remark = Attempts(one.run, one.work).failed(task, TaskOutcome(ending=ending))

    assert remark == "stopped"
    assert one.run.failed() == one.run.suspects() == frozenset()
    with pytest.raises(SourceChanged, match=r"^runs\.csv changed during the run"):
        one.run.raise_if_stopped()
