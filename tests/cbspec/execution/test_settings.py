"""What a stage sets for its whole process is taken back."""

import decimal
import os
import sys

import numpy
import pytest
import torch

from cbspec.execution.settings import current, restore, restored
from cbspec.fingerprint import Code, Loaded
from tests.cbspec.execution import arithmetic
from tests.cbspec.execution.arithmetic import counted
from tests.cbspec.execution.conftest import executor, values

CHANGES = {
    "variable": lambda: os.environ.update(LAB_STEP="2"),
    "no variables": os.environ.clear,
    "folder": lambda: os.chdir("/"),
    "path": lambda: sys.path.insert(0, "/nowhere"),
    "recursion": lambda: sys.setrecursionlimit(5000),
    "precision": lambda: setattr(decimal.getcontext(), "prec", 3),
    "traps": lambda: decimal.getcontext().traps.update({decimal.Inexact: True}),
    "floating point": lambda: numpy.seterr(all="ignore"),
    "type": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "gradients": lambda: torch.set_grad_enabled(False),
    "algorithms": lambda: torch.use_deterministic_algorithms(True),
    "matrix products": lambda: torch.set_float32_matmul_precision("medium"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_setting_is_taken_back(change):
    """It is as it was, and it is told that it was not."""
    before = current()
    change()

    assert current() != before
    assert restore(before)
    assert current() == before
    assert not restore(before)


def test_the_next_stage_does_not_see_it(tmp_path, monkeypatch):
    """Two jobs of one process each find the process as it was, whichever comes first."""
    seen = []

    def count(job):
        seen.append((os.environ.get("LAB_STEP"), torch.get_default_dtype()))
        os.environ["LAB_STEP"] = "2"
        torch.set_default_dtype(torch.float64)
        job.emit(0, point=job.replicas[0].parameters.step, measures={"value": 1.0})

    monkeypatch.setattr(arithmetic, "count", count)
    one = executor(tmp_path)
    cells = [one.planner.cell(counted(2, length=length), 1) for length in (5, 6)]
    one.plan_cells(cells)

    assert values(one.ensure(cells)) == [1.0, 1.0]
    assert seen == [(None, torch.float32)] * 2


@pytest.mark.parametrize("text", ["import os\nos.environ['LAB_STEP'] = '2'\n", "STEP = 2\n"])
def test_a_module_that_sets_something_is_not_imported_twice(tmp_path, monkeypatch, text):
    """Its effect would be missing in the next job, which so needs a fresh process."""
    (tmp_path / "orchard.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = Loaded(tmp_path)
    watch = Code(tmp_path, ["orchard"]).watch("orchard:STEP") if "STEP = 2" in text else None

    with restored(loaded):
        __import__("orchard")
    del sys.modules["orchard"]

    assert "LAB_STEP" not in os.environ
    assert watch is None or loaded.prepare(watch)
    assert watch is not None or not loaded.prepare(Code(tmp_path, ["orchard"]).watch("orchard:os"))
