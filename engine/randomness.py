"""Random streams: each is a function of its seed, stage and purpose alone.

So a result depends neither on the number of workers, nor on the order of claims, nor on the replicas that share a batch. What
an epoch draws is a function of (seed, epoch) too: a run resumes at any epoch without the state of a generator. Epochs are drawn
on the CPU whatever the device, so that CPU and GPU see the same batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.data.augment import SHIFTS


def generator(seed: int, stage: str, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of its own for one seed, stage and purpose.

    The streams of the CPU and of CUDA differ: draw on the CPU what must agree. (PyTorch's CPU generator uses the lower
    32 bits of its seed.)
    """
    digest = hashlib.sha256(f"{seed}\0{stage}\0{purpose}".encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def epoch_order(seeds: Sequence[int], epoch: int, n: int) -> Tensor:
    """The order in which an epoch visits the images 0 to n-1.

    Returns:
        int64 `[replica, n]`, a permutation per seed.
    """
    return torch.stack([torch.randperm(n, generator=generator(seed, "order", str(epoch))) for seed in seeds])


def epoch_views(seeds: Sequence[int], epoch: int, n: int) -> Tensor:
    """The crop and flip of each visit of an epoch, uniform; see `engine.data.augment.augment`.

    Returns:
        int64 `[replica, n, 3]`: top row and left column (0 to 8), flipped (0 or 1).
    """
    draws = [torch.randint(2 * SHIFTS**2, (n,), generator=generator(seed, "augmentation", str(epoch))) for seed in seeds]
    crop, flipped = torch.stack(draws).div(2, rounding_mode="floor"), torch.stack(draws) % 2
    return torch.stack([crop // SHIFTS, crop % SHIFTS, flipped], dim=-1)
