"""The face of the fingerprint: definitions, digest, changes, places, errors, and the project's own
engine.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import shutil
from pathlib import Path

import pytest

from cbspec.errors import ConfigError
from cbspec.fingerprint import Change, Code, changes
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


def test_a_small_stage_has_exactly_the_definitions_it_reaches(code: Code) -> None:
    """A wrapped function reaches itself, its decorator, and the imports that give both their names."""
    assert list(code.fingerprint("lab.training:wrapped").definitions) == [
        "lab/decorators.py:functools",
        "lab/decorators.py:offset",
        "lab/training.py:offset",
        "lab/training.py:wrapped",
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
    path = project / "lab/catalog.py"
    path.write_text(
        path.read_text().replace(
            "STAGES = (", 'STAGES = (Entry("again", "lab.training:train", Measure),'
        )
    )
    code = Code(project, ["lab"])

    entries = {
        each
        for each in code.fingerprint("lab.training:train").definitions
        if "catalog.py:Entry(" in each
    }

    assert entries == {"lab/catalog.py:Entry('train')", "lab/catalog.py:Entry('again')"}


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
        ("lab/catalog.py:Entry('measure')", 'Entry(name="measure"'),
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


def test_a_file_that_is_not_python_is_told_when_it_is_reached(project: Path) -> None:
    """A syntax error is told with its place, and only to the stages that reach the file."""
    (project / "lab/decorators.py").write_text("def broken(:\n")
    code = Code(project, ["lab"])

    with pytest.raises(ConfigError, match=re.escape("lab/decorators.py:1:12")):
        code.fingerprint("lab.training:train")
    assert "lab/maths.py:quarter" in code.fingerprint("lab.stars:starred").definitions


def test_what_only_documents_is_not_part_of_the_code(tmp_path: Path) -> None:
    """The texts of `Measure` and `Meta` describe; ranges and units count."""
    source = """
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
        path.write_text(source.replace(old, new))
        return Code(tmp_path, ["lab"]).fingerprint("lab:box").digest

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
    before = {stage: Code(engine, ["engine"]).fingerprint(stage) for stage in stages}
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
        code = Code(copy, ["engine"])
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
