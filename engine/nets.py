"""The residual MLP on the replica axis.

`h_0 = embed(x)`, `h_{l+1} = h_l + F_l(h_l)`, `logits = head(LN(h_L))` (definitions, sections 1
and 3). Every function takes all replicas at once: activations are `[replica, batch, d]`. The
backward pass is written out, so that credit can enter at any level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from engine.architecture import Architecture
from engine.products import affine, product
from engine.weights import Weights

EPSILON = 1e-5  # of every LayerNorm, PyTorch's default


class Norm(NamedTuple):
    """A LayerNorm without its affine part, with mean and reciprocal deviation of each row."""

    output: Tensor
    mean: Tensor
    rstd: Tensor


class BlockTrace(NamedTuple):
    """What a block computed, each `[replica, batch, d]`.

    Its input h, LN(h) without and with the affine part, the output of W1 before and after the
    activation, and F(h).
    """

    entering: Tensor
    norm: Norm
    scaled: Tensor
    inner: Tensor
    active: Tensor
    output: Tensor


@dataclass(frozen=True, slots=True)
class Trace:
    """One forward pass.

    Attributes:
        hidden: h_0..h_L.
        blocks: what block l computed.
        norm: LN_out of h_L without its affine part; None where the network has none.
        final: what enters the head.
    """

    hidden: list[Tensor]
    blocks: list[BlockTrace]
    norm: Norm | None
    final: Tensor
    logits: Tensor


class ResidualMLP:
    """The network over its weights: forward, and backward part by part."""

    def __init__(self, architecture: Architecture, weights: Weights) -> None:
        self.architecture = architecture
        self.weights = weights

    @property
    def depth(self) -> int:
        return self.architecture.depth

    def embed(self, x: Tensor) -> Tensor:
        """Return h_0 of x `[replica, batch, inputs]`."""
        return affine(self._row("embed.bias"), x, self.weights["embed.weight"])

    def forward(self, h: Tensor, level: int = 0) -> Trace:
        """Run hidden states that enter at `level`; keep what the backward pass needs."""
        hidden = [h]
        blocks: list[BlockTrace] = []
        for block in range(level, self.depth):
            blocks.append(self.block(block, hidden[-1]))
            hidden.append(hidden[-1] + blocks[-1].output)
        norm, final = self._final(hidden[-1])
        return Trace(hidden, blocks, norm, final, self._logits(final))

    def logits(self, h: Tensor, level: int = 0) -> Tensor:
        """Return logits `[replica, rows, classes]` of h that enters at `level`, nothing kept."""
        for block in range(level, self.depth):
            h = h + self.block(block, h).output
        return self._logits(self._final(h)[1])

    def block(self, level: int, h: Tensor) -> BlockTrace:
        """Run block l on h `[replica, rows, d]`."""
        name, d = f"blocks.{level}.", self.architecture.width
        norm = Norm(*torch.native_layer_norm(h, [d], None, None, EPSILON))
        scale, shift = self._row(f"{name}norm.weight"), self._row(f"{name}norm.bias")
        scaled = torch.addcmul(shift, norm.output, scale)
        inner = affine(self._row(f"{name}b1"), scaled, self.weights[f"{name}w1"])
        active = self.architecture.activation.forward(inner)
        output = affine(self._row(f"{name}b2"), active, self.weights[f"{name}w2"])
        return BlockTrace(h, norm, scaled, inner, active, output)

    def head_backward(self, trace: Trace, gradient: Tensor, into: Weights | None = None) -> Tensor:
        """Return the gradient at h_L `[replica, batch, d]`, given the one at the logits.

        Args:
            into: also write the gradients of head and LN_out there.
        """
        back = product(gradient, self.weights["head.weight"].transpose(1, 2))
        if into is not None:
            product(trace.final.transpose(1, 2), gradient, out=into["head.weight"])
            torch.sum(gradient, 1, out=into["head.bias"])
        if trace.norm is None:
            return back
        if into is not None:
            torch.sum(back * trace.norm.output, 1, out=into["norm.weight"])
            torch.sum(back, 1, out=into["norm.bias"])
        return norm_backward(
            back * self._row("norm.weight"), trace.hidden[-1], trace.norm.mean, trace.norm.rstd
        )

    def block_backward(
        self, level: int, block: BlockTrace, gradient: Tensor, into: Weights
    ) -> None:
        """Write the gradients of block l's weights, given the one at its output.

        For when nothing below it needs one: LN's part follows from the product that W1's gradient
        needs anyway, not from the gradient at W1's input.
        """
        name = f"blocks.{level}."
        back = self._second_layer_backward(level, block, gradient, into)
        total = into[f"{name}b1"].unsqueeze(1)
        bare = product(block.norm.output.transpose(1, 2), back)
        w1 = self.weights[f"{name}w1"]
        torch.sum(w1 * bare, 2, out=into[f"{name}norm.weight"])
        torch.sum(w1 * total, 2, out=into[f"{name}norm.bias"])
        torch.mul(bare, self.weights[f"{name}norm.weight"].unsqueeze(2), out=into[f"{name}w1"])
        into[f"{name}w1"].addcmul_(self.weights[f"{name}norm.bias"].unsqueeze(2), total)

    def block_backward_through(
        self, level: int, block: BlockTrace, gradient: Tensor, into: Weights
    ) -> Tensor:
        """Write the gradients of block l's weights and go on to its input.

        Returns:
            The gradient at the block's input; the skip is not in it.
        """
        name = f"blocks.{level}."
        back = self._second_layer_backward(level, block, gradient, into)
        product(block.scaled.transpose(1, 2), back, out=into[f"{name}w1"])
        back = self._before_first_layer(level, back)
        torch.sum(back * block.norm.output, 1, out=into[f"{name}norm.weight"])
        torch.sum(back, 1, out=into[f"{name}norm.bias"])
        back.mul_(self._row(f"{name}norm.weight"))
        return norm_backward(back, block.entering, block.norm.mean, block.norm.rstd)

    def pull_back(self, level: int, block: BlockTrace, gradient: Tensor) -> Tensor:
        """Return the gradient at h_l, given the one at h_{l+1}: skip and block, no weights."""
        back = self._before_first_layer(level, self._before_activation(level, block, gradient))
        back.mul_(self._row(f"blocks.{level}.norm.weight"))
        return gradient + norm_backward(back, block.entering, block.norm.mean, block.norm.rstd)

    def _second_layer_backward(
        self, level: int, block: BlockTrace, gradient: Tensor, into: Weights
    ) -> Tensor:
        """Write the gradients of W2, b2 and b1; return the gradient at W1's output."""
        name = f"blocks.{level}."
        back = self._before_activation(level, block, gradient)
        product(block.active.transpose(1, 2), gradient, out=into[f"{name}w2"])
        torch.sum(gradient, 1, out=into[f"{name}b2"])
        torch.sum(back, 1, out=into[f"{name}b1"])
        return back

    def _before_activation(self, level: int, block: BlockTrace, gradient: Tensor) -> Tensor:
        back = product(gradient, self.weights[f"blocks.{level}.w2"].transpose(1, 2))
        return self.architecture.activation.backward(back, block.inner)

    def _before_first_layer(self, level: int, back: Tensor) -> Tensor:
        return product(back, self.weights[f"blocks.{level}.w1"].transpose(1, 2))

    def embed_backward(self, x: Tensor, gradient: Tensor, into: Weights) -> None:
        """Write the gradients of the embedding, given the one at h_0."""
        product(x.transpose(1, 2), gradient, out=into["embed.weight"])
        torch.sum(gradient, 1, out=into["embed.bias"])

    def _row(self, name: str) -> Tensor:
        return self.weights[name].unsqueeze(1)  # [replica, 1, d]

    def _final(self, h: Tensor) -> tuple[Norm | None, Tensor]:
        if not self.architecture.terminal_norm:
            return None, h
        norm = Norm(*torch.native_layer_norm(h, [self.architecture.width], None, None, EPSILON))
        return norm, torch.addcmul(self._row("norm.bias"), norm.output, self._row("norm.weight"))

    def _logits(self, final: Tensor) -> Tensor:
        return affine(self._row("head.bias"), final, self.weights["head.weight"])


def norm_backward(gradient: Tensor, h: Tensor, mean: Tensor, rstd: Tensor) -> Tensor:
    """Return the gradient at h, given the one at its LayerNorm without affine part.

    Args:
        gradient, h: `[..., d]`.
        mean, rstd: mean and reciprocal standard deviation of each row of h, `[..., 1]`.
    """
    d = [h.shape[-1]]
    mask = [True, False, False]  # the affine part has no gradient: there is none
    parts: tuple[Tensor, ...] = torch.ops.aten.native_layer_norm_backward(
        gradient, h, d, mean, rstd, None, None, mask
    )
    return parts[0]


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Return the per-sample loss `[replica, ..., rows]`, in nats.

    Args:
        logits: `[replica, ..., rows, classes]`.
        y: labels int64 `[replica, ..., rows]`.
    """
    return -torch.log_softmax(logits, -1).gather(-1, y.unsqueeze(-1)).squeeze(-1)


def output_error(logits: Tensor, y: Tensor) -> Tensor:
    """Return e_T = softmax(logits) - onehot(y), the per-sample gradient at the logits."""
    error = torch.softmax(logits, -1)
    return error.scatter_add_(-1, y.unsqueeze(-1), error.new_full((), -1.0).expand(*y.shape, 1))
