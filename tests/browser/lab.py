"""A small lab without torch, whose page has everything that a page can have: random walks, one of
which an edit turns round and one of which it breaks, one whose verdict wobbles, one in doubt, two in
quarantine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import cbspec
from cbspec.cli import main
from cbspec.report import write_pages
from cbspec.report.formats import load
from tests.support.process import ForkedProcess

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


def noise(name):
    return random.Random(name).gauss(0, 1)


def walk(job):
    last = job.replicas[0].parameters.step
    paths = [[0.0] for replica in job.replicas]
    for step in range(1, last + 1):
        for index, replica in enumerate(job.replicas):
            drift = replica.parameters.drift
            moved = noise(f"{replica.seed} {step} {drift}") + towards(drift)
            paths[index].append(paths[index][-1] + moved)
            if job.wants(step):
                path = paths[index][1:]
                level = sum(path) / len(path)
                measures = {"place": path[-1], "level": level}
                job.emit(index, point=step, measures=measures, series={"place": path})
"""

OTHER_LUCK = """\
    if name.endswith(" 0.05"):
        name += " b"
    return random.Random(name)"""

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
scales: [%(scales)s]
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

QUARANTINE = "quarantine: {owner: Ada, reason: the walk is replaced, until: %s}\n"
FAINT = 0.05

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
    {
        "id": "2.c",
        "phase": "2",
        "title": "It pays for long",
        "memo": 90,
        "drift": 1,
        "scales": "long",
    },
    {
        "id": "2.d",
        "phase": "2",
        "title": "It pays while the walk is replaced",
        "memo": 88,
        "drift": 1.1,
        "more": QUARANTINE % "9999-12-31",
    },
    {
        "id": "2.e",
        "phase": "2",
        "title": "A quarantine that nobody ended",
        "memo": 40,
        "drift": 0.5,
        "more": QUARANTINE % "2026-01-31",
    },
    {"id": "3.a", "phase": "3", "title": HOSTILE, "memo": 30, "drift": 0.7},
    {"id": "3.b", "phase": "3", "title": "A drift that barely shows", "memo": 9, "drift": FAINT},
)

TAKEN = ("--reason", "as found")

Step = tuple[str, Sequence[str], Sequence[str]]
"""A scale to run at, which claims (all if none is named), and a command after the run."""


def found(root: Path) -> None:
    """Lay out the lab at `root`, run it, put it on record, edit it and run it again.

    The page of the last run at each scale is kept under its name, as in ``reports/canary.html``.
    """
    files = {
        "pyproject.toml": '[tool.cbspec]\nengine = "pagelab.catalog"\ncanary = "canary"\n',
        "pagelab/__init__.py": "",
        "pagelab/catalog.py": CATALOG,
        "pagelab/walk.py": WALK,
        "claims/defaults.yaml": DEFAULTS,
        "claims/F.1.yaml": FIGURE,
    }
    for claim in CLAIMS:
        files[f"claims/{claim['id']}.yaml"] = CLAIM % {"more": "", "scales": "quick, long", **claim}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _run(
        root,
        ("canary", (), ("accept", "--canary", *TAKEN)),
        ("long", ("2.c",), ("accept", "--all", *TAKEN)),
        ("quick", (), ("accept", "--all", *TAKEN)),
    )
    turned = WALK.replace("    return drift", EDIT).replace(
        "    return random.Random(name)", OTHER_LUCK
    )
    (root / "pagelab" / "walk.py").write_text(turned, encoding="utf-8")
    sides = "reports/ledger.json", "reports/latest.json"
    _run(root, ("quick", (), ("diff", *sides, "--html", "reports/diff.html")), expected=1)


def _run(root: Path, *steps: Step, expected: int = 0) -> None:
    """Carry out steps in one process, which ends with the status of the last command."""
    process = ForkedProcess(_carry_out, steps, root, os.environ)
    try:
        status, output = process.end()
    finally:
        process.discard()
    assert status == expected, output


def _carry_out(steps: Sequence[Step]) -> object:
    status: object = 0
    for scale, claims, words in steps:
        project = cbspec.Project()
        folder = project.config.reports
        write_pages(project.run(list(claims), scale=scale), folder, load(project.config))
        shutil.copy(folder / "latest.html", folder / f"{scale}.html")
        status = main(words, standalone_mode=False)
    return status
