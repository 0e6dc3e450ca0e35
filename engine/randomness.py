"""Random streams: each is a function of its seed, stage and purpose alone.

So a result depends neither on the number of workers, nor on the order of claims, nor on the
replicas that share a batch. What an epoch draws is a function of (seed, epoch) too: a run resumes
at any epoch without the state of a generator. Epochs are drawn on the CPU whatever the device, so
that CPU and GPU see the same batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor


def generator(
    seed: int, stage: str, purpose: str, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a generator of its own for one seed, stage and purpose.

    The streams of the CPU and of CUDA differ: draw on the CPU what must agree. (PyTorch's CPU
    generator uses the lower 32 bits of its seed.)
    """
    digest = hashlib.sha256(f"{seed}\0{stage}\0{purpose}".encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def epoch_order(seeds: Sequence[int], epoch: int, n: int) -> Tensor:
    """Draw the order in which an epoch visits the images 0 to n-1.

    Returns:
        int64 `[replica, n]`, a permutation per seed.
    """
    order = torch.empty(len(seeds), n, dtype=torch.int64)
    for row, seed in zip(order, seeds, strict=True):
        torch.randperm(n, generator=generator(seed, "order", str(epoch)), out=row)
    return order
