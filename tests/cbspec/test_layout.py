"""Where a lab's Python lies: beside pyproject.toml or in src, for import, fingerprint and watch."""

import sys
from pathlib import Path

import pytest

from cbspec import catalog
from cbspec.config import Config
from cbspec.fingerprint import Code
from cbspec.fingerprint.signature import signatures
from cbspec.layout import source_folder

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
