"""Plain SGD steps of a local rule on a frozen snapshot.

What lies below the lowest block that moves is computed once for each batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from engine.credit.estimator import Estimator, normalise
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.parameters import LocalDescent
from engine.rules import RULES, block_gradients


class Rerun(ForwardPass):
    """The batch of a forward pass once more, after blocks from `level` on have moved."""

    def __init__(self, before: ForwardPass, level: int) -> None:
        self.network, self.x, self.y = before.network, before.x, before.y
        below, above = before.trace, self.network.forward(before.trace.hidden[level], level)
        self.trace = replace(
            above,
            hidden=below.hidden[:level] + above.hidden,
            blocks=below.blocks[:level] + above.blocks,
        )


class LocalSGD:
    """Plain gradient steps of the blocks in range, credit estimated anew at each step.

    A batch runs anew from the lowest of these blocks only, and only their part of the weights is
    copied and changed.

    Attributes:
        lowest: the lowest block that moves.
        moving: the weights that move, `[replica, P]` of the network's own.
        frozen: what they are in the snapshot.
    """

    def __init__(
        self, network: ResidualMLP, estimator: Estimator, parameters: LocalDescent
    ) -> None:
        self.network, self.estimator, self.parameters = network, estimator, parameters
        self.rule = RULES[parameters.rule]
        self.lowest = network.depth - 1 if parameters.blocks == "last1" else 0
        self.blocks = range(self.lowest, network.depth)
        self.into = network.weights.like()
        # The blocks lie one after another, between the embedding and LN_out or the head.
        offsets = network.weights.layout.offsets
        behind = [name for name in offsets if not name.startswith(("embed.", "blocks."))]
        above = min(offsets[name] for name in behind)
        self._span = slice(offsets[f"blocks.{self.lowest}.norm.weight"], above)
        self.moving = network.weights.flat[:, self._span]
        self.frozen = self.moving.clone()
        self._change = torch.empty_like(self.frozen)

    def update(self, forward: ForwardPass) -> Tensor:
        """Return the gradient `[replica, P]` at the network's present weights."""
        levels = self.rule.levels(self.blocks)
        credit = self.estimator.credit(forward, levels)
        credit = normalise(credit) if self.parameters.credit == "normalised" else credit
        eta = self.parameters.eta
        block_gradients(forward, self.blocks, credit.unbind(1), self.rule, eta, self.into)
        gradient = self.into.flat[:, self._span]
        return gradient.clamp_(-1, 1) if self.parameters.clamp else gradient

    def runs(self, forward: ForwardPass) -> Iterator[None]:
        """Take k steps from the snapshot with each step size; the weights then stay where they are.

        Args:
            forward: the snapshot's forward pass on the update batch.
        """
        first = self.update(forward)  # the same for every step size
        if self.parameters.steps > 1:
            first = first.clone()
        for size in self.parameters.step_sizes:
            torch.add(self.frozen, first, alpha=-size, out=self.moving)
            for _ in range(self.parameters.steps - 1):
                self.moving.add_(self.update(Rerun(forward, self.lowest)), alpha=-size)
            yield

    def change(self) -> Tensor:
        """Return by how much the weights have moved, `[replica, P]`; the next is written over it."""
        return torch.sub(self.moving, self.frozen, out=self._change)

    def back(self) -> None:
        """Return to the snapshot."""
        self.moving.copy_(self.frozen)

    def enter(self, h: Tensor) -> Tensor:
        """Return the state at the lowest block that moves, from h_0; both `[replica, batch, d]`."""
        for level in range(self.lowest):
            h = h + self.network.block(level, h).output
        return h

    def losses(self, h: Tensor, y: Tensor) -> Tensor:
        """Return per-sample losses `[replica, rows]`, in nats, at the network's present weights.

        Args:
            h: what `enter` gave, `[replica, rows, d]`.
            y: labels `[replica, rows]`.
        """
        return cross_entropy(self.network.logits(h, self.lowest), y)
