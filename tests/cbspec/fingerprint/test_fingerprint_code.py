"""The face of the fingerprint: definitions, digest, changes, places, errors, and the project's own
engine.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import shutil
import sys
from pathlib import Path

import pytest

from cbspec.errors import ConfigError
from cbspec.fingerprint import Change, Code, Parsed, changes
from cbspec.fingerprint.signature import signatures
from cbspec.stage import Stage
from tests.cbspec.fingerprint.conftest import SAMPLE

ENGINE = Path(__file__).parents[3] / "engine"


@pytest.fixture
def code(project: Path) -> Code:
    """The code of a copy of the sample project."""
    return Code(project, ["lab"])


def _implementations(root: Path) -> list[str]:
    """Every implementation that a catalog names."""
    return sorted(
        set(re.findall(r'implementation="([\w.:]+)"', (root / "engine/catalog.py").read_text()))
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's own engine, below the root that is given back."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ENGINE, root / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def test_a_small_stage_has_exactly_the_definitions_it_reaches(project: Path) -> None:
    """A stage that uses a star import reaches what it names through it, and nothing else of the
    file.
    """
    code = Code(project, ["lab"], catalog="lab.catalog")

    assert list(code.fingerprint("lab.stars:starred").definitions) == [
        "lab/maths.py:halve",
        "lab/maths.py:quarter",
        "lab/stars.py:*",
        "lab/stars.py:<order>",
        "lab/stars.py:starred",
    ]


def test_a_class_is_named_apart_from_each_of_its_methods(code: Code) -> None:
    """Class, methods and nested classes are definitions of their own, so that a change is told
    precisely.
    """
    definitions = code.fingerprint("lab.training:train").definitions

    named = {each.partition(":")[2] for each in definitions if each.startswith("lab/nets.py:Net")}
    assert named == {
        *("Net", "Net.Head", "Net.Head.read", "Net.__init__", "Net.__len__", "Net.activate"),
        *("Net.default", "Net.head", "Net.initial", "Net.size"),
    }


def test_the_digest_is_the_hash_of_the_sorted_definitions(code: Code) -> None:
    """The digest follows from the definitions alone."""
    fingerprint = code.fingerprint("lab.training:train")

    lines = [f"{name} {digest}\n" for name, digest in sorted(fingerprint.definitions.items())]
    assert fingerprint.digest == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_every_entry_of_an_implementation_counts(project: Path) -> None:
    """Where two stages have one implementation, its fingerprint holds the entries of both."""
    stages = [Stage(name, "", "lab.training:train") for name in ("train", "again")]
    code = Code(project, ["lab"], catalog="lab.catalog", stages=stages)

    definitions = code.fingerprint("lab.training:train").definitions

    assert {"lab/catalog.py:Stage('train')", "lab/catalog.py:Stage('again')"} <= set(definitions)


@pytest.mark.parametrize(
    ("made", "definition"),
    [
        ('STAGES = tuple(Stage(n, "d", f"lab:{n}", P) for n, P in {"box": Box}.items())', "Box"),
        ('P = msgspec.defstruct("P", [], bases=(Box,))\n'
         'STAGES = (Stage("box", "d", "lab:box", P),)', "Box"),
        ('STAGES = ()\nfor n in ("box", "bag"):\n    STAGES += (Stage(n, "d", f"lab:{n}", Box),)', "Box"),
        ('STAGES = (Stage("box", "d", "lab:box", opens="lab:Opener"),)', "Opener"),
    ],
    ids=["comprehension", "defstruct", "loop", "opener"],
)  # fmt: skip
def test_what_an_entry_names_counts_however_the_entry_is_made(
    tmp_path: Path, made: str, definition: str
) -> None:
    """Parameters and openers of a stage are found by what the catalog holds, not by its text."""
    source = f"""
import msgspec
from cbspec.stage import Parameters, Stage
class Box(Parameters):
    width: int = 3
class Opener: pass
{made}
def box(job): pass
def bag(job): pass
"""
    (tmp_path / "lab.py").write_text(source)
    code = Code(tmp_path, ["lab"], catalog="lab", stages=_stages(source))

    assert f"lab.py:{definition}" in code.fingerprint("lab:box").definitions


def _stages(source: str) -> tuple[Stage, ...]:
    """What a catalog of this text declares."""
    namespace = {"__name__": "lab"}
    exec(source, namespace)
    return namespace["STAGES"]


def test_changes_name_what_was_changed_added_and_removed(project: Path) -> None:
    """An edit of a helper that drops one call and takes up another is told by file and name."""
    before = Code(project, ["lab"]).fingerprint("lab.tables:measure").definitions
    path = project / "lab/maths.py"
    path.write_text(path.read_text().replace("return x / 2", "return double(x) / DEPTH"))

    after = Code(project, ["lab"]).fingerprint("lab.tables:measure").definitions

    assert changes(before, after) == (
        Change("lab/maths.py", "DEPTH", "added"),
        Change("lab/maths.py", "double", "added"),
        Change("lab/maths.py", "halve", "changed"),
    )
    assert [change.what for change in changes(after, before)] == ["removed", "removed", "changed"]


@pytest.mark.parametrize(
    ("definition", "line"),
    [
        ("lab/maths.py:_factor", "def _factor(x):"),
        ("lab/maths.py:WIDTH", "WIDTH = 4"),
        ("lab/nets.py:Net.size", "def size(self):"),
        ("lab/nets.py:Net.Head.read", "def read(self, x):"),
        ("lab/plugins/patch.py:<module>", "patched.target = replacement"),
        ("lab/catalog.py:Stage('measure')", 'name="measure"'),
        ("lab/training.py:scale", "from lab.maths import scale"),
        ("lab/maths.py:gone", "# ruff: noqa: E731"),
    ],
)
def test_a_definition_is_located_in_its_file(
    code: Code, project: Path, definition: str, line: str
) -> None:
    """Each definition has the line where it stands; what is no longer there has the first."""
    path, number = code.locate(definition)

    assert path == project / definition.partition(":")[0]
    assert line in path.read_text().splitlines()[number - 1]


@pytest.mark.parametrize(
    ("implementation", "message"),
    [
        ("lab.training.train", "is not of the form 'module:function'"),
        ("lab.trainning:train", "there is no module 'lab.trainning'; did you mean 'lab.training'?"),
        ("lab.training:trian", "lab/training.py defines no 'trian'; did you mean 'train'?"),
    ],
)
def test_an_implementation_that_is_not_there_is_told(
    code: Code, implementation: str, message: str
) -> None:
    """A misspelled module or function is an error that names the nearest one."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        code.fingerprint(implementation)


def test_a_package_that_is_not_there_is_told(project: Path) -> None:
    """A missing package is an error that says what was looked for."""
    with pytest.raises(ConfigError, match=re.escape("neither a folder labb nor a file labb.py")):
        Code(project, ["labb"])


def test_a_file_that_is_not_python_counts_by_its_text(project: Path) -> None:
    """A half-written file ends no run: the stages that import it fail there, and are stale once it
    is mended; the others do not notice.
    """
    path = project / "lab/decorators.py"
    stages = ("lab.training:train", "lab.stars:starred")
    mended = [Code(project, ["lab"]).fingerprint(stage) for stage in stages]
    path.write_text("def broken(:\n")
    broken = [Code(project, ["lab"]).fingerprint(stage) for stage in stages]

    assert "lab/decorators.py:<file>" in broken[0].definitions
    assert broken[0] != mended[0]
    assert broken[1] == mended[1]


@pytest.mark.parametrize(
    ("folder", "name"), [("lab", ".#maths.py"), ("lab", "old.py"), (".", "lab.py")]
)
def test_what_is_no_file_is_passed_over(project: Path, folder: str, name: str) -> None:
    """A dangling link, as Emacs leaves where a file is edited, and a folder named like a module
    change nothing.
    """
    before = Code(project, ["lab"]).fingerprint("lab.training:train")
    (project / folder / name).symlink_to("somebody@somewhere.4711")
    (project / "lab/rules/folder.py").mkdir()

    seen = signatures(project, ["lab"])

    assert Code(project, ["lab"], seen).fingerprint("lab.training:train") == before
    assert Code(project, ["lab"], seen).changed("lab.training:train") is None


def test_a_long_expression_is_no_deep_one(tmp_path: Path) -> None:
    """A sum of two thousand terms, nested as deep as it is long, is read like any other."""
    (tmp_path / "lab.py").write_text(
        f"TOTAL = {' + '.join(['1'] * 2000)}\ndef run(x): return TOTAL\n"
    )

    assert set(Code(tmp_path, ["lab"]).fingerprint("lab:run").definitions) == {
        "lab.py:TOTAL",
        "lab.py:run",
    }


def test_a_long_chain_of_imports_is_followed(tmp_path: Path) -> None:
    """Each of a thousand modules imports the next."""
    for number in range(1000):
        text = f"from lab.m{number + 1} import act\n" if number < 999 else "def act(x): return x\n"
        path = tmp_path / f"lab/m{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    assert "lab/m999.py:act" in Code(tmp_path, ["lab"]).fingerprint("lab.m0:act").definitions


@pytest.mark.parametrize(
    ("imports", "word"),
    [
        ("import inspect", "prompt.__doc__"),
        ("import inspect", "inspect.getdoc(prompt)"),
        ("from inspect import getdoc", "getdoc(prompt)"),
        ("from inspect import getdoc as read", "read(prompt)"),
        ("from inspect import getsource", "getsource(prompt)"),
        ("from inspect import getsource as read", "read(prompt)"),
        ("import linecache as lines", "lines.getline(__file__, 3)"),
        ("from linecache import getline", "getline(__file__, 3)"),
    ],
)
def test_docstrings_count_where_one_is_read(tmp_path: Path, imports: str, word: str) -> None:
    """A docstring that code reads, such as a prompt, is part of the code, under whatever name the
    reader is imported.
    """
    source = f'{imports}\ndef prompt():\n    """Be brief."""\ndef run(x): return {word}\n'

    assert _digest(tmp_path, source) != _digest(tmp_path, source.replace("brief", "thorough"))


@pytest.mark.parametrize("word", ["__doc__.split()", "parse(__doc__)"])
def test_a_module_s_own_docstring_counts_where_it_is_read(tmp_path: Path, word: str) -> None:
    """A bare `__doc__` is that of its module; those of other modules still count for nothing."""
    source = (
        f'"""1 2"""\nfrom other import parse\nTABLE = {word}\ndef run(x): return TABLE, parse\n'
    )
    other = tmp_path / "other.py"
    other.write_text('"""Parsing."""\ndef parse(text): return text.split()\n')
    digest = _digest(tmp_path, source)

    assert _digest(tmp_path, source.replace("1 2", "1 3")) != digest
    other.write_text('"""Reading."""\ndef parse(text): return text.split()\n')
    assert _digest(tmp_path, source) == digest


@pytest.mark.parametrize("imports", ["import linecache", "from inspect import getsource"])
def test_comments_do_not_count_where_a_reader_is_only_imported(
    tmp_path: Path, imports: str
) -> None:
    """An import of what reads sources changes nothing as long as no code that counts uses it."""
    source = f"{imports}\n# brief\ndef run(x): return x\n"

    assert _digest(tmp_path, source) == _digest(tmp_path, source.replace("brief", "thorough"))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_of_a_class_count(tmp_path: Path) -> None:
    """The bound of a class's type parameter is part of its code."""
    source = "class Box[T: int]:\n    pass\ndef run(x): return Box\n"

    assert _digest(tmp_path, source) != _digest(tmp_path, source.replace("int", "float"))


def _digest(folder: Path, source: str) -> str:
    (folder / "lab.py").write_text(source)
    return Code(folder, ["lab"]).fingerprint("lab:run").digest


def test_what_only_documents_is_not_part_of_the_code(tmp_path: Path) -> None:
    """The texts of `Measure` and `Meta` describe; ranges and units count."""
    source = """
from typing import Annotated
import msgspec
from cbspec.stage import Measure, Parameters, Stage
class Box(Parameters):
    width: "Annotated[int, msgspec.Meta(ge=1, description='hidden width')]" = 3
    depth: Annotated[int, msgspec.Meta(ge=1, description="blocks")] = 3
STAGES = (Stage("box", "what it does", "lab:box", Box, measures={"loss": Measure("nats", "mean loss")}),)
def box(job): pass
"""
    path = tmp_path / "lab.py"

    def digest(old: str, new: str) -> str:
        assert old in source
        text = source.replace(old, new)
        path.write_text(text)
        code = Code(tmp_path, ["lab"], catalog="lab", stages=_stages(text))
        return code.fingerprint("lab:box").digest

    same = digest("", "")
    assert [
        digest("mean loss", "loss"),
        digest("blocks", "depth"),
        digest("what it does", "boxes"),
    ] == [same] * 3
    assert same not in {
        digest('"nats"', '"bits"'),
        digest('ge=1, description="b', 'ge=2, description="b'),
        digest('"loss"', '"losses"'),
    }


def test_the_engine_is_followed_without_resorting_to_everything(engine: Path) -> None:
    """No stage of the project's own engine looks names up in a way that would make all of it stale
    at every edit.
    """
    code = Code(engine, ["engine"])
    every = {path.relative_to(engine).as_posix() for path in (engine / "engine").rglob("*.py")}

    for implementation in _implementations(engine):
        reached = {
            definition.partition(":")[0]
            for definition in code.fingerprint(implementation).definitions
        }
        assert "engine/data/__main__.py" not in reached < every


def test_the_engine_formatted_anew_is_the_same_code(engine: Path, tmp_path: Path) -> None:
    """Without comments and docstrings, quoted and broken otherwise, every stage of the engine has
    the fingerprint it had.
    """
    copy = Path(shutil.copytree(engine, tmp_path / "copy"))
    for path in copy.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
                node
            ):
                node.body = node.body[1:] or [ast.Pass()]
        path.write_text(ast.unparse(tree).replace("\n\n", "\n"))
    before, after = Code(engine, ["engine"]), Code(copy, ["engine"])

    for implementation in _implementations(engine):
        assert (
            changes(
                before.fingerprint(implementation).definitions,
                after.fingerprint(implementation).definitions,
            )
            == ()
        )


def test_an_edit_of_the_engine_makes_stale_exactly_the_stages_that_name_what_was_edited(
    engine: Path, tmp_path: Path
) -> None:
    """A statement added to a function changes that definition in every stage that has it, and no
    other stage.
    """
    stages = _implementations(engine)
    sources = Parsed()
    original = Code(engine, ["engine"], sources=sources)
    before = {stage: original.fingerprint(stage) for stage in stages}
    copy = Path(shutil.copytree(engine, tmp_path / "copy"))
    functions = [
        (path, node.name, node.body[-1])
        for path in sorted(copy.rglob("*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]

    for path, name, last in random.Random(0).sample(functions, min(12, len(functions))):
        source = path.read_text()
        lines = source.splitlines()
        lines.insert(last.lineno - 1, " " * last.col_offset + "edited = 1")
        path.write_text("\n".join(lines))
        code = Code(copy, ["engine"], sources=sources)
        found = {
            stage: changes(before[stage].definitions, code.fingerprint(stage).definitions)
            for stage in stages
        }
        path.write_text(source)

        definition = f"{path.relative_to(copy).as_posix()}:{name}"
        assert found == {
            stage: (Change(*definition.split(":"), "changed"),)
            if definition in before[stage].definitions
            else ()
            for stage in stages
        }


def test_the_sample_and_its_copy_have_one_fingerprint(code: Code) -> None:
    """A fingerprint does not depend on where the project lies."""
    implementation = "lab.training:train"

    assert code.fingerprint(implementation) == Code(SAMPLE, ["lab"]).fingerprint(implementation)
