"""A network with its optimiser at one epoch: what training moves, checkpoints hold and branches start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Artifact
from engine.nets import ResidualMLP, initialise
from engine.tasks import Task, root_of
from engine.weights import AdamW, Weights, cosine

OPTIMISER = "optimiser."


class Snapshot:
    """R networks and their AdamW under the cosine schedule that a training stage's parameters describe."""

    def __init__(self, network: ResidualMLP, parameters: Any) -> None:
        self.network = network
        self.parameters = parameters
        self.optimiser = AdamW(network.weights, parameters.learning_rate, parameters.weight_decay)

    @property
    def gradient(self) -> Weights:
        """Where a learning rule writes the gradient that `step` follows."""
        return self.optimiser.gradient

    def step(self, epoch: int) -> None:
        """One AdamW step at the epoch's learning rate."""
        self.optimiser.step(cosine(self.parameters.learning_rate, epoch, self.parameters.epochs))

    def of(self, replica: int) -> dict[str, Tensor]:
        """What a checkpoint of one replica holds."""
        return self.network.weights.of(replica) | self.optimiser.of(replica, OPTIMISER)

    @classmethod
    def initialised(cls, task: Task, seeds: Sequence[int], parameters: Any, device: str) -> Snapshot:
        """Networks at epoch 0, one per seed."""
        architecture = task.architecture(parameters.width, parameters.depth)
        return cls(ResidualMLP(architecture, initialise(architecture, seeds, device)), parameters)

    @classmethod
    def continued(cls, artifacts: Sequence[Artifact], task: Task, parameters: Any, device: str) -> Snapshot:
        """The artifacts' networks and optimisers, to go on from."""
        snapshot = cls(read_network(artifacts, task, device), parameters)
        snapshot.optimiser.load([artifact.tensors for artifact in artifacts], OPTIMISER)
        return snapshot


def read_network(artifacts: Sequence[Artifact], task: Task, device: str, dtype: torch.dtype = torch.float32) -> ResidualMLP:
    """The networks of snapshots, one per replica."""
    shape = root_of(artifacts[0]).call.parameters
    architecture = task.architecture(shape.width, shape.depth)
    weights = Weights.stack(architecture.layout(), [artifact.tensors for artifact in artifacts], device)
    return ResidualMLP(architecture, weights if dtype == torch.float32 else weights.to(dtype))
