"""Losses after hidden states have moved: the rest of the network behind every level, run as one growing batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.nets import EPSILON, ResidualMLP

ROWS = 512  # of a level that run at once on the CPU, one replica at a time: what they become stays in cache
ELEMENTS = 2**22  # of the moved states that run at once on a GPU: 16 MB


@dataclass(frozen=True, slots=True)
class Rest:
    """The network's weights for some replicas, LayerNorms' affine parts folded into the product that follows them.

    Attributes:
        replicas: which.
        blocks: w1, b1, w2, b2 of each block.
        head: weights `[replica, classes, d]` and bias `[replica, classes, 1]`.
    """

    replicas: slice
    blocks: list[tuple[Tensor, ...]]
    head: tuple[Tensor, Tensor]


class Tails:
    """The tails of R networks as they are now; once their weights move, there have to be new ones."""

    def __init__(self, network: ResidualMLP) -> None:
        self.architecture, weights = network.architecture, network.weights
        blocks = []
        for level in range(network.depth):
            w1, b1, w2, b2, scale, shift = (
                weights[f"blocks.{level}.{name}"] for name in ("w1", "b1", "w2", "b2", "norm.weight", "norm.bias")
            )
            blocks.append((scale.unsqueeze(2) * w1, _shifted(b1, shift, w1), w2, b2.unsqueeze(1)))
        head, bias = weights["head.weight"], weights["head.bias"].unsqueeze(1)
        if self.architecture.terminal_norm:
            head, bias = weights["norm.weight"].unsqueeze(2) * head, _shifted(weights["head.bias"], weights["norm.bias"], head)
        self._together = weights.flat.is_cuda
        parts = [slice(None)] if self._together else [slice(replica, replica + 1) for replica in range(len(weights.flat))]
        self._rests = [
            Rest(
                own,
                [tuple(tensor[own] for tensor in block) for block in blocks],
                (head[own].transpose(1, 2).contiguous(), bias[own].transpose(1, 2)),
            )
            for own in parts
        ]

    def losses(self, states: Tensor, y: Tensor, moves: Tensor, size: float = 1.0) -> Tensor:
        """Per-sample losses after h_l moved by `size` times each of its moves, l = 0..L-1.

        Args:
            states: h_l `[replica, level, batch, d]`.
            y: labels `[replica, batch]`.
            moves: `[replica, level, move, batch, d]`, or 1 in place of the batch: the same for all samples.

        Returns:
            `[replica, level, move, batch]`.
        """
        found = states.new_empty(*states.shape[:2], moves.shape[2], states.shape[2])
        for rest, part in self._pieces(states, moves.shape[2]):
            own = rest.replicas
            rows = torch.add(states[own].unsqueeze(2), moves[own, :, part], alpha=size)
            found[own, :, part] = self._run(rest, rows, y[own])
        return found

    def _pieces(self, states: Tensor, moves: int) -> Iterator[tuple[Rest, slice]]:
        """Which replicas and moves run at once. On the CPU no replica depends on the others in any bit."""
        at_once = max(1, ELEMENTS // states.numel() if self._together else ROWS // states.shape[2])
        for rest in self._rests:
            for first in range(0, moves, at_once):
                yield rest, slice(first, first + at_once)

    def _run(self, rest: Rest, rows: Tensor, y: Tensor) -> Tensor:
        """Losses `[replica, level, move, batch]` of rows `[replica, level, move, batch, d]`, which are consumed."""
        h = rows.flatten(1, 3)
        entering = h.shape[1] // len(rest.blocks)
        for level, (w1, b1, w2, b2) in enumerate(rest.blocks):
            running = h[:, : (level + 1) * entering]
            active = self.architecture.activation.forward(torch.baddbmm(b1, _norm(running), w1))
            running.add_(b2).baddbmm_(active, w2)
        weight, bias = rest.head
        final = _norm(h) if self.architecture.terminal_norm else h
        logits = torch.baddbmm(bias, weight, final.transpose(1, 2))  # [replica, classes, rows]: softmax then runs along the rows
        names = y[:, None, None].expand(rows.shape[:-1]).flatten(1).unsqueeze(1)
        return -torch.log_softmax(logits, 1).gather(1, names).view(rows.shape[:-1])


def _shifted(bias: Tensor, shift: Tensor, weight: Tensor) -> Tensor:
    """``bias + shift W``, `[replica, 1, out]`."""
    return torch.baddbmm(bias.unsqueeze(1), shift.unsqueeze(1), weight)


def _norm(h: Tensor) -> Tensor:
    return torch.native_layer_norm(h, [h.shape[-1]], None, None, EPSILON)[0]
