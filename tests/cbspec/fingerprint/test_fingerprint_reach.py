"""What a stage reaches, form by form: projects of a few lines, each with one thing that must, or must not, be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbspec.fingerprint import Code

REACHED = {
    "a function behind a loop variable of the same name": (
        {"a": "def loss(x): return x\ndef stage(xs):\n    [loss for loss in xs]\n    return loss(xs)"},
        "a.py:loss",
    ),
    "a name that only one branch of an outer function binds": (
        {"a": "def rate(): return 1\ndef stage(x):\n"
              "    def inner():\n        global rate\n        return rate()\n    rate = 2\n    return inner()"},
        "a.py:rate",
    ),
    "a module named by its full path": (
        {"a": "import lab.sub.deep\ndef stage(x): return lab.sub.deep.act(x)",
         "sub/__init__": "", "sub/deep": "def act(x): return x"},
        "sub/deep.py:act",
    ),
    "an import inside an enclosing function": (
        {"a": "def stage(x):\n    from lab import b\n    def inner(): return b.act(x)\n    return inner()",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "an import inside a class body": (
        {"a": "class Box:\n    from lab.b import act\n    value = act(1)\ndef stage(x): return Box.value",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "modules that import each other": (
        {"a": "from lab.b import act\ndef helper(x): return x\ndef stage(x): return act(x)",
         "b": "from lab import a\ndef act(x): return a.helper(x)"},
        "a.py:helper",
    ),
    "a default of a lambda": (
        {"a": "WIDTH = 3\ndef stage(x): return (lambda y, w=WIDTH: y + w)(x)"},
        "a.py:WIDTH",
    ),
    "an exception class in a handler": (
        {"a": "class Odd(Exception): pass\n"
              "def stage(x):\n    try:\n        return x\n    except Odd as odd:\n        return odd"},
        "a.py:Odd",
    ),
    "a class in a match pattern": (
        {"a": "class Point: pass\ndef stage(x):\n    match x:\n        case Point(): return 1"},
        "a.py:Point",
    ),
    "a module's own __getattr__": (
        {"a": "from lab import b\ndef stage(x): return b.anything(x)",
         "b": "def __getattr__(name): return act\ndef act(x): return x"},
        "b.py:act",
    ),
    "a function that only globals() leads to": (
        {"a": "def hidden(x): return x\ndef stage(x): return globals()['hid' + 'den'](x)"},
        "a.py:hidden",
    ),
    "a name that nothing binds in sight": (
        {"a": "def hidden(x): return x\nsetattr(__import__('lab.a'), 'x', 1)\ndef stage(x): return elsewhere(x)"},
        "a.py:hidden",
    ),
    "a module passed on as a value": (
        {"a": "from lab import b\ndef pick(m): return m.act\ndef stage(x): return pick(b)(x)", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a module in sys.modules": (
        {"a": "import sys\ndef stage(x): return sys.modules['lab.b'].act(x)", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "an import by a relative text": (
        {"a": "from importlib import import_module\ndef stage(x): return import_module('.b', __package__).act(x)",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a path as catalogs write it": (
        {"a": "TABLE = {'b': 'lab.b:act'}\ndef stage(x): return TABLE", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a constant that registers": (
        {"a": "from lab import b\ndef stage(x): return b.TABLE",
         "b": "TABLE = {}\ndef act(x): return x\nHELD = TABLE.setdefault('act', act)"},
        "b.py:HELD",
    ),
    "a constant made by a function that registers": (
        {"a": "from lab.b import TABLE\ndef stage(x): return TABLE",
         "b": "TABLE = []\ndef enrol(f):\n    table = TABLE\n    table.append(f)\n    return f\n"
              "def act(x): return x\nHELD = enrol(act)"},
        "b.py:act",
    ),
    "a decorator that is an object": (
        {"a": "class Registry:\n    def __init__(self): self.held = []\n"
              "    def add(self, f):\n        self.held.append(f)\n        return f\n"
              "REGISTRY = Registry()\n@REGISTRY.add\ndef act(x): return x\ndef stage(x): return REGISTRY.held"},
        "a.py:act",
    ),
    "a subscript of another module's table": (
        {"a": "import lab.b\nfrom lab.c import TABLE\ndef stage(x): return TABLE", "c": "TABLE = {}",
         "b": "from lab.c import TABLE\ndef act(x): return x\nTABLE['act'] = act"},
        "b.py:act",
    ),
    "a table filled under another name": (
        {"a": "TABLE = {}\nOTHER = TABLE\ndef act(x): return x\nOTHER['act'] = act\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a call in a class body": (
        {"a": "TABLE = []\nclass Unnamed:\n    TABLE.append(3)\ndef stage(x): return TABLE"},
        "a.py:Unnamed",
    ),
    "a default that is computed by a call": (
        {"a": "TABLE = []\ndef unnamed(x=TABLE.append(3)): return x\ndef stage(x): return TABLE"},
        "a.py:unnamed",
    ),
    "a subclass by a base's hook": (
        {"a": "import lab.b\nfrom lab.c import Base\ndef stage(x): return Base.held",
         "c": "class Base:\n    held = []\n    def __init_subclass__(cls): Base.held.append(cls)",
         "b": "from lab.c import Base\nclass Middle(Base): pass\nclass Leaf(Middle): pass"},
        "b.py:Leaf",
    ),
    "what the package does when it is imported": (
        {"__init__": "import lab.b\nlab.b.WIDTH = 4", "a": "def stage(x): return x", "b": "WIDTH = 3"},
        "__init__.py:<module>",
    ),
    "a name that is bound twice": (
        {"a": "def act(x): return x\ndef wrap(f): return f\nact = wrap(act)\ndef stage(x): return act(x)"},
        "a.py:wrap",
    ),
    "a conditional alternative": (
        {"a": "try:\n    from lab.b import act\nexcept ImportError:\n    from lab.c import act\ndef stage(x): return act(x)",
         "b": "def act(x): return x", "c": "def act(x): return -x"},
        "c.py:act",
    ),
    "a class that an annotation in quotes names": (
        {"a": "class Width(int): pass\nclass Box:\n    width: 'list[Width]'\ndef stage(x): return Box"},
        "a.py:Width",
    ),
    "the star that a name comes with": (
        {"a": "from lab.b import *\ndef stage(x): return act(x)", "b": "def act(x): return x"},
        "a.py:*",
    ),
    "the list of what a star brings": (
        {"a": "from lab.b import *\ndef stage(x): return act(x)", "b": "__all__ = ['act']\ndef act(x): return x"},
        "b.py:__all__",
    ),
    "a global that a class attribute of its name is made of": (
        {"a": "rate = 3\nclass Box:\n    rate = rate + 1\ndef stage(x): return Box"},
        "a.py:rate",
    ),
    "an object made for what making it does": (
        {"a": "import threading\nTABLE = []\n_ = threading.Timer(1, TABLE.append)\ndef stage(x): return x"},
        "a.py:_",
    ),
    "a class that a quoted alias names": (
        {"a": "class Width(int): pass\nWidths = list['Width']\nclass Box:\n    widths: Widths\ndef stage(x): return Box"},
        "a.py:Width",
    ),
    "a star in a package beside a module of its name": (
        {"a": "from lab.b import *\ndef stage(x): return act(x)",
         "b": "def act(x): return x", "b/__init__": "from lab.b.deep import act", "b/deep": "def act(x): return -x"},
        "b/deep.py:act",
    ),
    "a lazy import that binds a global": (
        {"a": "def load():\n    global act\n    from lab.b import act\ndef stage(x):\n    load()\n    return act(x)",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "an import in a try of one line": (
        {"a": "try: import lab.b as b\nexcept ImportError: b = None\ndef stage(x): return b.act(x)", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "imports joined by a semicolon and by a backslash": (
        {"a": "import json; from lab.b \\\n    import act\ndef stage(x): return act(x)", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "an import from a folder that is no package": (
        {"a": "from lab.space import b\ndef stage(x): return b.act(x)", "space/b": "def act(x): return x"},
        "space/b.py:act",
    ),
    "a module beside it, from a folder that it adds to sys.path": (
        {"a": "import sys\nfrom os.path import dirname\nsys.path.append(dirname(__file__))\nfrom b import act\n"
              "def stage(x): return act(x)",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a relative import from two levels up": (
        {"a": "from lab.sub.deep import act\ndef stage(x): return act(x)", "sub/__init__": "",
         "sub/deep": "from ..b import act", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a module handed on by another under another name": (
        {"a": "from lab.c import rules\ndef stage(x, name): return getattr(rules, name)(x)", "c": "import lab.b as rules",
         "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a module's namespace": (
        {"a": "import lab.b\ndef stage(x, name): return lab.b.__dict__[name](x)", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a decorator that registers by a lambda": (
        {"a": "import lab.b\nfrom lab.c import REG\ndef stage(x): return REG['act'](x)",
         "c": "REG = {}\ndef register(n): return lambda f: REG.setdefault(n, f)",
         "b": "from lab.c import register\n@register('act')\ndef act(x): return x"},
        "b.py:act",
    ),
    "a class that a hook of its base registers, two bases away": (
        {"a": "import lab.b\nfrom lab.c import KNOWN\ndef stage(x): return KNOWN",
         "c": "KNOWN = []\nclass Root:\n    def __init_subclass__(cls): KNOWN.append(cls)\nclass Middle(Root): pass",
         "b": "from lab import c\nclass Leaf(c.Middle): pass"},
        "b.py:Leaf",
    ),
    "a fast path that is compiled": (
        {"a": "from lab.fast import fast\ndef stage(x): return fast(x)", "__init__": "from lab.fast import fast"},
        "a.py:fast",
    ),
    "names that import each other in a circle": (
        {"a": "from lab.b import act\ndef stage(x): return act(x)", "b": "from lab.c import act", "c": "from lab.b import act"},
        "b.py:act",
    ),
    "a file that is half written": (
        {"a": "def stage(x):\n    from lab.b import act\n    return act(x)", "b": "def act(x:\n"},
        "b.py:<file>",
    ),
    "a module that is run by its name": (
        {"a": "import subprocess\ndef stage(x): return subprocess.run(['python', '-m', 'lab.b'])",
         "b": "if __name__ == '__main__':\n    print(3)"},
        "b.py:<main>",
    ),
    "a decorator that registers by a partial": (
        {"a": "from functools import partial\nTABLE = {}\ndef register(name, f): TABLE[name] = f\n"
              "@partial(register, 'act')\ndef act(x): return x\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a decorator that registers by a partial of another module's function": (
        {"a": "import functools\nfrom lab.b import register, TABLE\n"
              "@functools.partial(register, 'act')\ndef act(x): return x\ndef stage(x): return TABLE",
         "b": "TABLE = {}\ndef register(name, f): TABLE[name] = f"},
        "a.py:act",
    ),
    "a decorator that is an object of a dataclass": (
        {"a": "from dataclasses import dataclass\nTABLE = {}\n@dataclass\nclass rule:\n    name: str\n"
              "    def __call__(self, f): TABLE[self.name] = f\n"
              "@rule('act')\ndef act(x): return x\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a decorator that is a named tuple": (
        {"a": "from typing import NamedTuple\nTABLE = {}\nclass rule(NamedTuple):\n    name: str\n"
              "    def __call__(self, f): TABLE[self.name] = f\n"
              "@rule('act')\ndef act(x): return x\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a decorator that is made of a function": (
        {"a": "from functools import singledispatch\ndef enrol(f): TABLE.append(f)\nTABLE = []\n"
              "@singledispatch(enrol)\ndef act(x): return x\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a decorator that is a registry's getter": (
        {"a": "from lab.b import registry\n@registry.getter\ndef act(x): return x\ndef stage(x): return registry",
         "b": "class Registry:\n    def getter(self, f): self.held = f\nregistry = Registry()"},
        "a.py:act",
    ),
    "a function that a reduction under another name registers": (
        {"a": "from functools import reduce as fold\nTABLE = []\ndef grow(table, f): table.append(f)\ndef act(x): return x\n"
              "HELD = fold(grow, [act], TABLE)\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "an operator that registers a function": (
        {"a": "from lab.b import RULES\ndef act(x): return x\n_ = RULES << act\ndef stage(x): return RULES",
         "b": "class Rules(dict):\n    def __lshift__(self, f): self[f.__name__] = f\nRULES = Rules()"},
        "a.py:act",
    ),
    "a subscript that registers a function": (
        {"a": "from lab.b import RULES\ndef act(x): return x\n_ = RULES[act]\ndef stage(x): return RULES",
         "b": "class Rules:\n    def __getitem__(self, f): self.held = f\nRULES = Rules()"},
        "a.py:act",
    ),
    "a subscript that registers a class": (
        {"a": "class Rules:\n    def __getitem__(self, f): self.held = f\nRULES = Rules()\n"
              "class Act: pass\n_ = RULES[Act]\ndef stage(x): return RULES"},
        "a.py:Act",
    ),
    "a class that an attribute's __set_name__ registers": (
        {"a": "TABLE = {}\nclass Kind:\n    def __set_name__(self, owner, name): TABLE[name] = owner\n"
              "class Act:\n    act = Kind()\ndef stage(x): return TABLE"},
        "a.py:Act",
    ),
    "a class that a dataclass's __set_name__ registers": (
        {"a": "from lab.b import TABLE\ndef stage(x): return TABLE",
         "b": "from dataclasses import dataclass\nTABLE = {}\n@dataclass\nclass Kind:\n    name: str\n"
              "    def __set_name__(self, owner, name): TABLE[self.name] = owner\n"
              "class Act:\n    kind = Kind('act')"},
        "b.py:Act",
    ),
    "an object of a class whose __setattr__ registers": (
        {"a": "from dataclasses import dataclass\nTABLE = []\n@dataclass\nclass Rule:\n    f: object\n"
              "    def __setattr__(self, name, value): TABLE.append(value)\n"
              "def act(x): return x\nHELD = Rule(act)\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "an object of a class whose __post_init__ is assigned": (
        {"a": "from dataclasses import dataclass\nTABLE = []\ndef enrol(rule): TABLE.append(rule)\n"
              "@dataclass\nclass Rule:\n    f: object\n    __post_init__ = enrol\n"
              "def act(x): return x\nHELD = Rule(act)\ndef stage(x): return TABLE"},
        "a.py:act",
    ),
    "a subclass by a hook that is assigned": (
        {"a": "TABLE = []\ndef keep(cls): TABLE.append(cls)\nclass Rule:\n    __init_subclass__ = classmethod(keep)\n"
              "class Act(Rule): pass\ndef stage(x): return TABLE"},
        "a.py:Act",
    ),
    "a subclass by a hook that is assigned later": (
        {"a": "TABLE = []\ndef keep(cls): TABLE.append(cls)\nclass Rule: pass\nRule.__init_subclass__ = classmethod(keep)\n"
              "class Act(Rule): pass\ndef stage(x): return TABLE"},
        "a.py:Act",
    ),
    "a subclass of what a metaclass returns": (
        {"a": "from lab.b import Rule, TABLE\nclass Act(Rule): pass\ndef stage(x): return TABLE",
         "b": "TABLE = {}\nclass Meta(type):\n    def __init__(cls, name, bases, space): TABLE[name] = cls\n"
              "Rule = Meta('Rule', (), {})"},
        "a.py:Act",
    ),
    "a subclass of a class with a metaclass by a function": (
        {"a": "from abc import ABCMeta\nfrom six import with_metaclass\nTABLE = {}\nclass Meta(ABCMeta):\n"
              "    def __init__(cls, name, bases, space): TABLE[name] = cls\n"
              "class Rule(with_metaclass(Meta)): pass\nclass Act(Rule): pass\ndef stage(x): return TABLE"},
        "a.py:Act",
    ),
    "a subclass in the body of another class": (
        {"a": "TABLE = []\nclass Rule:\n    def __init_subclass__(cls): TABLE.append(cls)\n"
              "class Rules:\n    class Act(Rule): pass\ndef stage(x): return TABLE"},
        "a.py:Rules.Act",
    ),
    "an import by importlib under another name": (
        {"a": "from importlib import import_module as load\nHOME = 'lab.'\ndef stage(x): return getattr(load(HOME + 'b'), x)",
         "b": "def act(x): return x", "__init__": "from lab import b"},
        "b.py:act",
    ),
    "a name that eval under another name finds": (
        {"a": "from builtins import eval as run\ndef hidden(x): return x\ndef stage(x): return run('hid' + 'den')(x)"},
        "a.py:hidden",
    ),
    "a function by an import that another module renames": (
        {"a": "from lab.b import load\ndef hidden(x): return x\ndef stage(x): return load('lab.a')",
         "b": "from importlib import import_module as load"},
        "a.py:hidden",
    ),
    "a pickled function": (
        {"a": "import shelve\ndef hidden(x): return x\ndef stage(x): return shelve.open('a')['hid' + 'den'](x)"},
        "a.py:hidden",
    ),
}  # fmt: skip

UNREACHED = {
    "what only known decorators change": (
        {"a": "import functools\nfrom dataclasses import dataclass\nfrom functools import lru_cache\n"
              "def stage(x): return x\n@dataclass(frozen=True)\nclass Spare:\n    a: int = 3\n"
              "    @property\n    def b(self): return self.a\n    @b.setter\n    def b(self, x): pass\n"
              "    @lru_cache(maxsize=None)\n    def c(self): return 3\n"
              "    @functools.wraps(stage)\n    def d(self): return 3"},
        "a.py:Spare",
    ),
    "a constant made by operators and subscripts": (
        {"a": "from lab.b import WIDTH\nclass Net: pass\nclass Box: pass\n"
              "SPARE = [WIDTH << 2, Net | None, Box[Net], dict[str, Net], WIDTH[0]]\ndef stage(x): return x", "b": "WIDTH = 3"},
        "a.py:SPARE",
    ),
    "an object of a dataclass that nothing names": (
        {"a": "from dataclasses import dataclass\n@dataclass\nclass Box:\n    a: int\n    def twice(self): return 2 * self.a\n"
              "SPARE = Box(3)\ndef stage(x): return x"},
        "a.py:SPARE",
    ),
    "what would import by a computed name, but is not used": (
        {"a": "from importlib import import_module as load\ndef spare(x): return load(x)\ndef stage(x): return x"},
        "a.py:spare",
    ),
    "a module with the name of what looks names up": (
        {"a": "from lab.locals import WIDTH\ndef spare(x): return x\ndef stage(x): return WIDTH", "locals": "WIDTH = 3"},
        "a.py:spare",
    ),
    "a function that nothing names": (
        {"a": "def spare(x): return x\ndef stage(x): return x"},
        "a.py:spare",
    ),
    "a class with a base that nothing names": (
        {"a": "class Base: pass\nclass Spare(Base):\n    width: int = 3\ndef stage(x): return Base"},
        "a.py:Spare",
    ),
    "a constant that nothing names": (
        {"a": "SPARE = {'a': [1, 2], 'b': (3, -4)}\ndef stage(x): return x"},
        "a.py:SPARE",
    ),
    "a dataclass that nothing names": (
        {"a": "from dataclasses import dataclass, field\n@dataclass\nclass Spare:\n    a: list = field(default_factory=list)\n"
              "def stage(x): return x"},
        "a.py:Spare",
    ),
    "what is imported for types alone": (
        {"a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lab.b import Net\ndef stage(x: 'Net'): return x",
         "b": "print(3)\nclass Net: pass"},
        "b.py:<module>",
    ),
    "a half-written file that no stage needs": (
        {"a": "def stage(x): return x", "plots": "def act(x:\n"},
        "plots.py:<file>",
    ),
    "what a function that nothing names imports": (
        {"a": "def plot(x):\n    from lab import b\n    return b.act(x)\ndef stage(x): return x", "b": "def act(x): return x"},
        "b.py:act",
    ),
    "a method named as an attribute": (
        {"a": "class Net:\n    def forward(self): pass\ndef stage(x): return x.forward()"},
        "a.py:Net",
    ),
    "another module of the package": (
        {"a": "from lab import b\ndef stage(x): return b.act(x)", "b": "def act(x): return x", "c": "def act(x): return x"},
        "c.py:act",
    ),
}  # fmt: skip


def _definitions(folder: Path, files: dict[str, str]) -> set[str]:
    for name, source in {"__init__": "", **files}.items():
        path = folder / "lab" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return set(Code(folder, ["lab"]).fingerprint("lab.a:stage").definitions)


ORDERED = {
    "a constant computed before or after its source grows": (
        ["PARTS = [1]", "PARTS += [2]", "COUNT = len(PARTS)", "def stage(x): return COUNT"],
        ["PARTS = [1]", "COUNT = len(PARTS)", "PARTS += [2]", "def stage(x): return COUNT"],
    ),
    "a function before or after a star that brings its name": (
        ["from lab.b import *", "def act(x): return -x", "def stage(x): return act(x)"],
        ["def act(x): return -x", "from lab.b import *", "def stage(x): return act(x)"],
    ),
    "two stars that bring one name": (
        ["from lab.b import *", "from lab.c import *", "def stage(x): return act(x)"],
        ["from lab.c import *", "from lab.b import *", "def stage(x): return act(x)"],
    ),
    "two values of one name": (
        ["RATE = 1", "RATE = 2", "def stage(x): return RATE"],
        ["RATE = 2", "RATE = 1", "def stage(x): return RATE"],
    ),
    "two imports of one name": (
        ["from lab.b import act", "from lab.c import act", "def stage(x): return act(x)"],
        ["from lab.c import act", "from lab.b import act", "def stage(x): return act(x)"],
    ),
    "a function registered before or after another": (
        [
            "from lab.c import enrol, TABLE",
            "@enrol\ndef f(): pass",
            "@enrol\ndef g(): pass",
            "def stage(x): return TABLE",
        ],
        [
            "from lab.c import enrol, TABLE",
            "@enrol\ndef g(): pass",
            "@enrol\ndef f(): pass",
            "def stage(x): return TABLE",
        ],
    ),
}


@pytest.mark.parametrize("form", ORDERED)
def test_an_order_that_matters_is_seen(tmp_path: Path, form: str) -> None:
    """Two orders of the same statements that give a stage different values give it different fingerprints."""
    others = {
        "b": "def act(x): return x",
        "c": "TABLE = []\ndef enrol(f): TABLE.append(f)\ndef act(x): return 2 * x",
    }
    digests = set()

    for position, lines in enumerate(ORDERED[form]):
        _definitions(tmp_path / str(position), {"a": "\n".join(lines), **others})
        digests.add(Code(tmp_path / str(position), ["lab"]).fingerprint("lab.a:stage").digest)

    assert len(digests) == 2


@pytest.mark.parametrize("form", REACHED)
def test_a_stage_reaches(tmp_path: Path, form: str) -> None:
    """The definition that this form of reference leads to is part of the fingerprint."""
    files, definition = REACHED[form]

    assert f"lab/{definition}" in _definitions(tmp_path, files)


@pytest.mark.parametrize("form", UNREACHED)
def test_a_stage_does_not_reach(tmp_path: Path, form: str) -> None:
    """What looks like a reference and is none leaves the fingerprint small."""
    files, definition = UNREACHED[form]

    assert f"lab/{definition}" not in _definitions(tmp_path, files)


@pytest.mark.parametrize(
    "mention",
    ["from tools.sums import total", "import json, tools.sums", "MODEL = 'tools.sums:total'"],
)
def test_packages_beside_the_engines_belong_to_it(tmp_path: Path, mention: str) -> None:
    """What the engine imports, or names in a string, from beside it is the project's code, and what that imports in turn."""
    used = {"from": "total", "import": "tools.sums.total", "MODEL": "MODEL"}[mention.split()[0]]
    write = {
        "lab/__init__.py": "",
        "lab/stages.py": f"{mention}\nimport cbspec.stage\n\n\ndef run(job):\n    return {used}\n",
        "tools/__init__.py": "",
        "tools/sums.py": "from deeper import start\n\n\ndef total(x):\n    return start + x\n",
        "deeper.py": "start = 1\n",
        "cbspec/stage.py": "VERSION = 1\n",
        "unused/__init__.py": "from lab import stages\n",
    }
    for name, text in write.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    reached = Code(tmp_path, ("lab",)).fingerprint("lab.stages:run").definitions

    assert {"lab/stages.py:run", "tools/sums.py:total", "deeper.py:start"} <= set(reached)
    assert not any(name.startswith(("cbspec/", "unused/")) for name in reached)
