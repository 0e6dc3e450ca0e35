"""What an estimator network sees of a hidden state: concat[LayerNorm(h), embedding of t, s].

See definitions, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from engine.architecture import Architecture
from engine.forward import ForwardPass
from engine.nets import EPSILON, norm_backward

TIME_WIDTH = 32


def width(architecture: Architecture, s_type: str) -> int:
    """Return the number of features."""
    return architecture.width + TIME_WIDTH + condition_width(architecture, s_type)


def condition_width(architecture: Architecture, s_type: str) -> int:
    """Return the dimension of s."""
    first = architecture.classes if s_type.startswith("eT") else architecture.width
    return first + (architecture.width if s_type.endswith("hL") else 0)


def condition(forward: ForwardPass, s_type: str) -> Tensor:
    """Return s `[replica, batch, features]`: e_T or deltaL per sample, h_L appended as it is."""
    first = forward.error if s_type.startswith("eT") else forward.terminal
    return torch.cat([first, forward.trace.hidden[-1]], -1) if s_type.endswith("hL") else first


def time_embedding(t: Tensor) -> Tensor:
    """Return sines and cosines of t `[...]` at 16 frequencies 10000^(-i/16), `[..., 32]`.

    i = 0..15 (Vaswani et al., 2017).
    """
    half = TIME_WIDTH // 2
    frequencies = torch.exp(
        torch.arange(half, dtype=t.dtype, device=t.device) * (-math.log(10_000) / half)
    )
    angles = t.unsqueeze(-1) * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1)


def features(
    states: Tensor,
    levels: Sequence[int],
    depth: int,
    s: Tensor,
    sees_h: Tensor | None = None,
    sees_t: Tensor | None = None,
) -> Tensor:
    """Return the features of hidden states at several levels, stacked into one batch.

    Args:
        states: `[replica, level, batch, d]`.
        levels: which l the states belong to; t = l / depth.
        s: `[replica, batch, features]`.
        sees_h, sees_t: `[replica]`, 0 where the estimator is blind to h or t; None: it sees them.

    Returns:
        `[replica, level * batch, width]`.
    """
    h = torch.native_layer_norm(states, [states.shape[-1]], None, None, EPSILON)[0]
    if sees_h is not None:
        h = h * sees_h.view(-1, 1, 1, 1)
    return torch.cat([h, context(levels, depth, s, sees_t)], -1).flatten(1, 2)


def context(levels: Sequence[int], depth: int, s: Tensor, sees_t: Tensor | None = None) -> Tensor:
    """Return the features that h has no part in, `[replica, level, batch, features]`.

    They are the embedding of t and s.
    """
    t = _times(tuple(levels), depth, s.dtype, s.device).expand(len(s), -1, -1)
    if sees_t is not None:
        t = t * sees_t.view(-1, 1, 1)
    wide = (len(s), len(levels), s.shape[1])
    return torch.cat([t.unsqueeze(2).expand(*wide, -1), s.unsqueeze(1).expand(*wide, -1)], -1)


def pull_back(gradient: Tensor, states: Tensor) -> Tensor:
    """Return the gradient at `states`, given the one at their features.

    Args:
        gradient: `[replica, level * batch, width]`.
        states: `[replica, level, batch, d]`, as is the result.
    """
    count, batch, d = states.shape[1:]
    return through_norm(gradient[..., :d].unflatten(1, (count, batch)), states)


def through_norm(gradient: Tensor, states: Tensor) -> Tensor:
    """Return the gradient at `states`, given the one at their LayerNorm.

    The Jacobian is symmetric, so a tangent goes through it alike.
    """
    _, mean, rstd = torch.native_layer_norm(states, [states.shape[-1]], None, None, EPSILON)
    return norm_backward(gradient, states, mean, rstd)


@lru_cache(maxsize=32)
def _times(levels: tuple[int, ...], depth: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return embeddings of t = l / depth, `[1, level, 32]`.

    They are made once: a new tensor from numbers would wait for the GPU.
    """
    return time_embedding(torch.tensor([levels], dtype=dtype, device=device) / depth)
