"""Each edit of a project makes stale the stages that reach it, and whatever changes what a stage yields is seen."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest

from cbspec.fingerprint import Code, Fingerprint, Parsed
from tests.cbspec.fingerprint.conftest import SAMPLE
from tests.cbspec.fingerprint.sample_stages import STAGES, declared

ALL_MATHS = {"by_attribute", "by_globals"}
RULES = {"by_prefix", "by_globals"}
OPEN = {
    "by_attribute",
    "by_import",
    "by_prefix",
    "by_table",
    "by_argument",
    "by_globals",
    "by_modules",
    "leaves",
}
"""They find code by a name that is computed: every definition of the files that they reach is theirs."""
CLASSES = {"leaves"}
"""It asks a class for its subclasses, which could be any."""
REGISTERED = {"registered", "single"}
TABLES = {"measure", "steps", "extra", "filled", "counting", "picked"}
FAMILIES = {"families", "leaves", "made"}


class Edit(NamedTuple):
    """Text replaced in one file, and stages that reach it: they are stale, and others may be."""

    what: str
    path: str
    old: str
    new: str
    stale: set[str]


SEEN = [
    Edit("constant", "maths.py", "WIDTH = 4", "WIDTH = 5", {"train", "aliased", *CLASSES, *ALL_MATHS}),
    Edit("constant used as a default", "maths.py", "DEPTH = 2", "DEPTH = 3", {"train", *ALL_MATHS}),
    Edit("type of a constant", "maths.py", "DEPTH = 2", "DEPTH = 2.0", {"train", *ALL_MATHS}),
    Edit("default argument", "maths.py", "by: float = 0.5", "by: float = 0.75", {"train", *ALL_MATHS}),
    Edit("keyword default", "maths.py", "shift=DEPTH", "shift=1", {"train", *ALL_MATHS}),
    Edit("helper two calls away", "maths.py", "x * 1.25", "x * 1.5", {"train", *ALL_MATHS}),
    Edit("type alias in an annotation", "maths.py", "int | float", "int", {"train", *ALL_MATHS}),
    Edit("function shared by many", "maths.py", "x / 2", "x / 4",
         {"train", "deferred", "measure", "starred", "conditional", *CLASSES, *ALL_MATHS}),
    Edit("function passed as a value", "maths.py", "2 * x", "3 * x", {"aliased", "picked", *ALL_MATHS}),
    Edit("partial", "maths.py", "exp=3", "exp=4", {"aliased", *ALL_MATHS}),
    Edit("function reached through a star", "maths.py", "halve(halve(x))", "halve(x)", {"starred", "measure", *ALL_MATHS}),
    Edit("constant inside a comprehension", "maths.py", "[1, 2, 3]", "[1, 2, 4]", {"extra", *ALL_MATHS}),
    Edit("condition of a comprehension", "maths.py", "if offset > 1", "if offset > 2", {"extra", *ALL_MATHS}),
    Edit("value in a dictionary", "maths.py", '"small": 1.5', '"small": 1.25', {"picked", *ALL_MATHS}),
    Edit("f-string", "maths.py", "units", "parts", {"steps", *ALL_MATHS}),
    Edit("format of an f-string", "maths.py", "x:.3f", "x:.2f", {"steps", *ALL_MATHS}),
    Edit("match statement", "maths.py", "case 0 | 1", "case 0 | 3", {"steps", *ALL_MATHS}),
    Edit("name of another's function", "maths.py", "from functools import partial",
         "from functools import partialmethod as partial",
         {"aliased", *ALL_MATHS}),
    Edit("class attribute of a base class", "nets.py", "bias = 0.5", "bias = 0.25", {"train", *CLASSES}),
    Edit("method of a base class", "nets.py", "self.activate(x) + self.bias", "self.activate(x)", {"train", *CLASSES}),
    Edit("base class itself", "nets.py", "class Base:", "class Base(Exception):", {"train", *CLASSES}),
    Edit("method reached through an instance", "nets.py", "self.config.rate", "-self.config.rate", {"train", *CLASSES}),
    Edit("method reached through super", "nets.py", "        return x\n", "        return x + 1\n", {"train", *CLASSES}),
    Edit("property", "nets.py", "sum(self.config.layers)", "max(self.config.layers)", {"train", *CLASSES}),
    Edit("nested class", "nets.py", "gain = 3", "gain = 4", {"train", *CLASSES}),
    Edit("method of a nested class", "nets.py", "x * self.gain", "x + self.gain", {"train", *CLASSES}),
    Edit("static method", "nets.py", "halve(1.0)", "halve(3.0)", {"train", *CLASSES}),
    Edit("class method", "nets.py", "cls(Config())", "cls(Config(0.2))", {"train", *CLASSES}),
    Edit("special method", "nets.py", "return 7", "return 8", {"train", *CLASSES}),
    Edit("decorator of a method", "nets.py", "    @cached_property", "    @property", {"train", *CLASSES}),
    Edit("dataclass field default", "nets.py", "rate: float = 0.1", "rate: float = 0.3", {"train", "aliased", *CLASSES}),
    Edit("default factory", "nets.py", "[3, 3]", "[3, 4]", {"train", "aliased", *CLASSES}),
    Edit("class decorator", "nets.py", "@dataclass\n", "@dataclass(order=True)\n", {"train", "aliased", *CLASSES}),
    Edit("field annotation", "nets.py", "rate: float", "rate: int", {"train", "aliased", *CLASSES}),
    Edit("class named in a quoted annotation", "nets.py", "class Width(int)", "class Width(float)", {"train",
         "aliased", *CLASSES}),
    Edit("decorator with an argument", "decorators.py", "function(*args) + by", "function(*args) - by", {"wrapped"}),
    Edit("argument of a decorator", "training.py", "@offset(2)", "@offset(4)", {"wrapped"}),
    Edit("decorator without an argument", "decorators.py", "2 * function", "3 * function", {"twice"}),
    Edit("other decorator on a function", "training.py", "@doubled", "@offset(1)", {"twice"}),
    Edit("closure variable", "training.py", "rate = 3", "rate = 4", {"closed"}),
    Edit("nested function", "training.py", "x * rate", "x - rate", {"closed"}),
    Edit("alias of a module", "training.py", "import lab.nets as networks", "import lab.catalog as networks", {"aliased"}),
    Edit("target of an import", "training.py", "import doubled, offset", "import offset as doubled, offset", {"twice"}),
    Edit("re-export of a package", "__init__.py", "import halve as", "import quarter as", {"deferred"}),
    Edit("re-export under another name", "rules/__init__.py", "apply_rule as apply", "other_rule as apply", {"deferred", *RULES}),
    Edit("function behind a re-export", "rules/local.py", "x + 11", "x + 13", {"deferred", *RULES}),
    Edit("import inside a function", "training.py", "from lab import halved", "from lab.maths import double as halved",
         {"deferred"}),
    Edit("dictionary of functions", "tables.py", '"half": maths.halve', '"half": maths.double', {"measure"}),
    Edit("list grown by +=", "tables.py", "STEPS += [maths.kind]", "STEPS += [maths.label]", {"steps"}),
    Edit("entry of a table", "tables.py", '["spread"] = maths.spread', '["spread"] = maths.label', {"extra"}),
    Edit("loop that fills a table", "tables.py", "in (1, 2)", "in (1, 3)", TABLES),
    Edit("global that is written", "tables.py", "COUNT = 0", "COUNT = 1", {"counting"}),
    Edit("statement on a global", "tables.py", "COUNT += job", "COUNT -= job", {"counting"}),
    Edit("walrus", "tables.py", "(first := EXTRA)", "(first := RULES)", {"extra"}),
    Edit("key function", "tables.py", "key=maths.double", "key=maths.halve", {"picked"}),
    Edit("function found by getattr", "maths.py", "math.floor(x)", "math.ceil(x)", ALL_MATHS),
    Edit("function found by importlib", "rules/remote.py", "x + ANSWER", "x - ANSWER", {"by_import", "by_table", *RULES}),
    Edit("constant behind importlib", "rules/remote.py", "42", "43", {"by_import", "by_table", *RULES}),
    Edit("path in a table", "dispatch.py", '"lab.rules.remote:act"', '"lab.rules.local:other_rule"', {"by_table", "by_globals"}),
    Edit("prefix of a computed path", "dispatch.py", 'f"lab.rules.{name}"', 'f"lab.{name}"', {"by_prefix", "by_globals"}),
    Edit("function found among the globals", "dispatch.py", "x + 21", "x + 22", {"by_globals"}),
    Edit("default that names what is found", "dispatch.py", 'name="hidden"', 'name="other"', {"by_globals"}),
    Edit("registered function", "plugins/registered.py", "x + 31", "x + 33", REGISTERED),
    Edit("name it is registered under", "plugins/registered.py", '"second"', '"first"', REGISTERED),
    Edit("registering decorator", "decorators.py", "REGISTRY[name] = function", "REGISTRY[name] = print", REGISTERED),
    Edit("order of registration", "plugins/registered.py", '@register("first")\ndef first(x):\n    return x + 31\n',
         "", REGISTERED),
    Edit("single dispatch", "registry.py", 'f"int {x}"', 'f"integer {x}"', REGISTERED),
    Edit("monkeypatch", "plugins/patch.py", "patched.target = replacement", "patched.target = abs", {"patched"}),
    Edit("function patched in", "plugins/patch.py", "x + 41", "x + 42", {"patched"}),
    Edit("import that only acts", "patched.py", "    import lab.plugins.patch\n\n", "", {"patched"}),
    Edit("hook on subclassing", "families.py", "Known.members.append(cls)", "Known.members.insert(0, cls)", FAMILIES),
    Edit("subclass that registers itself", "families.py", "strength = 5", "strength = 6", FAMILIES),
    Edit("subclass found by __subclasses__", "families.py", "6 * x", "7 * x", {"leaves"}),
    Edit("metaclass", "families.py", '["power"] = 9', '["power"] = 8', FAMILIES),
    Edit("order of classes that register", "families.py", "strength = 1\n\n\nclass Strong(Known):\n    strength = 5",
         "strength = 5\n\n\nclass Strong(Known):\n    strength = 1", FAMILIES),
    Edit("branch of a conditional definition", "conditional.py", "x + 51", "x + 52", {"conditional"}),
    Edit("condition of a definition", "conditional.py", "LARGE = True", "LARGE = False", {"conditional"}),
    Edit("alternative of a failed import", "conditional.py", "import halve as fast", "import double as fast", {"conditional"}),
    Edit("from __future__", "conditional.py", "from __future__ import annotations\n", "", {"conditional"}),
    Edit("catalog entry", "catalog.py", "parameters=Train,", "parameters=Measure,", {"train"}),
    Edit("unit of a measure", "catalog.py", 'Figure("nats"', 'Figure("bits"', {"measure"}),
    Edit("parameters that only the catalog names", "catalog.py", "10 * self.epochs", "20 * self.epochs", {"train"}),
    Edit("class attribute read by its class", "catalog.py", "batches: int = 5", "batches: int = 6", {"limits", "measure"}),
    Edit("statement at the top of a module", "maths.py", "UNUSED = 17", "import lab\nlab.late = 17", set(STAGES)),
]  # fmt: skip

UNREACHED = [
    Edit("main block", "training.py", "def closed(job):",
         'if __name__ == "__main__":\n    print(train(1))\n\n\ndef closed(job):', set()),
    Edit("cost in a catalog entry", "catalog.py", ", cost=lambda call: 3.0", ", cost=lambda call: 4.0", set()),
    Edit("length in a catalog entry", "catalog.py", ", cost=lambda", ', length="epochs", cost=lambda', set()),
    Edit("continues in a catalog entry", "catalog.py", ", cost=lambda", ', continues="snapshot", cost=lambda', set()),
    Edit("measure's doc", "catalog.py", "mean loss", "the mean loss", set()),
    Edit("stage's doc", "catalog.py", '"a net"', '"the net"', set()),
    Edit("unused import", "training.py", "from lab import maths\n", "import json\nfrom lab import maths\n", set()),
    Edit("list of exports", "training.py", "@offset(2)", '__all__ = ["train"]\n\n\n@offset(2)', set()),
    Edit("new function beside others", "catalog.py", "def limits", "def other(x):\n    return x\n\n\ndef limits", set()),
    Edit("new entry of the catalog", "catalog.py", "STAGES = (", 'STAGES = (\n    Stage("new", "", "lab.training:absent"),', set()),
    Edit("table that no stage reads", "catalog.py", '"loss": "nats"', '"loss": "bits"', set()),
    Edit("unreached function", "plugins/registered.py", "def bystander(x):\n    return x",
         "def bystander(x):\n    return -x", set()),
]  # fmt: skip

UNSEEN = [
    Edit("comment", "maths.py", "# how wide", "# how wide it is", set()),
    Edit("new comment", "training.py", "def closed(job):", "# see below\ndef closed(job):  # here", set()),
    Edit("docstring of a module", "maths.py", "Plain functions", "Simple functions", set()),
    Edit("docstring of a function", "maths.py", "Two calls away from the stage.", "Far away.", set()),
    Edit("docstring removed", "maths.py", '    """Two calls away from the stage."""\n', "", set()),
    Edit("docstring of a class", "nets.py", "A network.", "A net.", set()),
    Edit("docstring added", "nets.py", "        return 7", '        """Seven."""\n        return 7', set()),
    Edit("text under a constant", "maths.py", "DEPTH = 2", 'DEPTH = 2\n"""How deep."""', set()),
    Edit("blank lines", "nets.py", "class Other", "\n\n\nclass Other", set()),
    Edit("line breaks", "training.py", "networks.Config.rate * maths.double(job)",
         "networks.Config.rate * maths.double(\n        job,\n    )", set()),
    Edit("quotes", "tables.py", '{"half": maths.halve, "quarter": maths.quarter}',
         "{'half': maths.halve, 'quarter': maths.quarter}", set()),
    Edit("parentheses", "maths.py", "return x / 2", "return (x / 2)", set()),
    Edit("literal written otherwise", "maths.py", "WIDTH = 4", "WIDTH = 0x4", set()),
    Edit("string in two parts", "maths.py", 'return "many"', 'return "ma" "ny"', set()),
    Edit("order of imports", "training.py", "from lab.maths import scale\nfrom lab.nets import Net",
         "from lab.nets import Net\nfrom lab.maths import scale", set()),
    Edit("order within an import", "training.py", "import doubled, offset", "import offset, doubled", set()),
    Edit("import in two statements", "training.py", "from lab.decorators import doubled, offset",
         "from lab.decorators import doubled\nfrom lab.decorators import offset", set()),
    Edit("order of imports inside a function", "training.py",
         "    from lab import halved\n    from lab.rules import apply\n",
         "    from lab.rules import apply\n    from lab import halved\n", set()),
    Edit("relative import", "training.py", "from lab.maths import scale", "from .maths import scale", set()),
    Edit("pass in a body", "nets.py", "        return 7", "        pass\n        return 7", set()),
]  # fmt: skip


_RUN = """
import cbspec.stage, dataclasses, functools, importlib, json, math, os, re, sys, typing
sys.dont_write_bytecode = True
stages = json.loads(sys.argv[1])
for project in sys.stdin:
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    sys.path.insert(0, project.strip())
    answer, sys.stdout = sys.stdout, sys.stderr
    yields = {}
    for stage, implementation in stages.items():
        module, name = implementation.split(":")
        try:
            result = repr(getattr(importlib.import_module(module), name)(3))
        except Exception as error:
            result = repr(error)
        yields[stage] = re.sub("0x[0-9a-f]+", "", result)
    print(json.dumps(yields), file=answer, flush=True)
    os._exit(0)
"""


def _apply(project: Path, edit: Edit) -> None:
    path = project / "lab" / edit.path
    source = path.read_text()
    assert edit.old in source
    path.write_text(source.replace(edit.old, edit.new, 1))


SOURCES = Parsed()
"""Each text is read once: the copies differ in one file."""


def _fingerprints(project: Path) -> dict[str, Fingerprint]:
    code = Code(project, ["lab"], catalog="lab.catalog", stages=declared(project), sources=SOURCES)
    return {stage: code.fingerprint(implementation) for stage, implementation in STAGES.items()}


BEFORE = _fingerprints(SAMPLE)
"""A fingerprint does not depend on where the project lies, so the copies need none of their own."""


def _reaching(path: str, fingerprints: dict[str, Fingerprint]) -> set[str]:
    """The stages whose fingerprint has a definition of a file."""
    starts = f"{path}:"
    return {
        name
        for name, fingerprint in fingerprints.items()
        if any(definition.startswith(starts) for definition in fingerprint.definitions)
    }


def _stale(project: Path, before: dict[str, Fingerprint] = BEFORE) -> set[str]:
    after = _fingerprints(project)
    return {stage for stage in STAGES if before[stage].digest != after[stage].digest}


@pytest.fixture(scope="module")
def yields() -> Iterator[Callable[[Path], dict[str, str]]]:
    """What every stage of a project gives, each project in a process of its own."""
    command = [sys.executable, "-c", _RUN, json.dumps(STAGES)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:

        def ask(project: Path) -> dict[str, str]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{project}\n")
            return dict(json.loads(process.stdout.readline()))

        yield ask


@pytest.fixture(scope="module")
def original(yields: Callable[[Path], dict[str, str]]) -> dict[str, str]:
    """What every stage of the unedited sample gives."""
    return yields(SAMPLE)


@pytest.mark.parametrize("edit", SEEN, ids=lambda edit: edit.what)
def test_an_edit_makes_stale_the_stages_that_reach_it(
    project: Path,
    edit: Edit,
    original: dict[str, str],
    yields: Callable[[Path], dict[str, str]],
) -> None:
    """What yields otherwise after an edit is stale, and none is that reaches nothing of the file."""
    _apply(project, edit)

    after, now = _fingerprints(project), yields(project)
    stale = {stage for stage in STAGES if BEFORE[stage].digest != after[stage].digest}
    assert edit.stale <= stale
    assert {stage for stage in STAGES if original[stage] != now[stage]} <= stale
    assert stale <= _reaching(f"lab/{edit.path}", BEFORE) | _reaching(f"lab/{edit.path}", after)


@pytest.mark.parametrize("edit", UNREACHED, ids=lambda edit: edit.what)
def test_what_no_stage_names_makes_nothing_stale(project: Path, edit: Edit) -> None:
    """Only the stages that find code by a computed name take a definition that nothing names."""
    _apply(project, edit)

    assert _stale(project) <= OPEN


@pytest.mark.parametrize("edit", UNSEEN, ids=lambda edit: edit.what)
def test_an_edit_that_changes_no_behaviour_makes_nothing_stale(project: Path, edit: Edit) -> None:
    """Comments, docstrings, formatting, the order of imports and what only documents leave every fingerprint as it is."""
    _apply(project, edit)

    assert set() == _stale(project)


def test_moving_functions_within_a_file_makes_nothing_stale(project: Path) -> None:
    """The functions of a module in the opposite order give the same fingerprints. One under a
    decorator keeps its place: it may register.
    """
    path = project / "lab/training.py"
    tree = ast.parse(path.read_text())
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.decorator_list
    ]
    others = [node for node in tree.body if node not in functions]

    path.write_text("\n".join(map(ast.unparse, [*others, *reversed(functions)])))

    assert len(functions) > 4
    assert set() == _stale(project)


@pytest.mark.parametrize("path", sorted(SAMPLE.rglob("*.py")), ids=lambda path: path.stem)
def test_a_file_formatted_anew_makes_nothing_stale(project: Path, path: Path) -> None:
    """A file without its comments and docstrings, every line broken and quoted as another formatter would, is the same code."""
    copy = project / path.relative_to(SAMPLE)
    tree = ast.parse(copy.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]

    copy.write_text(ast.unparse(tree).replace("\n\n", "\n"))

    assert set() == _stale(project)


def test_renaming_a_module_that_no_stage_reaches_makes_nothing_stale(project: Path) -> None:
    """Where a module lies matters to nobody who does not reach it."""
    (project / "lab/spare.py").write_text("def spare(x):\n    return x\n")
    before = _fingerprints(project)

    (project / "lab/spare.py").rename(project / "lab/other.py")

    assert _stale(project, before) == set()
