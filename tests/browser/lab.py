"""A small lab without torch, whose page has everything that a page can have: random walks, one of
which an edit turns round and one of which it breaks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOSTILE = r"<script>document.title='taken'</script> \"'`|::error::=1+1 \u202eright"
"""As it is written between double quotes in YAML."""

CATALOG = """\
from cbspec.stage import Measure, Parameters, Stage


class Walk(Parameters, frozen=True, kw_only=True):
    step: int
    drift: float = 0.0


STAGES = (
    Stage(
        "walk",
        "a random walk",
        "pagelab.walk:walk",
        Walk,
        measures={"place": Measure("m", "how far"), "level": Measure("m", "its mean")},
        progress="step",
    ),
)
"""

WALK = """\
import random


def towards(drift):
    return drift


def walk(job):
    last = job.replicas[0].parameters.step
    paths = [[0.0] for replica in job.replicas]
    for step in range(1, last + 1):
        for index, replica in enumerate(job.replicas):
            drift = replica.parameters.drift
            noise = random.Random(f"{replica.seed} {step} {drift}").gauss(0, 1)
            paths[index].append(paths[index][-1] + noise + towards(drift))
            if job.wants(step):
                path = paths[index][1:]
                level = sum(path) / len(path)
                measures = {"place": path[-1], "level": level}
                job.emit(index, point=step, measures=measures, series={"place": path})
"""

EDIT = """\
    if drift > 1.5:
        raise ValueError("\\x1b[31m<b>too far</b>\\x1b[0m")
    return -drift if drift > 0.9 else drift"""

DEFAULTS = """\
alpha: 0.05
seeds: {pool: [1, 2, 3, 4, 5, 6], start: 3}
scales:
  quick: {steps: 80}
  long: {steps: 160}
  canary: {steps: 5}
stages:
  walk: {stage: walk, step: $steps}
"""

CLAIM = """\
id: %(id)s
title: "%(title)s"
phase: %(phase)s
status: active
%(more)ssource:
  memo: notebook, page 3
  figures:
    place: {without: 0.5, with: %(memo)s}
experiment: walk
arms:
  without: {}
  with: {drift: %(drift)s}
assert:
  - {kind: order, measure: place, arms: [without, with], direction: ascending}
controls:
  - {kind: threshold, measure: level, arms: [without], below: 100, note: it stays near home}
scales: [quick, long]
"""

FIGURE = """\
id: F.1
title: How far a walk gets
phase: figures
status: active
source: {memo: notebook, figures: {}}
experiment: walk
arms:
  slow: {drift: 0.5}
  fast: {drift: 0.8}
assert:
  - {kind: figure, axes: {place: [-400, 400]}, arms: [slow, fast], lines: {place: {home: 0}}}
scales: [quick]
"""

CLAIMS = (
    {"id": "1.a", "phase": "1", "title": "A walk with drift gets further", "memo": 95, "drift": 1},
    {"id": "1.b", "phase": "1", "title": "A weak drift is seen", "memo": 12, "drift": 0.5},
    {
        "id": "2.a",
        "phase": "2",
        "title": "Drift pays",
        "memo": 60,
        "drift": 2,
        "more": "revises: [1.a]\n",
    },
    {"id": "2.b", "phase": "2", "title": "Drift takes it back", "memo": -20, "drift": -1},
    {"id": "3.a", "phase": "3", "title": HOSTILE, "memo": 30, "drift": 0.7},
)

RUN = """
import sys

import cbspec
from cbspec.cli import main
from cbspec.report import write_pages
from cbspec.report.formats import load

project = cbspec.Project()
write_pages(project.run(), project.config.reports, load(project.config))
main(sys.argv[1:])
"""


def found(root: Path) -> None:
    """Lay out the lab at `root`, run it, put it on record, edit it and run it again."""
    files = {
        "pyproject.toml": '[tool.cbspec]\nengine = "pagelab.catalog"\n',
        "pagelab/__init__.py": "",
        "pagelab/catalog.py": CATALOG,
        "pagelab/walk.py": WALK,
        "claims/defaults.yaml": DEFAULTS,
        "claims/F.1.yaml": FIGURE,
    }
    for claim in CLAIMS:
        files[f"claims/{claim['id']}.yaml"] = CLAIM % {"more": "", **claim}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _run(root, "accept", "--all", "--reason", "as found")
    turned = WALK.replace("    return drift", EDIT)
    (root / "pagelab" / "walk.py").write_text(turned, encoding="utf-8")
    sides = "reports/ledger.json", "reports/latest.json"
    _run(root, "diff", *sides, "--html", "reports/diff.html", expected=1)


def _run(root: Path, *then: str, expected: int = 0) -> None:
    """Run all claims, then a command, in one process."""
    command = [sys.executable, "-c", RUN, *then]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
