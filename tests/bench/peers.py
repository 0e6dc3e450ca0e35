"""The engine's steps beside the same ones written in JAX, for every kind of stage.

Run from the repository root as ``python -m tests.bench.peers [STEPS [KIND...]]``; it needs the
extra `peers`. `tests.bench.pairs` has the steps: what a fit or a training reaches, its data and
augmentation included, and what a measurement finds on a batch. Each of both has one thread and the
same weights and batches, and they take turns, step by step. A figure is the median, over pairs of
steps, of the ratio of the processor time that both spent, in whatever thread. A process of its own
holds both libraries to AVX2. XLA hands products to a library that uses AVX-512 whatever XLA is
told, so there it has to do without that; a second process leaves both as they are.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from tests.bench.report import Row, publish

THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "XLA_FLAGS": f"{THREAD['XLA_FLAGS']} --xla_cpu_max_isa=AVX2 --xla_cpu_experimental_ynn_fusion_type=",
}
PLATFORMS = {"AVX2": THREAD | AVX2, "all instructions": THREAD}
WIDTHS = (256, 128)  # of memo and quick
WANTED = {"Vec_M4 fit": 0.6}  # other kinds: no slower than JAX
WARM_UP = 3
CHECKED = 20  # steps whose losses or measures are compared
AGREEMENT = 1e-4


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Every kind at both widths, with AVX2 and as it is, and by how much the results differ."""
    if find_spec("jax") is None:
        sys.exit('the peers need JAX: pip install -e ".[peers]"')
    asked = list(arguments) or ["40"]
    for platform, environment in PLATFORMS.items():
        command = [sys.executable, "-m", "tests.bench.peers", "--pairs", *asked]
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
    figure, most = f"{ratio:.2f} x ({own:.1f} / {other:.1f} ms)", WANTED.get(kind, 1.0)
    yield Row(f"{measured}: of JAX's time", figure, f"at most {most:g} x", ratio <= most)
    yield Row(
        f"{measured}: results of {CHECKED} steps, relative difference",
        f"{difference:.0e}",
        f"at most {AGREEMENT:.0e}",
        difference <= AGREEMENT,
    )


def pairs(steps: int, kinds: Sequence[str] = ()) -> Iterator[list[Any]]:
    """Kind, width, milliseconds of both, their ratio and the largest difference of the results."""
    import torch

    from tests.bench.pairs import PEERS

    torch.set_num_threads(1)
    for width in WIDTHS:
        for kind in kinds or PEERS:
            peer = PEERS[kind]
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
    """The largest relative difference of the results of any seed and step."""
    largest = 0.0
    for _ in range(CHECKED):
        for mine, theirs in zip(own().tolist(), other().tolist(), strict=True):
            largest = max(largest, abs(mine - theirs) / abs(mine))
    return largest


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pairs"]:
        for found in pairs(int(sys.argv[2]), sys.argv[3:]):
            print(json.dumps(found), flush=True)
    else:
        sys.exit(publish("peers", main(sys.argv[1:])))
