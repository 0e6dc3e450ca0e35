"""What one edit does to a stage's value, and to its key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from cbspec.fingerprint import Code
from tests.bench.edits.cases import Case

RUN = "lab.stage:run"
# Runs the stage as a process of a run does, and tells what it gave and loaded besides its key
PROCESS = """
import json, sys
from importlib import import_module
from pathlib import Path
from cbspec.fingerprint import Loaded, Watch
root = Path(sys.argv[1])
loaded = Loaded(root)
sys.path.insert(0, str(root))
watch = Watch(root, {root / name: None for name in json.loads(sys.argv[2])})
value = repr(import_module("lab.stage").run(3))
print(json.dumps([value, loaded.unlisted(watch)]))
"""


class Outcome(NamedTuple):
    """Whether an edit changed what the stage gives, and whether it changed its key."""

    value: bool
    key: bool


def tried(case: Case) -> Outcome:
    """Run a stage, edit its laboratory, and run it again.

    Raises:
        RuntimeError: it breaks.
    """
    with tempfile.TemporaryDirectory(prefix="cbspec-") as folder:
        root = Path(folder).resolve()
        case.lay_out(root)
        first, loaded = _run(root, case)
        before = _code(root, loaded).fingerprint(RUN).digest
        case.edit(root)
        after = _code(root, loaded).fingerprint(RUN).digest
        second, _ = _run(root, case)
    return Outcome(value=first != second, key=before != after)


def _code(root: Path, loaded: tuple[str, ...] = ()) -> Code:
    return Code(root, ["lab"], loaded=lambda _: loaded)


def _run(root: Path, case: Case) -> tuple[str, tuple[str, ...]]:
    names = [path.relative_to(root).as_posix() for path in _code(root).watch(RUN).seen]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", PROCESS, str(root), json.dumps(names)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=root
    )
    if done.returncode:
        raise RuntimeError(f"{case.name}:\n{done.stderr}")
    value, loaded = json.loads(done.stdout.splitlines()[-1])
    return value, tuple(loaded)
