"""The parameters of R replicas as one flat tensor with named views, and the AdamW that moves it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from cbspec.stage import Artifact

# Floats. Every parameter starts at a whole cache line, so no kernel has a scalar tail that depends
# on the number of replicas.
LANES = 64

OPTIMISER = "optimiser."  # of the tensors with which the state of an AdamW is stored


class Layout:
    """Where each parameter of one replica lies in its flat vector of `size` floats.

    Args:
        shapes: parameter name -> shape without replica axis, in order.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = dict(shapes)
        self.offsets: dict[str, int] = {}
        self.size = 0
        for name, shape in self.shapes.items():
            self.offsets[name] = self.size
            self.size += -(-math.prod(shape) // LANES) * LANES


class Weights(Mapping[str, Tensor]):
    """Named views `[replica, *shape]` of one flat tensor `[replica, size]`.

    The views share memory with `flat`: a gradient is written straight into the view of a flat
    gradient. The padding between parameters is zero and stays so.
    """

    def __init__(self, layout: Layout, flat: Tensor) -> None:
        self.layout = layout
        self.flat = flat
        self._views: dict[str, Tensor] = {}
        for name, shape in layout.shapes.items():
            first = layout.offsets[name]
            self._views[name] = flat[:, first : first + math.prod(shape)].unflatten(1, shape)

    def __getitem__(self, name: str) -> Tensor:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    @classmethod
    def zeros(
        cls, layout: Layout, replicas: int, device: str, dtype: torch.dtype = torch.float32
    ) -> Weights:
        """Return weights of `replicas` replicas, all zero."""
        return cls(layout, torch.zeros(replicas, layout.size, device=device, dtype=dtype))

    @classmethod
    def stack(
        cls, layout: Layout, replicas: Sequence[Mapping[str, Tensor]], device: str, prefix: str = ""
    ) -> Weights:
        """Return the weights that each replica's tensors hold, named `prefix` + parameter name."""
        weights = cls.zeros(layout, len(replicas), device)
        for name, view in weights.items():
            view.copy_(torch.stack([tensors[prefix + name] for tensors in replicas]))
        return weights

    def like(self) -> Weights:
        """Return weights of the same layout, all zero: a gradient, or a moment."""
        return Weights(self.layout, torch.zeros_like(self.flat))

    def to(self, dtype: torch.dtype) -> Weights:
        """Return a copy in another precision."""
        return Weights(self.layout, self.flat.to(dtype, copy=True))

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:
        """Return a copy of one replica's parameters, without replica axis."""
        return {prefix + name: view[replica].clone() for name, view in self.items()}


class AdamW:
    """`torch.optim.AdamW` over all replicas' weights as one fused update, saved per replica.

    It calls PyTorch's functional form: the class would import the compiler, a second or two in
    every process.

    Args:
        weights: what moves.
        weight_decay: 0 makes it Adam.

    Attributes:
        gradient: the weights' gradient; whoever computes it writes into its views.
    """

    BETAS, EPSILON = (0.9, 0.999), 1e-8  # PyTorch's defaults

    def __init__(self, weights: Weights, weight_decay: float) -> None:
        self.weights, self.gradient = weights, weights.like()
        self.weight_decay = weight_decay
        self.exp_avg, self.exp_avg_sq = weights.like().flat, weights.like().flat
        self.steps = torch.zeros((), device=weights.flat.device)

    def step(self, learning_rate: float) -> None:
        """Move the weights along the gradient."""
        adamw(
            [self.weights.flat],
            [self.gradient.flat],
            [self.exp_avg],
            [self.exp_avg_sq],
            [],
            [self.steps],
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=self.BETAS[0],
            beta2=self.BETAS[1],
            eps=self.EPSILON,
            lr=learning_rate,
            weight_decay=self.weight_decay,
        )

    def of(self, replica: int, prefix: str) -> dict[str, Tensor]:
        """Return a copy of one replica's state: moments `[size]` and the number of steps taken."""
        state = {
            "step": self.steps,
            "exp_avg": self.exp_avg[replica],
            "exp_avg_sq": self.exp_avg_sq[replica],
        }
        return {prefix + name: value.clone() for name, value in state.items()}

    def load(self, replicas: Sequence[Mapping[str, Tensor]], prefix: str) -> None:
        """Take over the state that `of` gave for each replica.

        Those that have one must have taken equally many steps; one without, which was never moved,
        starts at zero.
        """
        for replica, tensors in enumerate(replicas):
            if f"{prefix}step" in tensors:
                self.steps.copy_(tensors[f"{prefix}step"])
                self.exp_avg[replica].copy_(tensors[f"{prefix}exp_avg"])
                self.exp_avg_sq[replica].copy_(tensors[f"{prefix}exp_avg_sq"])


def tensors_of(artifacts: Sequence[Artifact]) -> list[Mapping[str, Tensor]]:
    """Return what each replica's artifact holds, to be loaded side by side."""
    return [artifact.tensors for artifact in artifacts]


def cosine(learning_rate: float, epoch: int, epochs: int) -> float:
    """Return the learning rate of an epoch under the cosine schedule from `learning_rate` to 0.

    Constant within an epoch, 0 at `epochs` (Loshchilov and Hutter, 2017).
    """
    return learning_rate * (1 + math.cos(math.pi * epoch / epochs)) / 2
