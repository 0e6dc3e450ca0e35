"""The sizes of the networks that a stage call works on, and the products of their passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from cbspec.stage import Call, Parameters
from engine.parameters import TaskParameters, TrainBP

Kind = TypeVar("Kind", bound=Parameters)


@dataclass(frozen=True)
class Network:
    """The residual MLP of one replica, and the data that it learns.

    Attributes:
        images: training samples of an epoch.
        tested: samples of a test pass.
        embed: weights of the embedding.
        block: weights of one block.
        width: of the hidden states.
        depth: blocks.
    """

    images: int
    tested: int
    embed: int
    block: int
    width: int
    depth: int

    def forward(self, rows: int) -> float:
        """Return the cost of a forward pass."""
        return 2.0 * rows * (self.embed + self.depth * self.block)

    def bp_step(self, rows: int) -> float:
        """Return the cost of one back-propagation step.

        Forward, weight gradients and, but for the embedding, input gradients.
        """
        return rows * (4.0 * self.embed + 6.0 * self.depth * self.block)

    def local_step(self, rows: int) -> float:
        """Return the cost of one local step.

        As `bp_step`, but a block needs the input gradient of its second layer only.
        """
        return rows * (4.0 * self.embed + 5.0 * self.depth * self.block)

    def tails(self, rows: int) -> float:
        """Return the cost of the rest of the network behind every level 0..L-1."""
        return 2.0 * rows * self.block * self.depth * (self.depth + 1) / 2


def network_of(call: Call) -> Network:
    """Return the network that a call works on: as the snapshot trained from scratch declares it."""
    while "task" not in call.inputs:
        call = call.inputs["snapshot"]
    data = parameters_of(call.inputs["task"], TaskParameters).sizes
    shape = parameters_of(call, TrainBP)
    return Network(
        images=data.train,
        tested=data.test,
        embed=data.inputs * shape.width,
        block=2 * shape.width**2,
        width=shape.width,
        depth=shape.depth,
    )


def parameters_of(call: Call, kind: type[Kind]) -> Kind:
    """Return the parameters of a call of the stage that has parameters of this kind.

    Raises:
        TypeError: the call is of another stage.
    """
    if not isinstance(call.parameters, kind):
        raise TypeError(f"{call.stage.name} has no parameters of the kind {kind.__name__}")
    return call.parameters
