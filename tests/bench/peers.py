"""The engine's steps beside the same training written in JAX (`tests.bench.jax_peer`).

Run from the repository root as ``python -m tests.bench.peers [STEPS]``; it needs the extra `peers`.
Each of both has one thread and the same weights, batches and augmentation, and they take turns,
step by step. A figure is the median, over pairs of steps, of the ratio of the processor time that
both spent, in whatever thread. A process of its own holds both libraries to AVX2. XLA hands products
to a library that uses AVX-512 whatever XLA is told, so there it has to do without that; a second
process leaves both as they are.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

from tests.bench.report import Row, publish

THREAD = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "OMP_NUM_THREADS": "1"}
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": f"{THREAD['XLA_FLAGS']} --xla_cpu_max_isa=AVX2 --xla_cpu_experimental_ynn_fusion_type=",
}
PLATFORMS = {"AVX2": THREAD | AVX2, "all instructions": THREAD}
WIDTHS = (256, 128)  # of memo and quick
WANTED = {"BP": 1.0, "Vec_M4 fit": 0.6}
WARM_UP = 3
CHECKED = 20  # steps after which losses are compared
AGREEMENT = 1e-4


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Every kind at both widths, with AVX2 and as it is, and by how much the losses differ."""
    if find_spec("jax") is None:
        sys.exit('the peers need JAX: pip install -e ".[peers]"')
    steps = arguments[0] if arguments else "40"
    for platform, environment in PLATFORMS.items():
        command = [sys.executable, "-m", "tests.bench.peers", "--pairs", steps]
        environment = os.environ | environment
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout or ():
                yield from _rows(platform, *json.loads(line))
        if run.returncode:
            sys.exit(f"the pairs with {platform} broke: exit status {run.returncode}")


def _rows(
    platform: str, kind: str, width: int, own: float, other: float, ratio: float, difference: float
) -> Iterator[Row]:
    measured = f"{kind}, 3 seeds, d={width}, one thread, {platform}"
    figure, most = f"{ratio:.2f} x ({own:.1f} / {other:.1f} ms)", WANTED[kind]
    yield Row(f"{measured}: of JAX's time", figure, f"at most {most:g} x", ratio <= most)
    yield Row(
        f"{measured}: losses of {CHECKED} steps, relative difference",
        f"{difference:.0e}",
        f"at most {AGREEMENT:.0e}",
        difference <= AGREEMENT,
    )


def pairs(steps: int) -> Iterator[list[Any]]:
    """Kind, width, milliseconds of both, their ratio and the largest difference of the losses."""
    import torch

    torch.set_num_threads(1)
    for width in WIDTHS:
        for kind, peer in PEERS.items():
            difference = _difference(*peer(width, drawn=False))
            own, other = peer(width, drawn=True)
            spent = [[_seconds(own), _seconds(other)] for _ in range(steps + WARM_UP)][WARM_UP:]
            ratio = statistics.median(mine / theirs for mine, theirs in spent)
            medians = [1000 * statistics.median(column) for column in zip(*spent, strict=True)]
            yield [kind, width, *medians, ratio, difference]


def _seconds(step: Callable[[], object]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


def _difference(own: Callable[[], Any], other: Callable[[], Any]) -> float:
    """The largest relative difference of the losses of any seed and step."""
    largest = 0.0
    for _ in range(CHECKED):
        for mine, theirs in zip(own().tolist(), other().tolist(), strict=True):
            largest = max(largest, abs(mine - theirs) / abs(mine))
    return largest


def back_propagation(width: int, *, drawn: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A step of train_bp, the engine's and JAX's; each returns the loss of each seed."""
    import jax

    from engine.nets import cross_entropy
    from engine.training import BackPropagation
    from tests.bench import jax_peer
    from tests.bench.steps import DEPTH, Setting

    setting = Setting(width)
    learner = BackPropagation(setting.snapshot)
    mapped = jax.vmap(partial(jax_peer.bp_step, DEPTH), in_axes=(None, 0, 0, 0, None))
    step = Running(jax.jit(mapped, donate_argnums=(2, 3)), setting.snapshot.network.weights)
    padded, batches = _data(setting)

    def own() -> Any:
        x, y = setting.next()
        return cross_entropy(learner.step(x, y), y).mean(1)

    return own, lambda: step(padded, next(batches))


def vector_field(width: int, *, drawn: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A step of a vector field's fit. Unless they are `drawn`, JAX is given the same directions."""
    import jax
    import jax.numpy as jnp
    import torch

    from engine import parameters
    from engine.credit.vector_field import VectorFieldEstimator
    from engine.forward import ForwardPass
    from tests.bench import jax_peer
    from tests.bench.steps import BATCH, DEPTH, SEEDS, Setting

    setting = Setting(width)
    field, twin = (
        VectorFieldEstimator(
            [parameters.VectorField()] * len(SEEDS), SEEDS, setting.architecture, "cpu"
        )
        for _ in range(2)
    )
    field.begin("bench", 0)
    twin.begin("bench", 0)

    def stepping(padded: Any, data: Any, source: Any, w: Any, a: Any, moments: Any, n: Any) -> Any:
        v = jax_peer.directions(source, DEPTH, BATCH, width) if drawn else source
        return jax_peer.vec_step(DEPTH, padded, data, v, w, a, moments, n)

    mapped = jax.vmap(stepping, in_axes=(None, 0, 0, 0, 0, 0, None))
    step = Running(jax.jit(mapped, donate_argnums=(4, 5)), field.network.weights)
    w, (padded, batches) = _arrays(setting.snapshot.network.weights), _data(setting)
    # The generator that XLA is fastest with
    keys = jax.random.split(jax.random.key(0, impl="unsafe_rbg"), len(SEEDS))

    def other() -> Any:
        source = jax.vmap(partial(jax.random.fold_in, data=step.count))(keys)
        if not drawn:
            source = jnp.array(twin._directions(torch.empty(len(SEEDS), DEPTH, BATCH, width)))
        return step(padded, next(batches), source, w)

    return lambda: field.fit(ForwardPass(setting.snapshot.network, *setting.next())), other


PEERS = {"BP": back_propagation, "Vec_M4 fit": vector_field}


class Running:
    """A compiled step with the weights and moments that it moves."""

    def __init__(self, step: Callable[..., Any], weights: Any) -> None:
        import jax.numpy as jnp

        self.step, self.weights, self.count = step, _arrays(weights), 0
        self.moments = {
            name: (jnp.zeros_like(w), jnp.zeros_like(w)) for name, w in self.weights.items()
        }

    def __call__(self, *inputs: Any) -> Any:
        """Take a step and wait for it; return the loss of each seed."""
        import jax

        self.count += 1
        moved = self.step(*inputs, self.weights, self.moments, float(self.count))
        self.weights, self.moments, loss = jax.block_until_ready(moved)
        return loss


def _arrays(weights: Any) -> dict[str, Any]:
    import jax.numpy as jnp

    return {name: jnp.array(value.numpy()) for name, value in weights.items()}


def _data(setting: Any) -> tuple[Any, Iterator[Any]]:
    """The padded images, and index, view and label of each sample, batch by batch, for ever."""
    import jax.numpy as jnp
    import numpy as np

    from engine.data.augment import PAD, epoch_views
    from engine.randomness import epoch_order
    from tests.bench.steps import BATCH, SEEDS

    images, labels = setting.task.images["train"].numpy(), setting.task.labels["train"].numpy()
    margin = (PAD, PAD)

    def batches() -> Iterator[Any]:
        epoch = 0
        while True:
            order = epoch_order(SEEDS, epoch, len(images)).split(BATCH, 1)
            views = epoch_views(SEEDS, epoch, len(images)).split(BATCH, 1)
            for index, view in zip(order, views, strict=True):
                yield tuple(map(jnp.array, (index.numpy(), view.numpy(), labels[index.numpy()])))
            epoch += 1

    return jnp.array(np.pad(images, ((0, 0), (0, 0), margin, margin))), batches()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pairs"]:
        for found in pairs(int(sys.argv[2])):
            print(json.dumps(found), flush=True)
    else:
        sys.exit(publish("peers", main(sys.argv[1:])))
