"""Back ends beyond one machine: what scheduling costs, how a plan scales, and that nothing is lost.

Run from the repository root as ``python -m tests.bench.cluster [PART [N]]...``:

    jobs [N]        N jobs of 10 ms, locally and on Ray: the driver's own processor time for each,
                    which other processes on the machine do not change; 2000
    simulated       the memo suite on 1, 8 and 64 workers, from the rates in the store
    kills [N]       N runs, in each of which a helper of Slurm is killed at random; 20
    nodes [N]       N runs, in each of which one of two nodes of Ray, besides the one of the process
                    that judges, is lost at a random moment with all that runs on it; 20
    overhead [CLAIM...]
                    claims at quick from an empty store, on `local`, Ray and Slurm: the processor
                    time of all processes; all claims, 50 core-minutes. To be named last
"""

from __future__ import annotations

import heapq
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from cbspec.execution.backends import Workplace, chosen
from cbspec.execution.executor import Executor
from cbspec.execution.planned import Plan, PlannedJob
from cbspec.execution.rundir import RunDirectory
from cbspec.project import Project
from cbspec.stage import Call
from cbspec.store import Store
from tests.bench.losses import kills, nodes
from tests.bench.overhead import overhead
from tests.bench.report import Row, publish

ROOT = Path(__file__).parents[2]
WORKERS = (1, 8, 64)
NAP = """\
import time

from cbspec.stage import Measure, Parameters, Stage


class Nap(Parameters, frozen=True, kw_only=True):
    number: int


def nap(job):
    time.sleep(0.01)
    for index, replica in enumerate(job.replicas):
        job.emit(index, measures={"slept": 0.01})


STAGES = (
    Stage("nap", "sleeps", "lab.catalog:nap", Nap, measures={"slept": Measure("s", "how long")}),
)
"""


# --- many small jobs


def jobs(number: int) -> Iterator[Row]:
    """Compute as many jobs of 10 ms on each back end."""
    for name in ("local", "ray"):
        if name == "ray" and find_spec("ray") is None:
            yield Row(f"{number} jobs of 10 ms on ray", "ray is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            yield from _jobs(Path(folder), name, number)


def _jobs(root: Path, name: str, number: int) -> Iterator[Row]:
    for file, text in (("__init__.py", ""), ("catalog.py", NAP)):
        (root / "lab").mkdir(exist_ok=True)
        (root / "lab" / file).write_text(text)
    (root / "pyproject.toml").write_text(
        '[tool.cbspec]\nengine = "lab.catalog"\naddress = "local"\n'
    )
    sys.modules.pop("lab", None)
    sys.modules.pop("lab.catalog", None)
    project = Project(root)
    config = project.config
    stage = project.catalog["nap"]
    planner = project.planner("cpu", computing=True)
    run = RunDirectory(config.runs / "bench", "main")
    workers = chosen(config, name).open(Workplace(config, Store(config.store), run))
    executor = Executor(planner, Store(config.store), run, workers, project.code.watch)
    cells = [planner.cell(Call(stage, stage.parameters(number=n)), 1) for n in range(number)]
    executor.plan_cells(cells[:4])
    executor.ensure(cells[:4])  # from here on its processes are there
    executor.plan_cells(cells)
    began, spent = time.monotonic(), time.process_time()
    executor.ensure(cells)
    wall, own = time.monotonic() - began, time.process_time() - spent
    executor.close()
    sys.path.remove(str(root))
    load = os.getloadavg()[0]
    each = 1000 * own / number
    yield Row(f"{number} jobs of 10 ms on {name}: processor time of the driver for each",
              f"{each:.1f} ms", "at most 5 ms", each <= 5)  # fmt: skip
    took = f"{1000 * wall / number:.0f} ms"
    yield Row(
        f"{number} jobs of 10 ms on {name}: by the clock for each", f"{took} at load {load:.0f}"
    )


# --- how a plan scales


def simulated() -> Iterator[Row]:
    """Work the memo suite off on so many workers, critical path first."""
    project = Project(ROOT)
    for device in ("cpu", "cuda"):
        planner = project.planner(device)
        claims = [claim for claim in project.claims(scale="memo") if claim.due]
        cells = [cell for claim in claims
                 for cell in planner.of(claim, claim.seeds.first).values()]  # fmt: skip
        plan = planner.plan(cells, wide=device == "cuda")
        rates = {job.stage: project.store.rate(job.stage, device) for job in plan.jobs}
        if not any(rates.values()):
            yield Row(f"memo suite, simulated for {device}", "no rate in this store")
            continue
        unknown = sorted(stage for stage, rate in rates.items() if rate is None)
        about = f"memo suite, first seeds, {len(plan.jobs)} jobs as planned for {device}"
        if unknown:
            about += f", without {', '.join(unknown)}"
        seconds = {job: (rates[job.stage] or 0.0) * job.cost for job in plan.jobs}
        longest = makespan(plan, seconds, workers=len(plan.jobs))
        for workers in WORKERS:
            hours = makespan(plan, seconds, workers) / 3600
            yield Row(
                f"{about}: on {workers} workers, by this store's rates",
                f"{hours:.1f} h; critical path {longest / 3600:.1f} h",
            )


def makespan(plan: Plan, seconds: Mapping[PlannedJob, float], workers: int) -> float:
    """How long a plan takes on so many workers, each of which takes the first job that is ready."""
    owner = {cell: number for number, job in enumerate(plan.jobs) for cell in job.cells}
    waiting: dict[int, list[int]] = defaultdict(list)
    lacks: list[int] = []
    for number, job in enumerate(plan.jobs):
        before = {owner[cell] for cell in job.inputs} - {number}
        lacks.append(len(before))
        for other in before:
            waiting[other].append(number)
    ready = [number for number, count in enumerate(lacks) if not count]
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            number = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds[plan.jobs[number]], number))
        now, ended = heapq.heappop(running)
        for number in waiting[ended]:
            lacks[number] -= 1
            if not lacks[number]:
                heapq.heappush(ready, number)
    return now


PARTS = {"jobs": jobs, "simulated": simulated, "kills": kills, "nodes": nodes}
NUMBERS = {"jobs": 2000, "kills": 20, "nodes": 20}


def main(arguments: Sequence[str]) -> Iterator[Row]:
    """Measure the parts asked for, or all."""
    words = list(arguments) or [*PARTS, "overhead"]
    while words:
        name = words.pop(0)
        if name == "overhead":
            yield from overhead(words)
            return
        if name not in NUMBERS:
            yield from PARTS[name]()
            continue
        number = int(words.pop(0)) if words and words[0].isdigit() else NUMBERS[name]
        yield from PARTS[name](number)


if __name__ == "__main__":
    sys.exit(publish("cluster", main(sys.argv[1:])))
