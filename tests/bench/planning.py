"""The plan of a large run: cells named, merged and put in order.

``python -m tests.bench.planning [CELLS]``; 100 000 by default: 20 seeds of one long trajectory and of
a stage after each of its points. Processor time, for the machine may be busy.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence

from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from tests.bench.report import Row, publish
from tests.cbspec.execution.arithmetic import added, counted

SEEDS = range(20)
SECONDS, MEMORY = 20.0, 1.0  # GB


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
    yield Row(
        f"plan and graph of {len(plan.cells)} cells",
        f"{seconds:.1f} s, {memory:.2f} GB",
        f"at most {SECONDS:g} s, {MEMORY:g} GB",
        seconds <= SECONDS and memory <= MEMORY,
    )


if __name__ == "__main__":
    sys.exit(publish("planning", main(sys.argv[1:])))
