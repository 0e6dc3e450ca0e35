"""What a step takes on a GPU, and whether it does what it does on the CPU.

Run from the repository root as ``python -m tests.bench.cuda [SECONDS]`` where there is a CUDA
device; elsewhere it says so and measures nothing. Batches are given: data and augmentation are
outside the measured time. A step that takes as long as its launching is bound by the CPU, and then
more replicas in it cost little.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from cbspec.execution.numerics import absent as absent_here
from engine import parameters
from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import Estimator
from engine.credit.scalar_bridge import ScalarBridgeEstimator
from engine.credit.state_bridge import StateBridgeEstimator
from engine.credit.vector_field import VectorFieldEstimator
from engine.forward import ForwardPass
from engine.local_training import LocalLearner, Mixture
from engine.nets import ResidualMLP
from engine.snapshot import Snapshot
from engine.training import BackPropagation
from tests.bench.report import Row, publish

SEEDS, BATCH, CLASSES = (42, 123, 456), 128, 10
SHAPE = Architecture(inputs=3072, width=256, depth=4)  # the memo's
AGREEMENT = 1e-5  # of float32 gradients that are summed in another order
# steps: not counted; whose launching is timed; between two looks at the device
WARM_UP, LAUNCHED, AT_ONCE = (
    5,
    20,
    200,
)

Step = Callable[[Tensor, Tensor], object]
Made = tuple[Snapshot, Step]


def seeds(replicas: int) -> tuple[int, ...]:
    """One for each; the same again where there are more than three."""
    return (SEEDS * replicas)[:replicas]


def networks(replicas: int, device: str) -> Snapshot:
    """So many networks at the start of training."""
    weights = initialise(SHAPE, seeds(replicas), device)
    return Snapshot(
        ResidualMLP(SHAPE, weights),
        parameters.TrainBP(epoch=1, width=SHAPE.width, depth=SHAPE.depth),
    )


def estimators(kind: type[Estimator], own: object, snapshot: Snapshot) -> Estimator:
    """Of these networks, as they are before any fit."""
    flat = snapshot.network.weights.flat
    return kind([own] * len(flat), seeds(len(flat)), SHAPE, flat.device.type)


def back_propagation(replicas: int, device: str) -> Made:
    """A step of train_bp."""
    snapshot = networks(replicas, device)
    return snapshot, BackPropagation(snapshot).step


def local(kind: type[Estimator], own: object = None) -> Callable[[int, str], Made]:
    """A step of train_local, the estimator blended with DFA and trained along where there is
    something to train.
    """

    def made(replicas: int, device: str) -> Made:
        snapshot, chosen = (
            networks(replicas, device),
            [parameters.TrainLocal(epoch=1, blend=0.75)] * replicas,
        )
        learner = LocalLearner(
            snapshot, Mixture(estimators(kind, own, snapshot), chosen), None, chosen
        )  # type: ignore[arg-type]
        learner.begin(0)
        return snapshot, learner.step

    return made


def fit(replicas: int, device: str) -> Made:
    """A step of a vector field's offline fit."""
    snapshot = networks(replicas, device)
    field = estimators(VectorFieldEstimator, parameters.VectorField(epochs=0), snapshot)
    field.begin("bench", 0)
    return snapshot, lambda x, y: field.fit(ForwardPass(snapshot.network, x, y))


ONLINE: dict[str, Callable[[int, str], Made]] = {
    "BP": back_propagation,
    "DFA": local(DFA),
    "CB online": local(ScalarBridgeEstimator, parameters.ScalarBridge(epochs=0)),
    "SB online": local(StateBridgeEstimator, parameters.StateBridge(epochs=0)),
    "Vec_M4 online": local(VectorFieldEstimator, parameters.VectorField(epochs=0)),
}
KINDS = ONLINE | {"Vec_M4 fit": fit}
# Else three: those of one claim's first look
REPLICAS = {
    "Vec_M4 online": (3, 12, 24, 48),
    "Vec_M4 fit": (12,),
}


def batch(replicas: int, device: str) -> tuple[Tensor, Tensor]:
    """Inputs and labels at random, the same on every device."""
    stream = torch.Generator().manual_seed(0)
    x = torch.randn(replicas, BATCH, SHAPE.inputs, generator=stream)
    return x.to(device), torch.randint(CLASSES, (replicas, BATCH), generator=stream).to(device)


def disagreement(kind: str, device: str) -> float:
    """``|g - g_cpu| / |g_cpu|`` of the gradient that the first step follows."""
    found = []
    for place in ("cpu", device):
        snapshot, step = ONLINE[kind](len(SEEDS), place)
        step(*batch(len(SEEDS), place))
        found.append(snapshot.gradient.flat.double().cpu())
    return ((found[1] - found[0]).norm() / found[0].norm()).item()


def pace(kind: str, replicas: int, seconds: float) -> tuple[float, float]:
    """Seconds of a step, and of launching one."""
    _, step = KINDS[kind](replicas, "cuda")
    given = batch(replicas, "cuda")
    _taken(step, given, WARM_UP)
    launching, done = _taken(step, given, LAUNCHED)
    steps = max(1, int(seconds / done))
    return _taken(step, given, steps)[1], launching


def _taken(step: Step, given: tuple[Tensor, Tensor], steps: int) -> tuple[float, float]:
    """Seconds per step until all are launched, and until all are done."""
    began = time.perf_counter()
    for count in range(1, steps + 1):
        step(*given)
        if count % AT_ONCE == 0:
            torch.cuda.synchronize()
    launched = time.perf_counter()
    torch.cuda.synchronize()
    return (launched - began) / steps, (time.perf_counter() - began) / steps


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Agreement with the CPU of every kind that moves a network, then the pace of all."""
    seconds = float(arguments[0]) if arguments else 2.0
    if absent := absent_here("cuda"):
        print(f"no CUDA device is visible ({absent})")
        return
    for kind in ONLINE:
        found = disagreement(kind, "cuda")
        yield Row(
            f"{kind}: first gradient on a GPU against the CPU's",
            f"{found:.1e}",
            f"below {AGREEMENT:.0e}",
            found < AGREEMENT,
        )
    for kind in KINDS:
        for replicas in REPLICAS.get(kind, (len(SEEDS),)):
            step, launching = pace(kind, replicas, seconds)
            yield Row(
                f"{kind}, {replicas} replicas, d={SHAPE.width}: a step on a GPU",
                f"{1e3 * step:.2f} ms ({1e3 * launching:.2f} ms to launch)",
            )


if __name__ == "__main__":
    sys.exit(publish("cuda", main(sys.argv[1:])))
