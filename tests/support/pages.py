"""The commands and files that a page of the documentation shows, carried out."""

import doctest
import os
import re
import shlex
import subprocess
import sys

from tests.support.process import ForkedProcess, run_cbspec, run_pytest

PROGRAMS = {"cbspec": run_cbspec, "pytest": run_pytest}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


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
        variables: further environment variables, for interpreters that start afresh.
    """
    hidden = ("GITHUB_", "PYTEST_", "CBSPEC_", "CUDA_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CUDA_VISIBLE_DEVICES": "",
        "COLUMNS": "140",
        "PYTEST_ADDOPTS": "--assert=plain",  # nothing of a page asserts: a fifth of a start
    }
    environment |= variables or {}
    checker = doctest.OutputChecker()
    for command, want in shown:
        status, got = _carried_out(command, root, environment, warm=not variables)
        assert status == 0, f"$ {command}{got}"
        assert checker.check_output(want, got, FLAGS), f"$ {command}expected:\n{want}\ngot:\n{got}"


def _carried_out(command, root, environment, *, warm):
    """Status and output of a command; by bash, unless a process can be forked for it."""
    words = shlex.split(command.replace("\\\n", ""))
    if warm and words[0] in PROGRAMS and "||" not in words:
        process = ForkedProcess(PROGRAMS[words[0]], words[1:], root, environment)
        try:
            return process.end()
        finally:
            process.discard()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


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
