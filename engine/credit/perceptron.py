"""The network inside an estimator: three linear layers with SiLU (definitions, section 4).

Its backward pass is written out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.products import affine, product
from engine.randomness import generator
from engine.weights import Layout, Weights


@dataclass(frozen=True)
class Activity:
    """What a forward pass computed.

    Attributes:
        inputs: of each layer.
        inner: the inner layers' outputs before SiLU.
    """

    inputs: list[Tensor]
    inner: list[Tensor]
    output: Tensor

    def head(self, rows: int) -> Activity:
        """Return the first rows alone."""
        return self._of(slice(rows))

    def tail(self, rows: int) -> Activity:
        """Return the last rows alone."""
        return self._of(slice(-rows, None))

    def _of(self, rows: slice) -> Activity:
        inputs = [x[:, rows] for x in self.inputs]
        return Activity(inputs, [z[:, rows] for z in self.inner], self.output[:, rows])


class Perceptron:
    """R perceptrons over their weights ``w1, b1, w2, b2, w3, b3``."""

    LAYERS = 3

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    @staticmethod
    def layout(inputs: int, hidden: int, outputs: int) -> Layout:
        """Return the shapes of one replica's parameters; weights are `[in, out]`."""
        sizes = [inputs, hidden, hidden, outputs]
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(1, Perceptron.LAYERS + 1):
            shapes |= {f"w{layer}": (sizes[layer - 1], sizes[layer]), f"b{layer}": (sizes[layer],)}
        return Layout(shapes)

    @classmethod
    def initialised(
        cls, layout: Layout, seeds: Sequence[int], stage: str, device: str
    ) -> Perceptron:
        """Return perceptrons as PyTorch initialises them, a stream for each seed and parameter."""
        weights = Weights.zeros(layout, len(seeds), device)
        for name, view in weights.items():
            bound = 1 / math.sqrt(layout.shapes[f"w{name[1:]}"][0])
            for replica, seed in enumerate(seeds):
                stream = generator(seed, stage, name)
                drawn = torch.empty(layout.shapes[name]).uniform_(-bound, bound, generator=stream)
                view[replica] = drawn
        return cls(weights)

    def forward(self, x: Tensor) -> Activity:
        """Run x `[replica, rows, inputs]`."""
        inputs, inner = [x], []
        for layer in range(1, self.LAYERS):
            inner.append(self._affine(layer, inputs[-1]))
            inputs.append(F.silu(inner[-1]))
        return Activity(inputs, inner, self.last(inputs[-1]))

    def backward(self, activity: Activity, gradient: Tensor, into: Weights | None) -> Tensor:
        """Write the weights' gradients (unless `into` is None), given the one at the output.

        Returns:
            The gradient before the first layer's SiLU, `[replica, rows, hidden]`; `at_input`
            carries it to the input.
        """
        for layer in range(self.LAYERS, 0, -1):
            if into is not None:
                inputs = activity.inputs[layer - 1].transpose(1, 2)
                product(inputs, gradient, out=into[f"w{layer}"])
                torch.sum(gradient, 1, out=into[f"b{layer}"])
            if layer > 1:
                back = product(gradient, self.weights[f"w{layer}"].transpose(1, 2))
                gradient = torch.ops.aten.silu_backward(back, activity.inner[layer - 2])
        return gradient

    def at_input(self, gradient: Tensor) -> Tensor:
        """Return the gradient at the input `[replica, rows, inputs]` from what `backward` gave."""
        return product(gradient, self.weights["w1"].transpose(1, 2))

    def last(self, x: Tensor) -> Tensor:
        """Return the output of what enters the last layer."""
        return self._affine(self.LAYERS, x)

    def _affine(self, layer: int, x: Tensor) -> Tensor:
        weight, bias = self.weights[f"w{layer}"], self.weights[f"b{layer}"].unsqueeze(1)
        # A product with one column is slow, and with one replica it sums in another order.
        if weight.shape[-1] == 1:
            return (x * weight.transpose(1, 2)).sum(-1, keepdim=True) + bias
        return affine(bias, x, weight)
