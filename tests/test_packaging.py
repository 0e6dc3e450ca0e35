"""What is installed: the harness alone, which runs another lab without torch."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest
import yaml

import cbspec
from tests.support.pages import run, steps, with_commands, write_lab

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

# An environment without these, as find_spec and import see it.
HIDING = """\
import sys
from importlib.machinery import PathFinder

ABSENT = {"torch", "torchvision", "PIL", "matplotlib", "engine"}


class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = name.partition(".")[0] in ABSENT
        return None if absent else super().find_spec(name, path, target)


sys.meta_path = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the repository without a network."""
    if find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed; the dev extra has it")
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        copy(REPOSITORY / name, source)
    for name in ("cbspec", "engine", "claims", "tests"):
        copytree(REPOSITORY / name, source / name, ignore=ignore_patterns("__pycache__"))
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    """The files of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Environment variables of an environment with the wheel, and without torch."""
    site, hiding = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("hiding")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (hiding / "sitecustomize.py").write_text(HIDING)
    return {"PYTHONPATH": os.pathsep.join(map(str, (hiding, site)))}


def required(extra=None):
    """Return the names of what an extra requires (by default the project itself), in full."""
    found = set()
    listed = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    for requirement in listed:
        name = re.match(r"[\w.-]+", requirement)[0].lower()
        own = re.match(r"cbspec\[([\w,]+)\]", requirement)
        found |= set().union(*map(required, own[1].split(","))) if own else {name}
    return found


def test_the_wheel_holds_the_harness_alone(names):
    """The wheel has neither the lab's engine nor a schema of its stages, but templates and types."""
    tops = {name.partition("/")[0] for name in names}

    assert tops == {"cbspec", f"cbspec-{cbspec.__version__}.dist-info"}
    assert [name for name in names if name.endswith(".json")] == []
    for wanted in (
        "py.typed",
        "report/latest.md.j2",
        "publication/replication.md.j2",
        "pytorch.py",
    ):
        assert f"cbspec/{wanted}" in names


def test_every_module_of_the_harness_is_in_the_wheel(names):
    """No package is left out."""
    sources = (path for path in (REPOSITORY / "cbspec").rglob("*") if path.suffix in {".py", ".j2"})

    assert {path.relative_to(REPOSITORY).as_posix() for path in sources} <= set(names)


def test_what_the_wheel_says_of_itself(wheel, names):
    """Name, version and licence are the project's, and no address is invented."""
    [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        message = message_from_bytes(archive.read(metadata))

    said = {key: message[key] for key in ("Name", "Version", "License-Expression", "Project-URL")}
    assert said == {
        "Name": "cbspec",
        "Version": cbspec.__version__,
        "License-Expression": "MIT",
        "Project-URL": None,
    }


def test_nothing_large_is_required():
    """The harness requires neither torch nor what only this lab or the drawings need."""
    assert required() & {"torch", "torchvision", "pillow", "matplotlib", "platformdirs"} == set()
    assert {
        "numpy",
        "scipy",
        "pytest",
        "pytest-xdist",
        "pyyaml",
        "jsonschema",
        "tabulate",
    } <= required()


def test_the_dev_extra_brings_everything():
    """`pip install -e ".[dev]"` installs what the lab, the drawings and the tests need."""
    wanted = {
        "torch",
        "torchvision",
        "pillow",
        "matplotlib",
        "hypothesis",
        "pytest-cov",
        "ruff",
        "mypy",
    }

    assert wanted <= required("dev")


def test_what_is_required_names_its_oldest_version():
    """Whatever a user installs cbspec beside: what is there and too old is replaced."""
    extras = PROJECT["optional-dependencies"]
    listed = list(PROJECT["dependencies"])
    for extra in ("figures", "parquet", "ray", "remote", "slurm"):
        listed += extras[extra]

    assert [requirement for requirement in listed if ">=" not in requirement] == []


def test_another_lab_runs_without_torch(installed, tmp_path):
    """The files and commands of CONTRIBUTING.md are a lab whose claims are made and hold, from the
    wheel, where torch cannot be imported, with the lab's package in src.
    """
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    write_lab(text, tmp_path, "src")
    asked = "import cbspec, importlib.util as u; print(cbspec.__file__, u.find_spec('torch'))"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env=os.environ | installed,
        capture_output=True,
        text=True,
        check=True,
    )
    site = installed["PYTHONPATH"].split(os.pathsep)[1]
    assert done.stdout == f"{site}/cbspec/__init__.py None\n"

    accepted = [("cbspec accept gap.a\n", "gap.a (quick, cpu): new: not on record -> holds\n...")]
    run(steps(text) + accepted, with_commands(tmp_path), installed)

    assert '"torch": "none"' in (tmp_path / "reports" / "ledger.json").read_text()


@pytest.mark.parametrize("command", [("-m", "cbspec"), ("-m", "cbspec.cli")])
def test_the_version_is_told(command):
    """`cbspec --version` prints the version, however the command line is started."""
    done = subprocess.run(
        [sys.executable, *command, "--version"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"cbspec, version {cbspec.__version__}\n"


def test_the_citation_is_of_this_version():
    """CITATION.cff names the version and the licence of the package."""
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())

    assert citation["version"] == cbspec.__version__
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert "the cbspec authors" in (REPOSITORY / "LICENSE").read_text()


def test_hooks_call_what_the_project_has():
    """Each pre-commit hook is local and calls a tool of the environment."""
    [source] = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]

    assert source["repo"] == "local"
    assert {hook["language"] for hook in source["hooks"]} == {"system"}
    called = [hook["entry"] for hook in source["hooks"]]
    assert called == [
        "ruff check --force-exclude",
        "ruff format --force-exclude",
        "mypy",
        "cbspec validate",
    ]
