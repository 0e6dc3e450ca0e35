"""Tasks as bytes: the same task comes out where the same engine is."""

import pickle

import pytest

from cbspec.execution.cell import Cell
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.task import StageTask
from cbspec.execution.wire import packed, unpacked
from cbspec.stage import Call
from cbspec.tables import Column, Table, table_stage
from tests.cbspec.execution.arithmetic import STAGES, added, counted
from tests.cbspec.execution.conftest import code_of


def test_a_task_survives_the_journey():
    """Keys, parameters and inputs are equal, stages are those of the receiver, and the points of a
    trajectory have the same keys there.
    """
    numerics = Numerics(device="cpu", torch="2.11")
    planner = Planner(code_of, numerics)
    cells = tuple(planner.cell(added(0.5, counted(3)), seed) for seed in (1, 2))
    code = {stage.implementation: code_of(stage.implementation).digest for stage in STAGES}
    surroundings = planner.surroundings
    task = StageTask("add", cells, numerics, code, surroundings)
    catalog = {stage.name: stage for stage in STAGES}

    arrived = unpacked(packed(task), catalog)

    count = arrived.cells[0].inputs["number"]
    assert arrived.cells == cells
    assert [cell.inputs for cell in arrived.cells] == [cell.inputs for cell in cells]
    assert (arrived.label, arrived.lanes, arrived.code) == (task.label, task.lanes, code)
    assert arrived.stage is catalog["add"]
    assert arrived.planner().at(count, 2).key == planner.cell(counted(2), 1).key


@pytest.mark.parametrize("reader", ["", "lab.logs:read"])
def test_the_stage_of_a_call_follows_from_its_parameters(reader):
    """Measures and the reader that a call names itself are those of the call that arrives."""
    declared = table_stage(lambda reference: print)
    table = Table(file="runs.csv", measures={"loss": Column(unit="nats")}, reader=reader)
    planner = Planner(code_of, Numerics(device="cpu", torch="2.11"))
    call = Call(declared.of_call(table), table)
    cell = Cell(call, 1, key="k", lane="l", inputs={})
    task = StageTask("", (cell,), planner.numerics, {}, planner.surroundings)

    (arrived,) = unpacked(packed(task), {"table": declared}).cells

    assert list(arrived.call.stage.measures) == ["loss"]
    assert arrived.call.stage.implementation == (reader or "cbspec.tables.emission:emit")
    assert arrived.call == call


def test_a_stage_is_sent_by_its_name():
    """What cannot be sent, such as a cost that is a lambda, is not."""
    planner = Planner(code_of, Numerics(device="cpu", torch="2.11"))
    cell = planner.cell(counted(3), 1)
    task = StageTask("", (cell,), planner.numerics, {}, planner.surroundings)

    assert cell.call.stage.cost.__name__ == "<lambda>"
    assert b"count" in packed(task)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(task)
