"""What a process is seen to have loaded, and what it is rid of before another stage."""

import importlib
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from cbspec.fingerprint import Code, Loaded, Watch

FILES = {
    "farm/__init__.py": "",
    "farm/walk.py": "from farm import soil\n\n\ndef run(x):\n    return x\n",
    "farm/soil.py": "WATER = 1\n",
    "farm/plain.py": "from farm import soil\n\n\ndef act(x):\n    return x\n",
    "farm/setting.py": "import os\n\nos.environ['FARM'] = '1'\n",
    "farm/weather.py": "from farm.inputs import table\n\nRAIN = table()\n",
    "farm/kept.py": """\
from functools import cache
from farm.inputs import table


@cache
def rain():
    return table()
""",
    "farm/inputs.py": """\
import os
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent


def table(name="rain.csv"):
    return (FOLDER / name).read_text()


def note(name):
    (FOLDER / name).write_text("1")
    return (FOLDER / name).read_text()


def names(name):
    return sorted(os.listdir(FOLDER / name))


def weigh(script):
    return subprocess.run(["sh", FOLDER / script], check=True)


def attempt(name):
    try:
        return table(name)
    except FileNotFoundError:
        return ""
""",
    "farm/rain.csv": "1",
    "farm/.hidden/rain.csv": "1",
    "farm/data/rain.csv": "1",
    "farm/weigh.sh": "true",
    "conftest.py": "WIDTH = 3\n",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "farm"]:
        del sys.modules[name]


@pytest.fixture
def loaded(root):
    return Loaded(root, [root / "farm" / "data"])


@pytest.fixture
def watch(root):
    return Code(root, ["farm"]).watch("farm.walk:run")


def test_what_the_key_counts_is_not_told(loaded, watch):
    """A stage that loads the files of its key leaves nothing to tell."""
    importlib.import_module("farm.walk")

    assert loaded.unlisted(watch) == ()


@pytest.mark.parametrize(
    "load",
    [
        lambda root: importlib.import_module("farm.plain"),
        lambda root: exec((root / "farm/plain.py").read_text(), {}),
        lambda root: __import__("runpy").run_path(str(root / "farm/plain.py")),
    ],
    ids=["imported", "executed", "run"],
)
def test_a_file_that_nothing_names_is_told(root, loaded, watch, load):
    """However it was loaded, also where no module came of it."""
    load(root)

    assert loaded.unlisted(watch) == ("farm/plain.py",)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (lambda inputs: inputs.table(), ("farm/rain.csv",)),
        (lambda inputs: inputs.names("data/.."), ("farm/",)),
        (lambda inputs: inputs.weigh("weigh.sh"), ("farm/weigh.sh",)),
        (lambda inputs: inputs.attempt("snow.csv"), ("farm/snow.csv",)),
        (lambda inputs: inputs.note("note.txt"), ()),
        (lambda inputs: inputs.table(".hidden/rain.csv"), ()),
        (lambda inputs: inputs.table("data/rain.csv"), ()),
        (lambda inputs: inputs.names("data"), ()),
        (lambda inputs: (inputs.FOLDER / "rain.csv").read_text(), ()),
    ],
    ids=["read", "listed", "script", "absent", "written", "hidden", "data", "data listed", "by us"],
)
def test_what_code_of_the_project_uses_is_told(loaded, root, use, expected):
    """Files that it reads, looks for in vain or hands to a program, and folders that it lists; not
    what it has written itself, what lies apart, or what the process does on its own account.
    """
    watch = Code(root, ["farm"]).watch("farm.inputs:table")
    use(importlib.import_module("farm.inputs"))

    assert loaded.unlisted(watch) == expected
    assert loaded.unlisted(watch, [root / "farm" / "rain.csv"]) == tuple(
        name for name in expected if name != "farm/rain.csv"
    )


def test_what_is_known_is_not_told_again(loaded, root):
    """What earlier runs have shown counts by now, folders and absent files, too."""
    names = ["farm/rain.csv", "farm/snow.csv", "farm/"]
    inputs = importlib.import_module("farm.inputs")
    inputs.table()
    inputs.attempt("snow.csv")
    inputs.names("")

    assert loaded.unlisted(Code(root, ["farm"]).watch("farm.inputs:table")) == tuple(sorted(names))
    code = Code(root, ["farm"], loaded=lambda _: names)
    assert loaded.unlisted(code.watch("farm.inputs:table")) == ()


def test_a_file_that_a_module_read_when_it_was_imported_counts_for_whoever_uses_the_module(
    loaded, root
):
    """Only the first stage of a process imports it."""
    importlib.import_module("farm.weather")
    weather = Code(root, ["farm"]).watch("farm.weather:RAIN")
    inputs = Code(root, ["farm"]).watch("farm.inputs:table")

    assert loaded.prepare(weather)
    assert loaded.unlisted(weather) == ("farm/rain.csv",)
    assert loaded.unlisted(inputs) == ("farm/rain.csv", "farm/weather.py")


def test_what_the_catalog_loads_counts_for_every_stage_and_stays_loaded(loaded, watch):
    """And what it reads; not what the process loads on its own account before the first stage."""
    with loaded.loading_catalog():
        importlib.import_module("farm.weather")
    importlib.import_module("farm.plain")

    for _stage in range(2):
        assert loaded.prepare(watch)
        assert "farm.weather" in sys.modules
        assert loaded.unlisted(watch) == ("farm/inputs.py", "farm/rain.csv", "farm/weather.py")


def test_a_file_that_the_catalog_runs_counts_for_every_stage(root, loaded, watch):
    """Although no module comes of it."""
    with loaded.loading_catalog():
        exec((root / "farm/plain.py").read_text(), {})

    assert loaded.prepare(watch)
    assert loaded.unlisted(watch) == ("farm/plain.py",)


def test_what_a_cached_function_has_read_counts_for_later_stages(loaded, root):
    """They get it from memory; what an earlier one read otherwise, they do not."""
    kept = importlib.import_module("farm.kept")
    watch = Code(root, ["farm"]).watch("farm.kept:rain")
    kept.table("weigh.sh")
    kept.rain()

    assert loaded.prepare(watch)
    assert kept.rain() == "1"
    assert loaded.unlisted(watch) == ("farm/rain.csv",)


@pytest.mark.parametrize(
    "name",
    ["farm/rain.csv", "farm/snow.csv", "farm/new.csv", "sitecustomize.py"],
)
def test_what_a_run_has_shown_changes_the_key(root, name):
    """The content of a file, that it is there by now, and the names in a folder; and what Python
    imports by itself without any run.
    """

    def digest():
        code = Code(root, ["farm"], loaded=lambda _: ["farm/rain.csv", "farm/snow.csv", "farm/"])
        return code.fingerprint("farm.walk:run").digest

    before = digest()
    assert digest() == before
    (root / name).write_text("print(2)")

    assert digest() != before


def test_a_link_that_a_run_has_shown_changes_the_key_with_where_it_leads(root):
    """The files that it leads to before and after stay as they are."""
    (root / "farm/new.csv").write_text("7")
    (root / "farm/link.csv").symlink_to("rain.csv")
    code = lambda: Code(root, ["farm"], loaded=lambda _: ["farm/link.csv", "farm/rain.csv"])  # noqa: E731
    before = code().fingerprint("farm.walk:run").digest
    (root / "farm/link.csv").unlink()
    (root / "farm/link.csv").symlink_to("new.csv")

    assert code().fingerprint("farm.walk:run").digest != before


def test_a_file_that_is_removed_brings_no_old_key_back(root):
    """What was computed before anything was known of the file may have been computed with it."""

    def digest(*names):
        return Code(root, ["farm"], loaded=lambda _: names).fingerprint("farm.walk:run").digest

    unknown, known = digest(), digest("farm/rain.csv")
    (root / "farm/rain.csv").unlink()

    assert len({unknown, known, digest("farm/rain.csv")}) == 3


def test_what_was_there_before_is_not_told(root, watch):
    """What whoever started the process has loaded is no doing of the stage."""
    importlib.import_module("farm.plain")

    assert Loaded(root).unlisted(watch) == ()


def test_a_plain_module_of_another_stage_is_forgotten(loaded, watch):
    """A stage that loads it, too, is seen to; what both use stays."""
    importlib.import_module("farm.plain")
    soil = sys.modules["farm.soil"]

    assert loaded.prepare(watch)
    assert "farm.plain" not in sys.modules
    assert not hasattr(sys.modules["farm"], "plain")
    assert sys.modules["farm.soil"] is soil
    assert loaded.unlisted(watch) == ()


def test_a_process_that_another_stage_has_changed_does_not_suit(loaded, watch, monkeypatch):
    """What a module did when it was imported cannot be taken back."""
    monkeypatch.setenv("FARM", "0")
    importlib.import_module("farm.setting")

    assert os.environ["FARM"] == "1"
    assert not loaded.prepare(watch)


def test_a_spent_process_suits_nobody(loaded, watch):
    """Whatever the next stage loads."""
    assert loaded.prepare(watch)
    loaded.spend()

    assert not loaded.prepare(watch)


def test_a_class_that_a_hook_was_told_of_cannot_be_taken_back(root, loaded, watch):
    """A subclass registers where its base is told of it, and is plain elsewhere."""
    (root / "farm/plain.py").write_text("class Base: pass\n\n\nclass Leaf(Base): pass\n")
    importlib.import_module("farm.plain")

    assert not loaded.prepare(Watch(watch.root, watch.seen, hooks=True))
    assert loaded.prepare(watch)


def test_a_watch_holds_the_files_of_its_inputs_too(root):
    """What opens an input is loaded with it."""
    watch = Code(root, ["farm"]).watch("farm.walk:run", "farm.plain:act")

    assert {path.name for path in watch.files} == {"__init__.py", "walk.py", "soil.py", "plain.py"}


@pytest.mark.parametrize("compiled_at", [500_000_000, 950_000_000], ids=["before", "time set back"])
def test_bytecode_of_an_edit_within_one_second_is_not_run(root, compiled_at):
    """Two versions of one size and one second: Python would run the first one's bytecode, also where
    the second version bears a time before it was compiled.
    """
    path = root / "farm/soil.py"
    command = [sys.executable, "-c", "import farm.soil; print(farm.soil.WATER)"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}

    def water():
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.strip()

    second = 1_700_000_000 * 10**9
    os.utime(path, ns=(second, second))
    assert water() == "1"
    compiled = next((root / "farm/__pycache__").glob("soil.*.pyc"))
    os.utime(compiled, ns=(second, second + compiled_at))
    path.write_text("WATER = 2\n")
    os.utime(path, ns=(second, second + 900_000_000))
    assert water() == "1"

    Code(root, ["farm"]).fingerprint("farm.walk:run")

    assert water() == "2"


def test_bytecode_of_a_file_that_changed_in_a_run_is_removed(root):
    """It may be of either version."""
    watch = Code(root, ["farm"]).watch("farm.walk:run")
    compiled = Path(py_compile.compile(str(root / "farm/soil.py")))
    (root / "farm/soil.py").write_text("WATER = 3\n")

    assert watch.changed() == Path("farm/soil.py")
    assert not compiled.exists()
