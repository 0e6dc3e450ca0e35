"""What a stage sets for its whole process is taken back."""

import decimal
import os
import random
import re
import sys
import types

import numpy
import pytest
import torch

from cbspec.execution.module_state import ModuleState
from cbspec.execution.settings import current, restore, restored, seeded
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


def test_what_a_job_draws_follows_from_its_first_replica(tmp_path, monkeypatch):
    """A job that lacks later replicas gives the first one the same numbers, a job of other
    replicas gives others, and so does one that goes on from a stored point.
    """

    def count(job):
        for index in range(len(job.replicas)):
            for point in range(job.start + 1, job.replicas[0].parameters.step + 1):
                if job.wants(point):
                    job.emit(index, point=point, measures={"value": random.random()})

    monkeypatch.setattr(arithmetic, "count", count)

    def drawn(folder, seeds, step=3):
        one = executor(tmp_path / folder)
        cells = [one.planner.cell(counted(step), seed) for seed in seeds]
        one.plan_cells(cells)
        return values(one.ensure(cells))

    together = drawn("together", [1, 2, 3])

    assert drawn("alone", [1]) == together[:1]
    assert drawn("two", [1, 2]) == together[:2]
    assert not set(drawn("others", [4, 5, 6])) & set(together)
    [first], [on] = drawn("on", [1], 1), drawn("on", [1])
    assert len({first, on, *together}) == 5


MODULE = """\
import collections, enum

class Net:
    width = 3
    def __init__(self):
        self.layers = [1, 2]

class Colour(enum.Enum):
    RED = 1

def loss(x=1):
    return x

STEP, TABLE, NAMES, NET = 1, {"a": {"b": 1}}, {"a"}, Net()
QUEUE = collections.OrderedDict(a=1)
PAIR = (loss, [Net()])
"""
MOVES = {
    "a global": "STEP = 2",
    "a new global": "NEW = 2",
    "no global": "global STEP; del STEP",
    "an item of an item": "TABLE['a']['b'] = 2",
    "an item more": "TABLE['c'] = 2",
    "an order": "QUEUE['b'] = 1; QUEUE.move_to_end('a')",
    "a set": "NAMES.add('b')",
    "a list of an object": "NET.layers.append(3)",
    "an attribute of an object": "NET.depth = 2",
    "an attribute of a class": "Net.width = 4",
    "a method": "Net.forward = lambda self: 1",
    "a function": "global loss; loss = len",
    "a default": "loss.__defaults__ = (2,)",
    "a function's code": "loss.__code__ = (lambda x: 2).__code__",
    "a function's attribute": "loss.calls = 1",
    "an object in a tuple": "PAIR[1][0].layers[0] = 5",
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_the_project_holds_is_set_back(move):
    """Whatever a stage does to a module at run time, the next one finds it as it was imported."""
    module = types.ModuleType("orchard")
    exec(MODULE, vars(module))
    before = ModuleState([module])

    exec(move, vars(module))
    changed = before.restore()

    fresh = types.ModuleType("orchard")
    exec(MODULE, vars(fresh))
    assert changed
    assert not before.restore()
    assert told(module) == told(fresh)


def test_a_stage_finds_modules_as_they_were_imported(tmp_path, monkeypatch):
    """What one stage does to a module of the project is set back in the process that they share."""
    (tmp_path / "orchard.py").write_text("STEP = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__("orchard")

    with restored(Loaded(tmp_path)):
        module.STEP = 2
        sys.modules["orchard"] = types.ModuleType("orchard")
    found = sys.modules.pop("orchard")

    assert found is module
    assert module.STEP == 1


def told(module):
    """What a module holds, in words."""
    words = {}
    for name, value in vars(module).items():
        if not name.startswith("__"):
            words[name] = re.sub("0x[0-9a-f]+", "", repr(value))
    attributes = [name for name in vars(module.Net) if not name.startswith("__")]
    loss = module.loss(), vars(module.loss)
    return words, attributes, module.Net.width, vars(module.NET), vars(module.PAIR[1][0]), loss


def test_shared_generators_begin_anew_for_each_result():
    """What a stage draws from the generators of its process depends on its key alone, and whoever
    drew from them before goes on where it was.
    """
    drawn = []
    random.seed(1)
    expected = [random.random() for _ in range(2)]
    random.seed(1)
    own = [random.random()]
    for key in ("0a" * 32, "0b" * 32, "0a" * 32):
        with seeded(key):
            drawn.append((random.random(), numpy.random.rand(), float(torch.rand(()))))
    own.append(random.random())

    assert drawn[0] == drawn[2] != drawn[1]
    assert own == expected


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
