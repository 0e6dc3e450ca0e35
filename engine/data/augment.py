"""Random crop, flip and normalisation of whole batches, replicas included, as tensor operations.

Agrees with torchvision's ``pad(4)``, ``crop``, ``hflip``, ``to_tensor``, ``normalize`` given the
same draws. No Python loop over samples and no host synchronisation: about half a millisecond for
3 x 128 images on one CPU thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.randomness import generator

PAD = 4
SHIFTS = 2 * PAD + 1  # a crop's corner lies at 0..8 in the padded image, each way
MEAN = (0.4914, 0.4822, 0.4465)  # definitions, section 2
STD = (0.2470, 0.2435, 0.2616)
SIDE = 32
PLANE = SIDE * SIDE
PIXELS = 3 * PLANE
MARGIN = PAD * SIDE + PAD


def normalise(images: Tensor) -> Tensor:
    """Normalise and flatten images.

    Args:
        images: uint8 `[..., 3, 32, 32]`.

    Returns:
        float32 `[..., 3072]`, in channel, row, column order.
    """
    centre, scale = _normalisation(images.device)
    flat = images.reshape(-1, 3, PLANE).float().sub_(centre).mul_(scale)
    return flat.view(*images.shape[:-3], PIXELS)


def epoch_views(seeds: Sequence[int], epoch: int, n: int) -> Tensor:
    """Draw the crop and flip of each visit of an epoch, uniformly; see `augment`.

    Returns:
        int64 `[replica, n, 3]`: top row and left column (0 to 8), flipped (0 or 1).
    """
    draws = torch.empty(len(seeds), n, dtype=torch.int64)
    for row, seed in zip(draws, seeds, strict=True):
        stream = generator(seed, "augmentation", str(epoch))
        torch.randint(2 * SHIFTS**2, (n,), generator=stream, out=row)
    crop, flipped = draws.div(2, rounding_mode="floor"), draws % 2
    return torch.stack([crop // SHIFTS, crop % SHIFTS, flipped], dim=-1)


def augment(images: Tensor, index: Tensor, views: Tensor) -> Tensor:
    """Crop, flip, normalise and flatten the images of a batch.

    Padding is black before normalisation.

    Args:
        images: uint8 `[n, 3, 32, 32]`, contiguous, shared by all replicas.
        index: int64 `[replica, batch]`, which image.
        views: int64 `[replica, batch, 3]`: the crop's top row and left column in the image padded
            by 4 (0 to 8), and whether the crop is flipped left to right (0 or 1).

    Returns:
        float32 `[replica, batch, 3072]`, in channel, row, column order.
    """
    top, left, flipped = views.reshape(-1, 3).unbind(1)
    crops = _crop(images.view(-1, PIXELS).index_select(0, index.flatten()), top, left).view(
        -1, 3, SIDE, SIDE
    )
    crops = torch.where(flipped.bool()[:, None], _words(crops.flip(-1)), _words(crops)).view(
        torch.uint8
    )
    return normalise(crops.view(*index.shape, 3, SIDE, SIDE))


def _crop(images: Tensor, top: Tensor, left: Tensor) -> Tensor:
    """Shift each of the flat images uint8 `[m, 3072]` and blacken what comes from outside it.

    A shift by rows and columns is one by ``32 rows + columns`` in flat order: one contiguous copy
    per image. What it carries over from a neighbouring row, channel or image lies outside the image
    and is masked.
    """
    count = len(images)
    flat = F.pad(images.flatten(), (MARGIN, MARGIN))
    # Row i holds the 3072 bytes from i on.
    windows = flat.as_strided((len(flat) - PIXELS + 1, PIXELS), (1, 1))
    start = torch.arange(count, device=images.device) * PIXELS + top * SIDE + left
    inside = _inside(images.device).index_select(0, top * SHIFTS + left)
    masked = _words(windows.index_select(0, start)).view(count, 3, -1) & _words(inside)[:, None]
    return masked.view(torch.uint8).view(count, PIXELS)


def _words(pixels: Tensor) -> Tensor:
    """Return the same bytes as int64 `[m, bytes / 8]`, to select and mask eight at a time."""
    return pixels.flatten(1).view(torch.int64)


@lru_cache(maxsize=8)
def _inside(device: torch.device) -> Tensor:
    """Return uint8 `[81, 1024]`: 255 where a crop shows the image, 0 where padding.

    Row i is of the crop with corner (row, column) = (i // 9, i % 9).
    """
    source = torch.arange(SIDE) + torch.arange(SHIFTS)[:, None] - PAD  # [shift, place in the crop]
    shown = ((source >= 0) & (source < SIDE)).to(torch.uint8)
    mask = 255 * shown[:, None, :, None] * shown[None, :, None, :]
    return mask.reshape(SHIFTS**2, PLANE).to(device)


@lru_cache(maxsize=8)
def _normalisation(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return centre and scale `[3, 1]` of pixel values 0 to 255."""
    mean, std = torch.tensor(MEAN, dtype=torch.float64), torch.tensor(STD, dtype=torch.float64)
    return (255 * mean).float()[:, None].to(device), (1 / (255 * std)).float()[:, None].to(device)
