"""One batch run through the networks: what local learning may know of it and, beside it, the truth.

The true gradients are for the oracle and the measures alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from engine.nets import ResidualMLP, Trace, cross_entropy, output_error
from engine.weights import Weights


class ForwardPass:
    """Inputs with their labels, run through `network` as it is now.

    Args:
        network: R networks.
        x: inputs `[replica, batch, inputs]`; None where h is given and no embedding is to learn.
        y: labels int64 `[replica, batch]`.
        h: h_0 `[replica, batch, d]`, where it is known already.
    """

    def __init__(
        self, network: ResidualMLP, x: Tensor | None, y: Tensor, h: Tensor | None = None
    ) -> None:
        self.network, self.x, self.y = network, x, y
        if h is None:
            h = network.embed(self._inputs)
        self.trace: Trace = network.forward(h)

    @property
    def size(self) -> int:
        """Samples per replica."""
        return self.y.shape[1]

    @cached_property
    def losses(self) -> Tensor:
        """Per-sample cross-entropy `[replica, batch]`, in nats."""
        return cross_entropy(self.trace.logits, self.y)

    @cached_property
    def error(self) -> Tensor:
        """e_T `[replica, batch, classes]`: per-sample gradient at the logits."""
        return output_error(self.trace.logits, self.y)

    @cached_property
    def terminal(self) -> Tensor:
        """deltaL `[replica, batch, d]`: per-sample gradient at h_L, local to the head."""
        return self.network.head_backward(self.trace, self.error)

    @cached_property
    def states(self) -> Tensor:
        """h_0..h_L as `[replica, L+1, batch, d]`."""
        return torch.stack(self.trace.hidden, 1)

    def at(self, levels: Sequence[int]) -> Tensor:
        """Return h_l for the given levels, `[replica, level, batch, d]`."""
        # Indexing by a list would wait for the GPU.
        return torch.stack([self.trace.hidden[level] for level in levels], 1)

    def gradients(self, lowest: int = 0) -> Tensor:
        """Return the true per-sample gradients dL/dh_l for l = lowest..L, by back-propagation.

        Returns:
            `[replica, level, batch, d]`.
        """
        downwards = [self.terminal]
        for level in reversed(range(lowest, self.network.depth)):
            block = self.trace.blocks[level]
            downwards.append(self.network.pull_back(level, block, downwards[-1]))
        return torch.stack(downwards[::-1], 1)

    def embed_backward(self, gradient: Tensor, into: Weights) -> None:
        """Write the gradients of the embedding, given the one at h_0 `[replica, batch, d]`."""
        self.network.embed_backward(self._inputs, gradient, into)

    @property
    def _inputs(self) -> Tensor:
        if self.x is None:
            raise ValueError("this forward pass began with h_0: it has no inputs")
        return self.x
