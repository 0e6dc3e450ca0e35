"""No result is stored before what it was computed from has been checked."""

from concurrent.futures import Future

import pytest

from cbspec.execution.failure import StageFailed
from cbspec.stage import vouch, vouching
from tests.cbspec.execution import arithmetic
from tests.cbspec.execution.arithmetic import counted
from tests.cbspec.execution.conftest import executor


@pytest.fixture(autouse=True)
def nothing_to_check():
    yield
    vouching.begin()


def test_a_failed_check_is_the_stage_s_error(tmp_path, monkeypatch):
    """A check that fails keeps all results of its job from being stored, and is the reason."""
    computed = arithmetic.count

    def of_damaged_data(job):
        check = Future()
        check.set_exception(RuntimeError("the data is damaged"))
        vouch(check)
        computed(job)

    monkeypatch.setattr(arithmetic, "count", of_damaged_data)
    one = executor(tmp_path)
    cell = one.planner.cell(counted(2), 1)
    one.plan_cells([cell])

    with pytest.raises(StageFailed, match="the data is damaged"):
        one.ensure([cell])
    assert not one.store.has(cell.key)

    monkeypatch.undo()
    other = one.planner.cell(counted(3), 1)  # of a job that does not use the data
    again = executor(tmp_path, run="again")
    again.plan_cells([other])
    assert [entry.measures["value"] for entry in again.ensure([other]).values()] == [1003.0]


def test_a_check_is_waited_for(tmp_path, monkeypatch):
    """A result is stored after its check has ended well, and the same check counts once."""
    order = []

    class Slow(Future):
        def result(self):
            order.append("checked")

    computed, check = arithmetic.count, Slow()

    def of_data(job):
        vouch(check)
        vouch(check)
        computed(job)

    monkeypatch.setattr(arithmetic, "count", of_data)
    one = executor(tmp_path)
    put = one.store.put
    monkeypatch.setattr(one.store, "put", lambda *a, **k: order.append("stored") or put(*a, **k))
    cell = one.planner.cell(counted(2), 1)
    one.plan_cells([cell])
    one.ensure([cell])

    assert order == ["checked", "stored"]
