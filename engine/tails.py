"""Losses after hidden states have moved.

The rest of the network behind every level is run as one growing batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.nets import EPSILON, ResidualMLP
from engine.products import add_affine, affine, product
from engine.weights import Weights

# Rows of a level that run at once on the CPU, one replica at a time: they stay in the cache.
ROWS = 512
ELEMENTS = 2**22  # of the moved states that run at once on a GPU: 16 MB

Block = tuple[Tensor, Tensor, Tensor, Tensor]
"""w1, b1, w2, b2."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The network's weights for some replicas.

    Each LayerNorm's affine part is folded into the product that follows it.

    Attributes:
        replicas: which.
        blocks: w1, b1, w2, b2 of each block.
        head: weights `[replica, classes, d]` and bias `[replica, classes, 1]`.
    """

    replicas: slice
    blocks: list[Block]
    head: tuple[Tensor, Tensor]


class Tails:
    """The tails of R networks as they are now; once their weights move, new ones are needed."""

    def __init__(self, network: ResidualMLP) -> None:
        self.architecture, weights = network.architecture, network.weights
        self._together = weights.flat.is_cuda
        blocks = [_folded_block(weights, level) for level in range(network.depth)]
        head, bias = _folded_head(weights, self.architecture.terminal_norm)
        replicas = [slice(replica, replica + 1) for replica in range(len(weights.flat))]
        self._rests: list[Rest] = []
        for part in [slice(None)] if self._together else replicas:
            own_blocks = []
            for w1, b1, w2, b2 in blocks:
                own_blocks.append((w1[part], b1[part], w2[part], b2[part]))
            own_head = head[part].transpose(1, 2).contiguous(), bias[part].transpose(1, 2)
            self._rests.append(Rest(part, own_blocks, own_head))

    def losses(self, states: Tensor, y: Tensor, moves: Tensor, size: float = 1.0) -> Tensor:
        """Return per-sample losses after h_l moved by `size` times each of its moves, l = 0..L-1.

        Args:
            states: h_l `[replica, level, batch, d]`.
            y: labels `[replica, batch]`.
            moves: `[replica, level, move, batch, d]`, or 1 in place of the batch: the same for all
                samples.

        Returns:
            `[replica, level, move, batch]`, in nats.
        """
        losses = states.new_empty(*states.shape[:2], moves.shape[2], states.shape[2])
        for rest, part in self._pieces(states, moves.shape[2]):
            replicas = rest.replicas
            rows = torch.add(states[replicas].unsqueeze(2), moves[replicas, :, part], alpha=size)
            losses[replicas, :, part] = self._run(rest, rows, y[replicas])
        return losses

    def _pieces(self, states: Tensor, moves: int) -> Iterator[tuple[Rest, slice]]:
        """Yield the replicas and moves that run at once.

        On the CPU no replica depends on the others in any bit.
        """
        at_once = max(1, ELEMENTS // states.numel() if self._together else ROWS // states.shape[2])
        for rest in self._rests:
            for first in range(0, moves, at_once):
                yield rest, slice(first, first + at_once)

    def _run(self, rest: Rest, rows: Tensor, y: Tensor) -> Tensor:
        """Return the losses `[replica, level, move, batch]` of rows, which are consumed.

        Args:
            rows: hidden states `[replica, level, move, batch, d]`.
            y: labels `[replica, batch]`.
        """
        h = rows.flatten(1, 3)
        entering = h.shape[1] // len(rest.blocks)
        for level, (w1, b1, w2, b2) in enumerate(rest.blocks):
            running = h[:, : (level + 1) * entering]
            active = self.architecture.activation.forward(affine(b1, _norm(running), w1))
            add_affine(running, b2, active, w2)
        weight, bias = rest.head
        final = _norm(h) if self.architecture.terminal_norm else h
        # [replica, classes, rows]: softmax then runs along the rows.
        logits = product(weight, final.transpose(1, 2)).add_(bias)
        names = y[:, None, None].expand(rows.shape[:-1]).flatten(1).unsqueeze(1)
        return -torch.log_softmax(logits, 1).gather(1, names).view(rows.shape[:-1])


def _folded_block(weights: Weights, level: int) -> Block:
    """Return a block's weights with its LayerNorm's scale and shift in the first layer."""
    name = f"blocks.{level}."
    w1, b2 = weights[f"{name}w1"], weights[f"{name}b2"].unsqueeze(1)
    scale, shift = weights[f"{name}norm.weight"], weights[f"{name}norm.bias"]
    b1 = _shifted(weights[f"{name}b1"], shift, w1)
    return scale.unsqueeze(2) * w1, b1, weights[f"{name}w2"], b2


def _folded_head(weights: Weights, terminal_norm: bool) -> tuple[Tensor, Tensor]:
    """Return the head's weights and bias, LN_out's scale and shift folded in.

    Returns:
        `[replica, d, classes]` and `[replica, 1, classes]`.
    """
    head, bias = weights["head.weight"], weights["head.bias"]
    if not terminal_norm:
        return head, bias.unsqueeze(1)
    return weights["norm.weight"].unsqueeze(2) * head, _shifted(bias, weights["norm.bias"], head)


def _shifted(bias: Tensor, shift: Tensor, weight: Tensor) -> Tensor:
    """Return ``bias + shift W``, `[replica, 1, out]`."""
    return torch.baddbmm(bias.unsqueeze(1), shift.unsqueeze(1), weight)


def _norm(h: Tensor) -> Tensor:
    return torch.native_layer_norm(h, [h.shape[-1]], None, None, EPSILON)[0]
