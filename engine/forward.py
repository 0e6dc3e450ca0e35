"""One batch run through the networks, with what local learning may know of it and, for oracle and measures, the truth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from engine.nets import ResidualMLP, Trace, cross_entropy, output_error


class ForwardPass:
    """Inputs x `[replica, batch, inputs]` with labels y `[replica, batch]`, run through `network` as it is now.

    Args:
        h: h_0, where it is known already; x may then be None.
    """

    def __init__(self, network: ResidualMLP, x: Tensor | None, y: Tensor, h: Tensor | None = None) -> None:
        self.network, self.x, self.y = network, x, y
        self.trace: Trace = network.forward(network.embed(x) if h is None else h)

    @property
    def size(self) -> int:
        """Samples per replica."""
        return self.y.shape[1]

    @cached_property
    def losses(self) -> Tensor:
        """Per-sample cross-entropy `[replica, batch]`."""
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
        """h_l for the given levels, `[replica, level, batch, d]`."""
        return torch.stack([self.trace.hidden[level] for level in levels], 1)  # indexing by a list would wait for the GPU

    def gradients(self, lowest: int = 0) -> Tensor:
        """The true per-sample gradients dL/dh_l for l = lowest..L, `[replica, level, batch, d]`, by back-propagation."""
        found = [self.terminal]
        for level in reversed(range(lowest, self.network.depth)):
            found.append(self.network.pull_back(level, self.trace.blocks[level], found[-1]))
        return torch.stack(found[::-1], 1)
