"""What a run does when its processes are killed and its stages misbehave.

``python -m tests.bench endurance [kills [N]] [operations [N]] [deeds [NAME...]]``; all by default:
600 kills of processes of every kind, 400 kills at a file operation, 116 deeds. On a lab without
torch, whose stages take a moment. About two hours on two cores.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.deeds import FATAL, HARMLESS
from tests.bench.kills import children
from tests.bench.project import ROOT, Project
from tests.bench.report import Row

SETTINGS = '[tool.cbspec]\nengine = "lab.catalog"\n\n[tool.pytest.ini_options]\n'
DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3, 4]
scales:
  quick: {steps: 30}
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
TOGETHER = 24  # deeds in a run
LIMIT = 900.0  # seconds, for a run that takes few where nothing is killed
# Ends the process at its Nth file operation in the project's results. Python runs it at the start
# of every process that has its folder on the path.
SABOTAGE = """\
import os, signal, sys
left = int(os.environ.get("SABOTAGE", "0"))
WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime", "fcntl.flock"}

def count(event, arguments):
    global left
    if left and event in WATCHED and (event == "fcntl.flock" or ".cbspec" in str(arguments[0])):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

if left:
    sys.addaudithook(count)
"""


class Lab(Project):
    """A project with the unruly laboratory and three claims that hold."""

    def furnish(self) -> None:
        """Write the project."""
        (self.folder / "lab").mkdir()
        (self.folder / "lab" / "__init__.py").touch()
        source = Path(__file__).with_name("unruly_laboratory.py")
        shutil.copy(source, self.folder / "lab" / "catalog.py")
        (self.folder / "lab" / "deeds.json").write_text(json.dumps(FATAL | HARMLESS))
        (self.folder / "pyproject.toml").write_text(SETTINGS)
        (self.folder / "claims").mkdir()
        (self.folder / "claims" / "defaults.yaml").write_text(DEFAULTS)
        (self.folder / "sitecustomize.py").write_text(SABOTAGE)
        self.claim("1.a", "walk", "{a: {drift: 0.0}, b: {drift: 6.0}}", "place")
        self.claim("1.b", "walk", "{a: {drift: 0.0}, b: {drift: 7.0}}", "place")

    def claim(self, name: str, experiment: str, arms: str, measure: str, further: str = "") -> None:
        """Write a claim file; `further` are more of its lines."""
        text = f"{CLAIM % (name, experiment, arms, measure)}{further}\n"
        (self.folder / "claims" / f"{name}.yaml").write_text(text)

    def ended(self, run: subprocess.Popen[bytes]) -> bool:
        """Wait for a run; False where it had to be ended because it did not end."""
        try:
            run.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            return False
        return True

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
        lab = Lab(Path(folder))
        lab.furnish()
        yield lab


def start(lab: Lab, workers: int, **variables: str) -> subprocess.Popen[bytes]:
    """Begin a run that imports cbspec from this repository."""
    path = f"{lab.folder}{os.pathsep}{ROOT}"
    return lab.start("claims", "-n", str(workers), PYTHONPATH=path, **variables)


class Toll:
    """Counts what went wrong in runs that were disturbed, and in the clean runs after them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.late = self.different = self.left = self.clean = 0
        self._expected = self._figures()

    def _figures(self) -> dict[str, dict[str, Any]]:
        self.lab.forget_all()
        self.late += not self.lab.ended(start(self.lab, 2))
        return self.lab.verdicts()

    def check(self) -> None:
        """Run on what the disturbed runs have left, and compare with a run that nothing disturbed."""
        self.late += not self.lab.ended(start(self.lab, 2))
        self.clean += 1
        self.different += self.lab.verdicts() != self._expected
        self.left += self.lab.leftovers()
        self.lab.forget_all()

    def rows(self, what: str) -> Iterator[Row]:
        """What was counted."""
        for name, count in (
            ("runs that did not end", self.late),
            (f"clean runs of {self.clean} with other figures", self.different),
            ("locks, scratch files and run folders left", self.left),
        ):
            yield Row(f"{name} after {what}", str(count), "0", count == 0)


def kills(count: int = 600) -> Iterator[Row]:
    """Kill a stage's process, a worker, the controller or the whole run, several times in a run."""
    draw, killed = random.Random(2027), 0
    with laboratory() as lab:
        toll = Toll(lab)
        while killed < count:
            run = start(lab, draw.choice([0, 1, 2]))
            for _ in range(draw.randint(1, 4)):
                time.sleep(draw.uniform(0.2, 1.5))
                killed += kill_one(run, draw)
            toll.late += not lab.ended(run)
            if draw.random() < 0.3:
                toll.check()
        toll.check()
        yield from toll.rows(f"{killed} kill -9 of processes")


def kill_one(run: subprocess.Popen[bytes], draw: random.Random) -> bool:
    """Kill one process of a run, or all of them; False where it has ended."""
    if run.poll() is not None:
        return False
    workers = children(run.pid)
    stages = [stage for worker in workers for stage in children(worker)]
    kind = draw.choice(["stage", "stage", "worker", "worker", "controller", "run"])
    victims = {"stage": stages or workers, "worker": workers, "controller": [run.pid]}
    try:
        if kind == "run":
            os.killpg(run.pid, signal.SIGKILL)
        else:
            os.kill(draw.choice(victims[kind] or [run.pid]), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def operations(count: int = 400) -> Iterator[Row]:
    """Kill a process at its Nth operation on the project's results, for N from 1 on."""
    draw, killed = random.Random(2028), 0
    with laboratory() as lab:
        toll = Toll(lab)
        for number in range(count):
            run = start(lab, draw.choice([0, 2]), SABOTAGE=str(1 + number))
            toll.late += not lab.ended(run)
            killed += 1
            if draw.random() < 0.3:
                toll.check()
        toll.check()
        yield from toll.rows(f"{killed} kill -9 at a file operation")


def deeds(names: Sequence[str] = ()) -> Iterator[Row]:
    """Have stages misbehave, each in a claim of its own, beside claims that do not need them."""
    wrong: list[str] = []
    names = names or [*FATAL, *HARMLESS]
    with laboratory() as lab:
        toll = Toll(lab)
        for first in range(0, len(names), TOGETHER):
            batch = dict(enumerate(names[first : first + TOGETHER]))
            for number, name in batch.items():
                arms = json.dumps({"a": {}, "b": {"deed": name}})
                lab.claim(f"2.d{number}", "act", arms, "value", "seeds: [1, 2]")
            if lab.ended(start(lab, first // TOGETHER % 3)):
                wrong += mistakes(lab, batch)
            else:
                toll.late += 1
                wrong.append(f"one of {', '.join(batch.values())} did not end")
            for number in batch:
                (lab.folder / "claims" / f"2.d{number}.yaml").unlink()
            toll.check()
        print("\n".join(wrong), file=sys.stderr)
        measured = (
            f"of {len(names)} ways to misbehave, those that fail other claims or are not told"
        )
        yield Row(measured, str(len(wrong)), "0", not wrong)
        yield from toll.rows("them")


def mistakes(lab: Lab, deeds: Mapping[int, str]) -> Iterator[str]:
    """Yield what is wrong with the report of a run in which claims have these deeds done."""
    output = (lab.folder / "output.txt").read_text(errors="surrogateescape")
    if "INTERNALERROR" in output:
        yield f"one of {', '.join(deeds.values())}: an internal error"
    if control := re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", output):
        yield f"one of {', '.join(deeds.values())}: {control[0]!a} on the terminal"
    found = lab.verdicts()
    for claim in ("1.a", "1.b"):
        if (verdict := found.get(claim, {}).get("verdict")) != "holds":
            yield f"beside {', '.join(deeds.values())} claim {claim} is {verdict}"
    for number, deed in deeds.items():
        judgement = found.get(f"2.d{number}", {"verdict": "lost", "reason": ""})
        verdict, reason = judgement["verdict"], judgement["reason"]
        if deed in HARMLESS and verdict in ("error", "lost"):
            yield f"{deed}: no error was expected, but {verdict}: {reason}"
        if deed in FATAL and not (verdict == "error" and reason.startswith("act seed ")):
            yield f"{deed}: {verdict}: {reason}"


PARTS = {"kills": kills, "operations": operations}


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The named parts; a number behind one is how often, names behind `deeds` which."""
    words = list(arguments) or [*PARTS, "deeds"]
    while words:
        word = words.pop(0)
        if word == "deeds":
            yield from deeds(words)
            return
        if word not in PARTS:
            sys.exit(f"endurance has no part {word!r}; one of {', '.join(PARTS)}, deeds")
        count = [int(words.pop(0))] if words and words[0].isdigit() else []
        yield from PARTS[word](*count)
