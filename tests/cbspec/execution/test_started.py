"""What a process lets go of when a task cannot be started, or its end cannot be told."""

import pytest

from cbspec.errors import StoreError
from tests.cbspec.execution.arithmetic import counted
from tests.cbspec.execution.conftest import executor, values


def full(*_, **__):
    raise StoreError("the disk is full")


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (lambda one: one.store.codes, "keep"),
        (lambda one: one.work, "computable"),
        (lambda one: one.store, "try_lock"),
        (lambda one: one.workers, "start"),
        (lambda one: one.run, "record"),
        (lambda one: one._attempts, "succeeded"),
    ],
    ids=["code", "computable", "second lock", "start", "event", "attempt"],
)
def test_no_lock_and_no_core_is_kept_after_an_error(tmp_path, monkeypatch, owner, method):
    """Wherever it happens, another process can compute the lanes at once, and so can this one."""
    one = executor(tmp_path, cores=1)
    cells = [one.planner.cell(counted(2), seed) for seed in (1, 2)]
    one.plan_cells(cells)
    calls = []
    works = getattr(owner(one), method)

    def fails_late(*arguments, **named):
        calls.append(arguments)
        # Of two locks the second, so that one is held by then
        return works(*arguments) if method == "try_lock" and len(calls) == 1 else full()

    with monkeypatch.context() as patch:
        patch.setattr(owner(one), method, fails_late)
        with pytest.raises(StoreError, match="the disk is full"):
            one.ensure(cells)

    assert [one.store.holder(cell.lane) for cell in cells] == ["", ""]
    other = executor(tmp_path, worker="gw1", cores=1)
    other.plan_cells(cells)
    assert values(other.ensure(cells)) == [1002.0, 2002.0]
    assert values(one.ensure(cells)) == [1002.0, 2002.0]
