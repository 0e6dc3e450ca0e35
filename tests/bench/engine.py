"""How fast the engine's steps are: as a share of the rate of a plain ``torch.mm``, and against a
plain script.

Run from the repository root as ``python -m tests.bench.engine [STEPS]``, on one thread as every
worker has. Only the operations that the algorithm needs are counted (`tests.bench.steps`); data and
augmentation are inside the measured time. The reference product is timed between the steps, so a
change of the machine's speed meets both; figures are medians of the thread's own time, so another
process that takes its turn on the core is not counted. Credit is measured in float64, so the
reference of those steps is a product in float64.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch

from cbspec.execution.numerics import limit_threads
from tests.bench import plain
from tests.bench.report import Row, publish
from tests.bench.steps import BATCH, KINDS, SEEDS, Setting, Step

SHAPES = {"memo": 256, "quick": 128}
WANTED = {"BP": 0.7, "DFA": 0.7, "Vec_M4 fit": 0.6}  # at the memo's shape
WARM_UP = 3  # steps that are not counted


def reference(dtype: torch.dtype) -> Callable[[], object]:
    """One product of 128x3072 by 3072x256."""
    x, w = torch.randn(BATCH, 3072, dtype=dtype), torch.randn(3072, 256, dtype=dtype)
    return partial(torch.mm, x, w)


def share(step: Step, steps: int) -> float:
    """Rate of a step over the rate of the reference product, both medians of the same stretch of
    time.
    """
    product = reference(step.dtype)
    seconds: dict[str, list[float]] = {"own": [], "product": []}
    for count in range(steps + WARM_UP):
        for name, run in (("own", step.run), *[("product", product)] * 5):
            began = time.thread_time()
            run()
            if count >= WARM_UP:
                seconds[name].append(time.thread_time() - began)
    rate = step.operations / statistics.median(seconds["own"])
    return rate / (2.0 * BATCH * 3072 * 256 / statistics.median(seconds["product"]))


def speedup(batches: int) -> float:
    """Seconds of the plain script over the engine's, for the same batches of BP of three seeds."""
    own = KINDS["BP"](Setting(SHAPES["memo"]))
    own.run()
    began = time.thread_time()
    for _ in range(batches):
        own.run()
    middle = time.thread_time()
    plain.train(SEEDS, batches)
    return (time.thread_time() - middle) / (middle - began)


def shared(kind: str, width: int, step: Step, steps: int, wanted: float | None) -> Row:
    """The row of one kind at one width."""
    found, precision = share(step, steps), " in float64" if step.dtype == torch.float64 else ""
    measured = f"{kind}, {len(SEEDS)} seeds, d={width}: share of torch.mm's rate{precision}"
    if wanted is None:
        return Row(measured, f"{found:.0%}")
    return Row(measured, f"{found:.0%}", f"at least {wanted:.0%}", found >= wanted)


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Every kind at both shapes, BP against the plain script, memory."""
    steps = int(arguments[0]) if arguments else 100
    limit_threads(1)
    for scale, width in SHAPES.items():
        for kind, at in KINDS.items():
            yield shared(
                kind,
                width,
                at(Setting(width)),
                steps,
                WANTED.get(kind) if scale == "memo" else None,
            )
    found = speedup(max(steps // 4, 1))
    yield Row("BP of 3 seeds against a plain script", f"{found:.1f} x", "at least 2 x", found >= 2)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    yield Row("peak memory of this process", f"{memory:.2f} GB", "below 2 GB", memory < 2)


if __name__ == "__main__":
    sys.exit(publish("engine", main(sys.argv[1:])))
