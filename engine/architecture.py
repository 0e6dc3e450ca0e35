"""The shape of the residual MLP, and the weights with which it begins (definitions, section 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.randomness import generator
from engine.weights import Layout, Weights

OUTPUT_SCALE = 0.01  # standard deviation of W2 at the start (definitions, section 3)


class Activation(Protocol):
    """A pointwise nonlinearity with its derivative."""

    def forward(self, z: Tensor) -> Tensor:
        """Return the value at z `[replica, batch, d]`."""

    def backward(self, gradient: Tensor, z: Tensor) -> Tensor:
        """Return `gradient` times the derivative at z."""


class Gelu:
    """GELU with the exact error function, PyTorch's default."""

    def forward(self, z: Tensor) -> Tensor:
        return F.gelu(z)

    def backward(self, gradient: Tensor, z: Tensor) -> Tensor:
        result: Tensor = torch.ops.aten.gelu_backward(gradient, z)
        return result


@dataclass(frozen=True)
class Architecture:
    """What a task and a snapshot's parameters say of the network."""

    inputs: int
    width: int
    depth: int
    classes: int = 10
    activation: Activation = Gelu()  # noqa: RUF009 - stateless
    terminal_norm: bool = True

    def layout(self) -> Layout:
        """Return the shapes of the network's parameters; weights are `[in, out]`."""
        d = self.width
        shapes: dict[str, tuple[int, ...]] = {"embed.weight": (self.inputs, d), "embed.bias": (d,)}
        for level in range(self.depth):
            block = {
                "norm.weight": (d,),
                "norm.bias": (d,),
                "w1": (d, d),
                "b1": (d,),
                "w2": (d, d),
                "b2": (d,),
            }
            shapes |= {f"blocks.{level}.{name}": shape for name, shape in block.items()}
        if self.terminal_norm:
            shapes |= {"norm.weight": (d,), "norm.bias": (d,)}
        return Layout(shapes | {"head.weight": (d, self.classes), "head.bias": (self.classes,)})


def initialise(architecture: Architecture, seeds: Sequence[int], device: str) -> Weights:
    """Return weights as PyTorch initialises them, except W2 ~ N(0, .01^2) and b2 = 0.

    Each parameter of each seed has a stream of its own, so networks of different depth share their
    first blocks (definitions, section 3).
    """
    weights = Weights.zeros(architecture.layout(), len(seeds), device)
    for name, view in weights.items():
        for replica, seed in enumerate(seeds):
            stream = generator(seed, "network", name)
            view[replica].copy_(_initial(name, view[replica].cpu(), architecture, stream))
    return weights


def _initial(
    name: str, value: Tensor, architecture: Architecture, stream: torch.Generator
) -> Tensor:
    """Fill one parameter of one network; draws on the CPU."""
    kind = name.rsplit(".", 1)[-1]
    if name.endswith(("norm.weight", "norm.bias", "b2")):
        return value.fill_(1.0 if kind == "weight" else 0.0)
    if kind == "w2":
        return value.normal_(0, OUTPUT_SCALE, generator=stream)
    fan_in = architecture.inputs if name.startswith("embed") else architecture.width
    return value.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=stream)
