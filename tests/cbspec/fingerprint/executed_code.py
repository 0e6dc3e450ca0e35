"""An oracle for fingerprints: which functions of a project a run really executes, seen by the
interpreter's own profiler.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_TRACER = """
import json, sys, threading
root, package, before, runs = sys.argv[1:]
sys.path.insert(0, root)
within = root + "/" + package + "/"
space, ran, seen, importing = {}, {}, set(), []

def profile(frame, event, argument):
    code = frame.f_code
    if code.co_name == "<module>" and code.co_filename != "<run>":
        if event in ("call", "return"):
            importing.append(code) if event == "call" else importing.pop()
    elif event == "call" and not importing and code.co_filename.startswith(within):
        seen.add((code.co_filename[len(root) + 1:], code.co_qualname, code.co_firstlineno))

exec(before, space)
threading.setprofile(profile)
for name, run in json.loads(runs).items():
    compiled = compile(run, "<run>", "exec")
    seen.clear()
    sys.setprofile(profile)
    exec(compiled, space)
    sys.setprofile(None)
    ran[name] = sorted(seen)
print("\\n" + json.dumps(ran))
"""


class Executed(NamedTuple):
    """A function that ran: its file relative to the root, its qualified name, its first line."""

    path: str
    name: str
    line: int


def executed(
    root: Path, package: str, before: str, runs: Mapping[str, str]
) -> dict[str, list[Executed]]:
    """Every function of a package that pieces of Python execute, one after the other in a process
    of their own.

    Args:
        root: the project's folder.
        package: the folder below it whose code counts.
        before: Python run untraced: the imports.
        runs: name -> Python run traced, apart from what modules do when they are first imported.
    """
    command = [
        sys.executable,
        "-c",
        _TRACER,
        str(root.resolve()),
        package,
        before,
        json.dumps(runs),
    ]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return {
        name: [Executed(*each) for each in ran]
        for name, ran in json.loads(done.stdout.splitlines()[-1]).items()
    }


def omitted(root: Path, definitions: Mapping[str, str], ran: Iterable[Executed]) -> list[Executed]:
    """What ran and is part of none of the definitions."""
    return [each for each in ran if not _names(root, each) & set(definitions)]


def _names(root: Path, ran: Executed) -> set[str]:
    """The definitions that could hold a function: itself, the class or function around it, the
    statement it stands in.
    """
    parts = ran.name.split(".<locals>")[0].split(".")
    names = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    for node in ast.parse((root / ran.path).read_text()).body:
        if node.lineno <= ran.line <= (node.end_lineno or node.lineno):
            stored = {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
            names |= stored | {"<module>"}
    return {f"{ran.path}:{name}" for name in names}
