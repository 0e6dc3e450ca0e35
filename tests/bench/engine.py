"""How fast the engine's steps are: as a share of the rate of a plain ``torch.mm``, and against a plain script.

Run from the repository root as ``python -m tests.bench.engine [steps]``, on one thread as every worker has. Only the
operations that the algorithm needs are counted (`engine.cost`); data and augmentation are inside the measured time. The
reference product is timed between the steps, so a change of the machine's speed meets both; figures are medians of the thread's
own time, so another process that takes its turn on the core is not counted.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from tabulate import tabulate

from cbspec.stage import Call, NoParameters
from engine import catalog
from engine.credit.dfa import DFA
from engine.credit.vector_field import VectorField
from engine.forward import ForwardPass
from engine.local_training import LocalLearner, Mixture
from engine.parameters import Cifar10, TrainBP, TrainLocal
from engine.parameters import VectorField as Field
from engine.snapshot import Snapshot
from engine.tasks.cifar10 import Cifar10Task
from engine.training import BackPropagation
from tests.bench import plain

Row = tuple[str, str, str]
SEEDS, BATCH, DEPTH = (42, 123, 456), 128, 4
STAGES = {stage.name: stage for stage in catalog.STAGES}
SHAPES = {"memo": 256, "quick": 128}
WANTED = {"BP": 0.7, "DFA": 0.7, "Vec_M4 fit": 0.6}


def reference() -> Callable[[], object]:
    """One product of 128x3072 by 3072x256."""
    x, w = torch.randn(BATCH, 3072), torch.randn(3072, 256)
    return partial(torch.mm, x, w)


class Steps:
    """Endless steps of one kind at one width, each with its own batch."""

    def __init__(self, kind: str, width: int) -> None:
        self.task = Cifar10Task(Cifar10(train_images=BATCH * 64), SEEDS, "cpu")
        own = TrainBP(width=width, depth=DEPTH, epoch=1)
        self.snapshot = Snapshot.initialised(self.task, SEEDS, own, "cpu")
        self.kind, self.width = kind, width
        self.batches = self._batches()
        self.step = {"BP": self._bp, "DFA": self._dfa, "Vec_M4 fit": self._field}[kind]()

    def _batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        epoch = 0
        while True:
            yield from self.task.epoch(epoch, BATCH)
            epoch += 1

    def _bp(self) -> Callable[..., object]:
        return BackPropagation(self.snapshot).step

    def _dfa(self) -> Callable[..., object]:
        parameters = [TrainLocal(epoch=1)] * len(SEEDS)
        dfa = DFA([None] * len(SEEDS), SEEDS, self.snapshot.network.architecture, "cpu")
        learner = LocalLearner(self.snapshot, Mixture(dfa, parameters), self.task, parameters)
        learner.begin(0)
        return learner.step

    def _field(self) -> Callable[..., object]:
        field = VectorField([Field()] * len(SEEDS), SEEDS, self.snapshot.network.architecture, "cpu")
        field.begin("bench", 0)
        return lambda x, y: field.fit(ForwardPass(self.snapshot.network, x, y))

    def __call__(self) -> None:
        self.step(*next(self.batches))

    @property
    def operations(self) -> float:
        """Floating-point operations of one step of all replicas, by the stage's own forecast of one epoch of one batch."""
        task = Call(STAGES["cifar10"], Cifar10(train_images=BATCH))
        shape = {"width": self.width, "depth": DEPTH}
        start = Call(STAGES["train_bp"], TrainBP(epoch=0, **shape), {"task": task})
        dfa = Call(STAGES["dfa"], NoParameters(), {"snapshot": start})
        before, after = {
            "BP": [Call(STAGES["train_bp"], TrainBP(epoch=n, **shape), {"task": task}) for n in (0, 1)],
            "DFA": [Call(STAGES["train_local"], TrainLocal(epoch=n), {"snapshot": start, "estimator": dfa}) for n in (0, 1)],
            "Vec_M4 fit": [Call(STAGES["vector_field"], Field(epochs=n), {"snapshot": start}) for n in (0, 1)],
        }[self.kind]
        return len(SEEDS) * (after.cost - before.cost)


def share(kind: str, width: int, steps: int) -> float:
    """Rate of a step over the rate of the reference product, both medians of the same stretch of time."""
    own, product = Steps(kind, width), reference()
    seconds: dict[str, list[float]] = {"own": [], "product": []}
    for step in range(steps + 3):
        for name, run in (("own", own), *[("product", product)] * 5):
            began = time.thread_time()
            run()
            if step >= 3:
                seconds[name].append(time.thread_time() - began)
    rate = own.operations / statistics.median(seconds["own"])
    return rate / (2.0 * BATCH * 3072 * 256 / statistics.median(seconds["product"]))


def speedup(batches: int) -> float:
    """Seconds of the plain script over the engine's, for the same batches of BP of three seeds."""
    own = Steps("BP", 256)
    own()
    began = time.thread_time()
    for _ in range(batches):
        own()
    middle = time.thread_time()
    plain.train(SEEDS, batches)
    return (time.thread_time() - middle) / (middle - began)


def main(arguments: Sequence[str] = ()) -> list[Row]:
    """Measure and print."""
    steps = int(arguments[0]) if arguments else 100
    torch.set_num_threads(1)
    rows: list[Row] = []
    for scale, width in SHAPES.items():
        for kind, wanted in WANTED.items():
            aim = f"at least {wanted:.0%}" if scale == "memo" else "-"
            rows.append(
                (f"{kind}, {len(SEEDS)} seeds, d={width}: share of torch.mm's rate", f"{share(kind, width, steps):.0%}", aim)
            )
    rows.append(("BP of 3 seeds against a plain script", f"{speedup(steps // 4):.1f} x", "at least 2 x"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows.append(("peak memory of this process", f"{memory:.2f} GB", "below 2 GB"))
    print(tabulate(rows, headers=("measured", "figure", "wanted")), flush=True)
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
