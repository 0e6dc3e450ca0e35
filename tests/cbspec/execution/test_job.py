"""What a stage hands over: checked at once, stored or refused, and told in its own name."""

import numpy as np
import pytest
import torch

from cbspec.execution.failure import StageFailed
from cbspec.execution.job import DIVERGED
from cbspec.stage import Call, NoParameters
from tests.cbspec.execution import arithmetic
from tests.cbspec.execution.arithmetic import BLUR, MUTE, added, counted
from tests.cbspec.execution.conftest import executor, values


def test_leaving_out_a_declared_measure_is_an_error(tmp_path):
    """A stage that emits less than its catalog entry promises fails, naming the measure."""
    one = executor(tmp_path)
    cell = one.planner.cell(Call(MUTE, NoParameters()), 1)
    one.plan_cells([cell])

    with pytest.raises(StageFailed, match="mute seed 1: leaves out value"):
        one.ensure([cell])


@pytest.mark.parametrize(
    ("emits", "message"),
    [
        ([{"undefined": {"value": None}}], "undefined for the reason None, which is no text"),
        ([{"undefined": {"value": ""}}], "undefined for the reason '', which is no text"),
        (
            [{"measures": {"value": 1.0}, "undefined": {"value": "late"}}],
            "gives value a value and a reason to have none",
        ),
        ([{"measures": {"value": [1.0]}}], "value is no number but a list"),
        ([{"measures": {"value": "0.5"}}], r"value is no number but a str \('0.5'\)"),
        ([{"measures": {"value": b"1"}}], "value is no number but a bytes"),
        ([{"measures": {"value": 1 + 2j}}], "value is no number but a complex"),
        ([{"measures": {"value": np.complex64(1)}}], "value is no number but a complex64"),
        ([{"measures": {"value": np.array("0.5")}}], "value is no number but a ndarray"),
        ([{"measures": {"value": torch.tensor(1 + 0j)}}], "value is no number but a Tensor"),
        ([{"measures": {"value": 10**400}}], "value is no number but a int"),
        (
            [{"measures": {"value": 1.0}, "tensors": {"seed": [1]}}],
            "tensors are torch's, and seed is a list",
        ),
        (
            [{"measures": {"value": 1.0}, "series": {"x": [1], "y": [object()]}}],
            r"a result cannot be stored: series holds what JSON does not at 'y' \(a object\)$",
        ),
        (
            [{"measures": {"value": 1.0}, "series": {"x": {"y": 1j}}}],
            r"series holds what JSON does not at 'x' \(a complex\)$",
        ),
        (
            [{"measures": {"value": 1.0}, "series": {"x": {"a", 2}}}],
            "series holds what JSON does not at 'x'",
        ),
        (
            [{"measures": {"value": 1.0}}, {"measures": {"value": 1.0}, "series": {"x": 1j}}],
            "series holds what JSON does not at 'x'",
        ),
        ([{"measures": {"value": 1.0}, "point": 1}], "emits at the point 1, not from 0 to 0"),
        (
            [{"measures": {"value": 1.0}, "point": 0.0}],
            "emits at the point 0.0, which is no integer",
        ),
        ([{"replica": -1, "measures": {"value": 1.0}}], "names replica -1 of 1, counted from 0"),
        ([], "returned without a result$"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_what_a_stage_hands_over_is_checked(tmp_path, monkeypatch, emits, message):
    """A result that no reader could use, or that is nobody's, fails its stage at once and names
    what is wrong with it.
    """

    def emitting(job):
        if isinstance(emits, SystemExit):
            raise emits
        for words in emits:
            job.emit(**{"replica": 0} | words)

    monkeypatch.setattr(arithmetic, "mute", emitting)
    one = executor(tmp_path)
    cell = one.planner.cell(Call(MUTE, NoParameters()), 1)
    one.plan_cells([cell])

    with pytest.raises(StageFailed, match=message):
        one.ensure([cell])


def test_a_missing_point_is_told_beside_those_that_came(tmp_path, monkeypatch):
    """A run that ends before the points that claims asked for says which it has."""

    def short(job):
        job.emit(0, point=1, measures={"value": 1.0})

    monkeypatch.setattr(arithmetic, "count", short)
    one = executor(tmp_path)
    cells = [one.planner.cell(counted(step), 1) for step in (1, 3)]
    one.plan_cells(cells)

    with pytest.raises(StageFailed, match=r"returned without a result at step 3; it emitted at 1$"):
        one.ensure(cells)


def test_a_result_that_cannot_be_stored_fails_its_own_stage(tmp_path, journal):
    """A number in a series that is not finite is its stage's failure, named and not retried; other
    cells go on.
    """
    one = executor(tmp_path)
    bad, good = one.planner.cell(Call(BLUR, NoParameters()), 1), one.planner.cell(counted(2), 1)
    one.plan_cells([bad, good])

    with pytest.raises(
        StageFailed, match=r"^blur seed 1 could not be computed: .*series\['curve'\]\[1\] is nan"
    ):
        one.ensure([bad])
    assert values(one.ensure([good])) == [1002.0]
    one.drain()

    assert journal().count("blur") == 1


def test_divergence_is_a_result_and_spreads(tmp_path, journal):
    """A diverged replica is stored as undefined, with its reason, and so is all that is computed
    from it; the others go on.
    """
    one = executor(tmp_path)
    sick = counted(5, diverges_at=3)
    cells = [one.planner.cell(added(1.0, sick), 1), one.planner.cell(sick, 1)]
    one.plan_cells(cells)

    found = one.ensure(cells)

    for entry in found.values():
        assert entry.undefined == {"value": "count seed 1 diverged: at step 3"}
        assert entry.provenance[DIVERGED] == "count seed 1 diverged: at step 3"
    assert journal() == ["count [1] from 0"]
