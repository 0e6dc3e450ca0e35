"""A small lab without torch, whose stages take a moment, and the runs of its claims."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.endurance.warm_run import WarmRun
from tests.bench.kills import children
from tests.bench.project import ALWAYS, ROOT, Project
from tests.bench.report import Row
from tests.support.warm_workers import is_spare

SETTINGS = '[tool.cbspec]\nengine = "lab.catalog"\n\n[tool.pytest.ini_options]\n'
DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3, 4]
scales:
  quick: {steps: 12}
stages:
  walk: {stage: walk, step: $steps}
  act: {stage: act, walk: walk}
"""
CLAIM = """\
id: %s
title: A walk with drift gets further
phase: 1A
status: active
source: {memo: notebook}
experiment: %s
arms: %s
assert: [{kind: order, measure: %s, arms: [a, b], direction: ascending}]
scales: [quick]
"""
COLD = 10  # one run of so many is an interpreter that starts afresh; others are forked
ORPHANED = 120.0  # seconds, for a process to end whose run was killed
LIMIT = 900.0  # seconds, for a run that takes few where nothing is killed
# Ends the process at its Nth file operation in the project's results. Python runs it at the start
# of every process that has its folder on the path. A line in the file tells of each.
SABOTAGE = """\
import os, signal, sys
left = int(os.environ.get("SABOTAGE", "0"))
WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime", "fcntl.flock"}

def count(event, arguments):
    global left
    if left and event in WATCHED and (event == "fcntl.flock" or ".cbspec" in str(arguments[0])):
        left -= 1
        if not left:
            file = os.open(os.environ["SABOTAGED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(file, b"killed\\n")
            os.kill(os.getpid(), signal.SIGKILL)

if left:
    sys.addaudithook(count)
"""
LabRun = subprocess.Popen[bytes] | WarmRun
HOLD = {"1.a": 6.0, "1.b": 7.0}  # claims that hold -> the drift of their second arm


class Lab(Project):
    """A project with the unruly laboratory and two claims that hold.

    Attributes:
        begun: how many runs were.
    """

    begun = 0

    def furnish(self) -> None:
        """Write the project."""
        (self.folder / "lab").mkdir()
        (self.folder / "lab" / "__init__.py").touch()
        source = Path(__file__).with_name("unruly_laboratory.py")
        shutil.copy(source, self.folder / "lab" / "catalog.py")
        (self.folder / "pyproject.toml").write_text(SETTINGS)
        (self.folder / "claims").mkdir()
        (self.folder / "claims" / "defaults.yaml").write_text(DEFAULTS)
        (self.folder / "sitecustomize.py").write_text(SABOTAGE)
        for name, drift in HOLD.items():
            arms = {"a": {"drift": 0.0}, "b": {"drift": drift}}
            self.claim(name, "walk", json.dumps(arms), "place")

    def claim(self, name: str, experiment: str, arms: str, measure: str, further: str = "") -> None:
        """Write a claim file; `further` are more of its lines."""
        text = f"{CLAIM % (name, experiment, arms, measure)}{further}\n"
        (self.folder / "claims" / f"{name}.yaml").write_text(text)

    def begin(self, workers: int, **variables: str) -> LabRun:
        """Begin a run that imports cbspec from this repository."""
        self.begun += 1
        arguments = ("claims", "-n", str(workers))
        path = {"PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"}
        if self.begun % COLD == 0:
            return self.start(*arguments, **path, **variables)
        environment = self.environment(path | variables)
        return WarmRun((*ALWAYS, *arguments), self.folder, environment)

    def ended(self, run: LabRun) -> bool:
        """Wait for a run; False where it had to be ended because it did not end."""
        try:
            run.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait(LIMIT)
            return False
        return True

    def deserted(self) -> bool:
        """Wait for the processes of killed runs, which find that they are alone; False where one
        stays.
        """
        deadline = time.monotonic() + ORPHANED
        while time.monotonic() < deadline:
            if not any(map(self._works_here, Path("/proc").glob("[0-9]*"))):
                return True
            time.sleep(0.05)
        return False

    def _works_here(self, process: Path) -> bool:
        try:
            return (process / "cwd").readlink() == self.folder
        except OSError:  # it has ended, or is another user's
            return False

    def forget_all(self) -> None:
        """Remove every stored result, if there is any."""
        shutil.rmtree(self.folder / ".cbspec", ignore_errors=True)

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """Claim -> its judgement in the last run."""
        page = self.folder / "reports" / "latest.json"
        records = json.loads(page.read_text())["records"]
        return {record["claim"]: record["judgement"] for record in records}


@contextmanager
def laboratory() -> Iterator[Lab]:
    """A project in a folder of its own, removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder).resolve())
        lab.furnish()
        yield lab


class Toll:
    """Counts what went wrong in runs that were disturbed, and in the clean runs after them.

    Attributes:
        usual: seconds that an undisturbed run takes.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.late = self.different = self.left = self.clean = 0
        self.usual = 0.0
        self._expected = self._figures()

    def _figures(self) -> dict[str, dict[str, Any]]:
        """Run twice undisturbed: the first run of all also starts the server of the others."""
        for _ in range(2):
            self.lab.forget_all()
            began = time.monotonic()
            self.late += not self.lab.ended(self.lab.begin(2))
            self.usual = time.monotonic() - began
        return self.lab.verdicts()

    def check(self) -> None:
        """Run on what the disturbed runs have left, once the last of their processes has ended, and
        compare with a run that nothing disturbed.
        """
        self.late += not self.lab.deserted()
        self.late += not self.lab.ended(self.lab.begin(2))
        self.clean += 1
        self.different += self.lab.verdicts() != self._expected
        if left := self.lab.leftovers():
            print(left, file=sys.stderr)
        self.left += len(left)
        self.lab.forget_all()

    def rows(self, what: str) -> Iterator[Row]:
        """What was counted."""
        for name, count in (
            ("runs that did not end", self.late),
            (f"clean runs of {self.clean} with other figures", self.different),
            ("locks, scratch files and run folders left", self.left),
        ):
            yield Row(f"{name} after {what}", str(count), "0", count == 0)


def kill_one(run: LabRun, draw: random.Random) -> bool:
    """Kill one process of a run, or all of them; False where it has ended."""
    if run.poll() is not None:
        return False
    workers = [child for child in children(run.pid) if not is_spare(child)]
    stages = [stage for worker in workers for stage in children(worker)]
    kind = draw.choice(["stage", "stage", "stage", "worker", "worker", "controller", "run"])
    victims = {"stage": stages or workers, "worker": workers, "controller": [run.pid]}
    try:
        if kind == "run":
            os.killpg(run.pid, signal.SIGKILL)
        else:
            os.kill(draw.choice(victims[kind] or [run.pid]), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
