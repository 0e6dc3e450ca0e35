"""Tasks as bytes: the same task comes out where the same engine is."""

import pickle

import pytest

from cbspec.execution.cell import Cell
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.task import StageTask
from cbspec.execution.wire import packed, unpacked
from cbspec.stage import Call
from cbspec.tables import TABLE, Column, Table
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


def test_the_stage_of_a_call_follows_from_its_parameters():
    """Measures that a call names itself are those of the call that arrives."""
    measures = {"loss": Column(unit="nats")}
    stage = TABLE.of_call(Table(file="runs.csv", measures=measures))
    planner = Planner(code_of, Numerics(device="cpu", torch="2.11"))
    call = Call(stage, Table(file="runs.csv", measures=measures))
    cell = Cell(call, 1, key="k", lane="l", inputs={})
    task = StageTask("", (cell,), planner.numerics, {}, planner.surroundings)

    (arrived,) = unpacked(packed(task), {"table": TABLE}).cells

    assert list(arrived.call.stage.measures) == ["loss"]
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
