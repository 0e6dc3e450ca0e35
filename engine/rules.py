"""Local update rules: what a block minimises, as a gradient at its output (definitions, section 6).

Each rule takes the block's output and credit, `[replica, batch, d]`, and returns the gradient of
the per-sample objective with respect to the output, credit and targets held fixed. The gradient of
the batch mean follows by division by the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.forward import ForwardPass
from engine.weights import Weights


def inner_product(_output: Tensor, credit: Tensor, _eta: float) -> Tensor:
    """Return the gradient of ``<F, a>``."""
    return credit


def target_shift(_output: Tensor, credit: Tensor, eta: float) -> Tensor:
    """Return the gradient of ``0.5 |h + F - stopgrad(h_next - eta a)|^2`` (memo of phase 6A).

    The value of h + F is h_next itself.
    """
    return eta * credit


def cosine(output: Tensor, credit: Tensor, _eta: float) -> Tensor:
    """Return the gradient of ``cos(F, a)``; 0 where either vanishes, not finite where either is not."""
    length, size = output.norm(dim=-1, keepdim=True), credit.norm(dim=-1, keepdim=True)
    along, direction = output / length, credit / size
    gradient = (direction - (direction * along).sum(-1, keepdim=True) * along) / length
    vanishing = torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
    return torch.where((length + size).isfinite(), vanishing, gradient)


@dataclass(frozen=True)
class Rule:
    """A rule and where block l takes its credit: at its input h_l, or at its output h_{l+1}."""

    gradient: Callable[[Tensor, Tensor, float], Tensor]
    at_output: bool = False

    def levels(self, blocks: Sequence[int]) -> list[int]:
        """Return the levels whose credit the blocks need."""
        return [block + self.at_output for block in blocks]


RULES = {
    "inner_product": Rule(inner_product),
    # a_{l+1}: the credit at the state that is to move (memo of phase 6A).
    "target_shift": Rule(target_shift, at_output=True),
    "cosine": Rule(cosine),
}


def block_gradients(
    forward: ForwardPass,
    blocks: Sequence[int],
    credit: Sequence[Tensor],
    rule: Rule,
    eta: float,
    into: Weights,
) -> None:
    """Write the gradients of the blocks' batch-mean objectives.

    h_l is a constant to block l, so no gradient reaches another block.

    Args:
        credit: for each of `blocks` its credit `[replica, batch, d]`.
        eta: the step of `target_shift`.
    """
    for level, block_credit in zip(blocks, credit, strict=True):
        block = forward.trace.blocks[level]
        gradient = rule.gradient(block.output, block_credit, eta) / forward.size
        forward.network.block_backward(level, block, gradient, into)


def embedding_gradient(
    forward: ForwardPass, credit: Tensor, rule: Rule, eta: float, into: Weights
) -> None:
    """Write the gradient of the embedding.

    It obeys the rule as a block with output h_0 and credit a_0 `[replica, batch, d]`.
    """
    gradient = rule.gradient(forward.trace.hidden[0], credit, eta) / forward.size
    forward.embed_backward(gradient, into)


def head_gradient(forward: ForwardPass, into: Weights) -> None:
    """Write the gradient of the true cross-entropy at LN_out and head, h_L held fixed."""
    forward.network.head_backward(forward.trace, forward.error / forward.size, into)
