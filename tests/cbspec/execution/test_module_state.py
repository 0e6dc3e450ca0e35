"""Wherever the project's code keeps what it did, the next stage does not find it."""

import sys
import types

import pytest

from cbspec.execution.module_state import ModuleState

COUNTERS = {
    "a slot": """
@dataclass(slots=True)
class State:
    calls: int = 0
    later: int = field(init=False)
STATE = State()
def step():
    STATE.calls += 1
    STATE.later = STATE.calls + hasattr(STATE, "later")
    return STATE.later
""",
    "a frozen slot's list": """
@dataclass(frozen=True, slots=True)
class State:
    calls: list = field(default_factory=list)
STATE = State()
def step():
    STATE.calls.append(1)
    return len(STATE.calls)
""",
    "a struct": """
class State(msgspec.Struct):
    calls: int = 0
class Later(State):
    more: int = 0
STATE = Later()
def step():
    STATE.calls += 1
    return STATE.calls
""",
    "a default": """
def step(history=[]):
    history.append(1)
    return len(history)
""",
    "a default by keyword": """
def step(*, history=[]):
    history.append(1)
    return len(history)
""",
    "a default of a method that Python calls": """
class Step:
    def __call__(self, history=[]):
        history.append(1)
        return len(history)
step = Step()
""",
    "a default of a static method": """
class Step:
    @staticmethod
    def taken(history=[]):
        history.append(1)
        return len(history)
def step():
    return Step.taken()
""",
    "a variable of an enclosing function": """
def counted():
    calls = 0
    def step():
        nonlocal calls
        calls += 1
        return calls
    return step
step = counted()
""",
    "a queue": """
LAST = deque([0, 0], maxlen=5)
def step():
    LAST.append(LAST[-1] + 1)
    return list(LAST)
""",
    "bytes": """
LAST = bytearray(b"ab")
def step():
    LAST.append(99)
    return bytes(LAST)
""",
    "a global that begins with two underscores": """
__calls = 0
def step():
    global __calls
    __calls += 1
    return __calls
""",
    "a namespace": """
STATE = SimpleNamespace(calls=0)
def step():
    STATE.calls += 1
    return STATE.calls
""",
    "what is bound to a function": """
step = partial(lambda history: history.append(1) or len(history), [])
""",
    "an attribute of a mapping": """
class Table(dict):
    calls = 0
TABLE = Table()
def step():
    TABLE.calls += 1
    return TABLE.calls
""",
    "a generator of Python": """
RNG = random.Random(0)
def step():
    return RNG.random(), RNG.gauss(0, 1)
""",
    "a generator of NumPy": """
RNG = numpy.random.default_rng(0)
def step():
    return RNG.random(), RNG.integers(9, dtype="int32")
""",
    "another generator of NumPy": """
RNG = numpy.random.Generator(numpy.random.Philox(0))
def step():
    return RNG.random()
""",
    "an old generator of NumPy": """
RNG = numpy.random.RandomState(0)
def step():
    return RNG.normal()
""",
    "a generator of torch": """
RNG = torch.Generator().manual_seed(0)
def step():
    return float(torch.rand((), generator=RNG))
""",
}
IMPORTS = """\
import random
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import msgspec
import numpy
import torch
"""


@pytest.mark.parametrize("text", COUNTERS.values(), ids=COUNTERS)
def test_no_count_goes_on_in_the_next_stage(monkeypatch, text):
    """Wherever a function keeps what it did, the next stage begins as the first one did."""
    module = types.ModuleType("orchard")
    monkeypatch.setitem(sys.modules, "orchard", module)
    exec(IMPORTS + text, vars(module))
    before = ModuleState([module])

    first = [module.step() for _ in range(3)]
    changed = before.restore()
    second = [module.step() for _ in range(3)]

    assert first == second
    assert first[0] != first[1]
    assert changed
    assert before.restore()
    assert not before.restore()
