"""What the pages show is run: the tutorial of claims/README.md, in a copy of the project whose
stages take no time, and another lab, as CONTRIBUTING.md has it.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cbspec import catalog, config
from cbspec.cli.reference import keys, kinds
from cbspec.language import schema

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "claims" / "README.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

TINY = '''

def _tiny(job):
    """Stands for every stage: figures that follow from the estimator and the seed, at once and without torch."""
    last = max(replica.cell.call.point for replica in job.replicas)
    for point in [point for point in range(job.start, last + 1) if point == last or job.wants(point)]:
        for index, replica in enumerate(job.replicas):
            call = replica.cell.call
            estimator = call.inputs["estimator"].stage.name if "estimator" in call.inputs else ""
            height = {"oracle": 1.0, "vector_field": 0.4}.get(estimator, 0.0)
            measures = {name: height + replica.seed % 7 / 1000 for name in call.stage.measures}
            job.emit(index, point=point, measures=measures)


def _replaced():
    import dataclasses

    return tuple(dataclasses.replace(stage, implementation="engine.catalog:_tiny") for stage in STAGES)


STAGES = _replaced()
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, every stage of its catalog replaced by a stand-in; `cbspec` and
    `pytest` are on the path.
    """
    root = tmp_path_factory.mktemp("project")
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "claims", root / "claims", ignore=hidden)
    shutil.copytree(REPOSITORY / "cbspec", root / "cbspec", ignore=hidden)
    shutil.copytree(REPOSITORY / "engine", root / "engine", ignore=hidden)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    with (root / "engine" / "catalog.py").open("a") as file:
        file.write(TINY)
    return with_commands(root)


def with_commands(root):
    """The folder, `cbspec` and `pytest` in its `bin`."""
    (root / "bin").mkdir()
    for name, module in {"cbspec": "cbspec.cli", "pytest": "pytest"}.items():
        script = root / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        script.chmod(0o755)
    return root


def steps(text):
    """(command, shown output) of every console block, in order; `\\` at the end of a line continues
    a command.
    """
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            length = next(index for index, line in enumerate(lines, 1) if not line.endswith("\\\n"))
            found.append(("".join(lines[:length]), "".join(lines[length:])))
    return found


def run(shown, root, variables=None):
    """Each command ends with status 0 and prints what is shown with it.

    Args:
        shown: pairs of a command and its output.
        root: the folder to run in, with a `bin`.
        variables: further environment variables.
    """
    hidden = ("GITHUB_", "PYTEST_", "CBSPEC_", "CUDA_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CUDA_VISIBLE_DEVICES": "",
        "COLUMNS": "140",
    }
    environment |= variables or {}
    checker = doctest.OutputChecker()
    for command, want in shown:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}{done.stdout}"
        assert checker.check_output(want, done.stdout, FLAGS), (
            f"$ {command}expected:\n{want}\ngot:\n{done.stdout}"
        )


def write_lab(text, root, source="."):
    """Write the files that a page shows, each with its name in its first line; `lab` goes into
    `source`.
    """
    blocks = re.findall(
        r"^```(?:toml|python|yaml)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL
    )
    for block in blocks:
        name = re.match(r"# ([\w./]+)", block)[1]
        path = root / source / name if name.startswith("lab/") else root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block)


@pytest.mark.parametrize("source", [".", "src"])
def test_another_lab_needs_no_more_than_is_shown(tmp_path, source):
    """The files of CONTRIBUTING.md are a project whose claim is made and holds, also where its
    package lies in src.
    """
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    write_lab(text, tmp_path, source)

    run(steps(text), with_commands(tmp_path))


def test_tutorial_does_what_it_shows(project):
    """Each step ends with status 0 and prints what the tutorial shows, `...` standing for anything."""
    shown = steps(README.read_text())

    run(shown, project)

    assert {command.split()[1] for command, _ in shown if command.startswith("cbspec")} == {
        "new",
        "validate",
        "show",
        "plan",
        "explain",
        "accept",
        "status",
    }


def test_tables_are_those_of_the_language():
    """The tables of keys and of assertion kinds are what ``cbspec schema --markdown`` prints."""
    text = README.read_text()

    assert keys(schema.build(catalog.load(config.load(REPOSITORY)))) in text
    assert kinds() in text
