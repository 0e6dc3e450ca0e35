"""The plan of a large run: cells named, merged and put in order.

``python -m tests.bench.planning [CELLS]``; 100 000 by default: 20 seeds of one long trajectory and of
a stage after each of its points; then claims with a matrix, read from YAML, that need as many. Processor
time, for the machine may be busy.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from tests.bench.report import Row, publish
from tests.cbspec.execution.arithmetic import added, counted

SEEDS = range(20)
SECONDS, MEMORY = 20.0, 1.0  # GB
ENGINE = Path(__file__).parents[1] / "labs" / "ferry.py"
DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
scales:
  quick: {hours: 3}
stages:
  boat: {stage: sail, hour: $hours}
"""
CLAIM = """\
id: %(number)d.a
title: A boat that is longer under way gets further
phase: %(number)dA
status: active
source: {memo: logbook, figures: {}}
matrix: {stream: [%(streams)s]}
experiment: {stage: land, boat: boat}
arms:
  early: {boat: {hour: 3, stream: $stream}}
  late: {boat: {hour: 5, stream: $stream}}
assert:
  - {kind: order, measure: distance, arms: [early, late], direction: ascending}
scales: [quick]
"""
STREAMS = 125  # of each claim; times two arms, two stages and 20 seeds: 10 000 cells
# In a process of its own, whose peak memory is its own
READ = """\
import resource, sys
from pathlib import Path
from cbspec.project import Project
project = Project(Path(sys.argv[1]))
planner = project.planner("cpu")
cells = [cell for claim in project.claims() for cell in planner.of(claim, range(1, 21)).values()]
plan = planner.plan(cells)
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(plan.cells), used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
"""


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Name, merge and order the cells, once."""
    count = int(arguments[0]) if arguments else 100_000
    planner = Planner(lambda _: Fingerprint("c0de", {}), Numerics(device="cpu", torch="2.11"))
    began = time.process_time()
    cells = []
    for number in range(count // (2 * len(SEEDS))):
        call = added(float(number), counted(number + 1))
        cells += [planner.cell(call, seed) for seed in SEEDS]
    plan = planner.plan(cells)
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    with tempfile.TemporaryDirectory() as folder:
        # Before a row is shown: that imports torch, and a process begins with its parent's peak memory
        second = _from_claims(Path(folder), max(count // (80 * STREAMS), 1))
    yield _row(f"plan and graph of {len(plan.cells)} cells", seconds, memory)
    yield second


def _from_claims(root: Path, claims: int) -> Row:
    """Read claims with a matrix, and plan them."""
    for name, text in (
        ("pyproject.toml", '[tool.cbspec]\nengine = "lab.catalog"\n'),
        ("lab/__init__.py", ""),
        ("lab/catalog.py", ENGINE.read_text()),
        ("claims/defaults.yaml", DEFAULTS),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    for number in range(1, claims + 1):
        streams = ", ".join(f"{number + place / 1000}" for place in range(STREAMS))
        (root / "claims" / f"{number}.yaml").write_text(
            CLAIM % {"number": number, "streams": streams}
        )
    command = [sys.executable, "-c", READ, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cells, seconds, memory = done.stdout.split()
    measured = f"{cells} cells of {claims} claims with a matrix, from YAML to plan and graph"
    return _row(measured, float(seconds), float(memory))


def _row(measured: str, seconds: float, memory: float) -> Row:
    return Row(
        measured,
        f"{seconds:.1f} s, {memory:.2f} GB",
        f"at most {SECONDS:g} s, {MEMORY:g} GB",
        seconds <= SECONDS and memory <= MEMORY,
    )


if __name__ == "__main__":
    sys.exit(publish("planning", main(sys.argv[1:])))
