"""Where a lab's Python lies: beside pyproject.toml or in src, for import, fingerprint and watch."""

import sys
from pathlib import Path

import pytest

from cbspec import catalog
from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.fingerprint import Code
from cbspec.fingerprint.installed import installed_source
from cbspec.fingerprint.signature import signatures
from cbspec.layout import distributions, source_folder

CATALOG = """\
from cbspec.stage import Stage

STAGES = (Stage(name="walk", doc="", implementation="{package}.walk:walk"),)
"""
WALK = """\
from {package}_tools import step


def walk(job):
    return step()
"""


def write(folder: Path, package: str) -> None:
    """Lay out a package with one stage, and a module beside it that the stage needs."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    (folder / package / "catalog.py").write_text(CATALOG.format(package=package))
    (folder / package / "walk.py").write_text(WALK.format(package=package))
    (folder / f"{package}_tools.py").write_text("def step():\n    return 1\n")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (["lab/__init__.py"], "."),
        (["lab.py"], "."),
        (["src/lab/__init__.py"], "src"),
        (["src/lab.py"], "src"),
        (["src/lab/deep/walk.py"], "src"),
        (["lab/__init__.py", "src/lab/__init__.py"], "."),
        (["lab/images.csv", "src/lab/__init__.py"], "src"),
        (["src/other.py"], "."),
        ([], "."),
    ],
)
def test_the_root_comes_before_src(tmp_path, files, place):
    """A package beside pyproject.toml counts first; a folder of data is no package."""
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert source_folder(tmp_path, ("lab",)) == (tmp_path / place)


def test_an_engine_in_src_is_found(tmp_path, monkeypatch):
    """A package in src needs no installation either."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    write(tmp_path / "src", "lab_in_src")

    stages = catalog.load(Config(tmp_path, engine="lab_in_src.catalog"))

    assert list(stages) == ["walk", "table", "reported"]  # the last two are the harness' own


def test_code_in_src_is_fingerprinted_and_watched(tmp_path):
    """Definitions in src are named by their file's path in the project, as are changed files."""
    write(tmp_path / "src", "lab")
    code = Code(tmp_path, ("lab",), signatures(tmp_path, ("lab",)))

    reached = code.fingerprint("lab.walk:walk").definitions

    assert {"src/lab/walk.py:walk", "src/lab_tools.py:step"} <= set(reached)
    assert code.locate("src/lab/walk.py:walk") == (tmp_path / "src" / "lab" / "walk.py", 4)
    assert code.changed("lab.walk:walk") is None
    (tmp_path / "src" / "lab" / "walk.py").write_text(WALK.format(package="lab") + "\n\n")
    assert code.changed("lab.walk:walk") == Path("src/lab/walk.py")


ENGINE = """\
from cbspec.stage import Measure, Stage

FACTOR = {factor}
STAGES = (
    Stage("{stage}", "", "{package}.catalog:measure", measures={{"{measure}": Measure("", "")}}),
)


def measure(job):
    for index, replica in enumerate(job.replicas):
        job.emit(index, measures={{"{measure}": FACTOR + replica.seed / 100}})
"""
CLAIM = """\
id: {stage}
title: t
phase: 1
status: active
source: {{memo: m}}
experiment: {{stage: {stage}}}
arms: {{only: {{}}}}
assert:
  - {{kind: threshold, measure: {measure}, arms: [only], above: 0}}
"""
DEFAULTS = "alpha: 0.05\nseeds: [1, 2, 3]\n"


def engine(laboratory, folder, package, stage, measure, factor=1.0):
    """Write an engine of one stage, and a folder of claims with one that asks for it."""
    text = ENGINE.format(package=package, stage=stage, measure=measure, factor=factor)
    laboratory.write(f"{folder}{package}/__init__.py", "")
    laboratory.write(f"{folder}{package}/catalog.py", text)
    laboratory.claim(f"{stage}/a.yaml", CLAIM.format(stage=stage, measure=measure))


@pytest.fixture
def engines(empty):
    """Two engines, one beside pyproject.toml and one in src, each with its folder of claims."""
    empty.write(
        "pyproject.toml", '[tool.cbspec]\nengine = ["lab.catalog", "lab_of_sound.catalog"]\n'
    )
    empty.write("claims/defaults.yaml", DEFAULTS)
    engine(empty, "", "lab", "see", "light")
    engine(empty, "src/", "lab_of_sound", "hear", "noise")
    yield empty
    sys.modules.pop("lab_of_sound.catalog", None)
    sys.modules.pop("lab_of_sound", None)


def test_several_engines_in_one_project(engines):
    """Each folder of claims asks for the stages of its own engine, and one run judges both."""
    engines.record(engines.run())

    assert engines.verdicts() == {"hear": "holds", "see": "holds"}
    engines.edit("lab/catalog.py", "FACTOR = 1.0", "FACTOR = -1.0")
    currencies = {row["claim"]: row["currency"] for row in engines.json("status")}
    assert currencies == {"hear": "current", "see": "stale"}


def test_engines_that_declare_the_same_stage_are_refused(engines):
    """A claim would not say which of the two it asks for."""
    engines.edit("src/lab_of_sound/catalog.py", '"hear"', '"see"')

    result = engines.cbspec("validate")

    assert result.exit_code == 2
    assert "lab.catalog, lab_of_sound.catalog: stage see is declared 2 times" in result.stderr


@pytest.fixture
def site(empty, tmp_path_factory, monkeypatch):
    """A project whose engine is an installed package."""
    site = tmp_path_factory.mktemp("site")
    text = ENGINE.format(package="lab_installed", stage="see", measure="light", factor=1.0)
    (site / "lab_installed").mkdir()
    (site / "lab_installed" / "__init__.py").touch()
    (site / "lab_installed" / "catalog.py").write_text(text)
    about = site / "lab_installed-1.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-installed\nVersion: 1.5\n")
    (about / "top_level.txt").write_text("lab_installed\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    empty.write("pyproject.toml", '[tool.cbspec]\nengine = "lab_installed.catalog"\n')
    empty.write("claims/defaults.yaml", DEFAULTS)
    empty.claim("a.yaml", CLAIM.format(stage="see", measure="light"))
    for cached in (installed_source, distributions):
        cached.cache_clear()
    yield site
    for cached in (installed_source, distributions):
        cached.cache_clear()
    sys.modules.pop("lab_installed.catalog", None)
    sys.modules.pop("lab_installed", None)


def test_an_engine_of_an_installed_package(empty, site):
    """Its stages are computed, and all of its code counts: an edit makes results stale."""
    empty.record(empty.run())
    before = set(empty.stored())

    path = site / "lab_installed" / "catalog.py"
    path.write_text(path.read_text() + "# edited\n")
    installed_source.cache_clear()
    empty.run()

    assert empty.verdicts() == {"see": "holds"}
    assert installed_source("lab_installed")[0] == "lab_installed 1.5"
    assert (len(before), len(empty.stored())) == (3, 6)


def test_a_package_that_is_nowhere_is_refused(empty):
    """An engine that is neither in the project nor installed is a sentence, not a traceback."""
    with pytest.raises(ConfigError, match="there is no package 'lab_nowhere'"):
        installed_source("lab_nowhere")
    empty.write("pyproject.toml", '[tool.cbspec]\nengine = "lab_nowhere.catalog"\n')
    empty.write("claims/defaults.yaml", DEFAULTS)

    result = empty.cbspec("validate")

    assert result.exit_code == 2
    assert "engine lab_nowhere.catalog" in result.stderr
