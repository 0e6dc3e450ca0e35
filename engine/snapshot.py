"""A network with its optimiser at one epoch.

It is what training moves, checkpoints hold and branches start from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cbspec.stage import Artifact
from engine.architecture import initialise
from engine.nets import ResidualMLP
from engine.parameters import TrainBP
from engine.tasks import Task, root_of
from engine.weights import OPTIMISER, AdamW, Weights, cosine, tensors_of


class Schedule(Protocol):
    """What AdamW needs of a training stage's parameters."""

    @property
    def learning_rate(self) -> float:
        """Of epoch 0."""

    @property
    def weight_decay(self) -> float: ...

    @property
    def epochs(self) -> int:
        """At which the learning rate is 0."""


class Snapshot:
    """R networks and their AdamW under a training stage's cosine schedule."""

    def __init__(self, network: ResidualMLP, schedule: Schedule) -> None:
        self.network, self.schedule = network, schedule
        self.optimiser = AdamW(network.weights, schedule.weight_decay)

    @property
    def gradient(self) -> Weights:
        """Where a learning rule writes the gradient that `step` follows."""
        return self.optimiser.gradient

    def step(self, epoch: int) -> None:
        """Take one AdamW step at the epoch's learning rate."""
        rate, epochs = self.schedule.learning_rate, self.schedule.epochs
        self.optimiser.step(cosine(rate, epoch, epochs))

    def of(self, replica: int) -> dict[str, Tensor]:
        """Return what a checkpoint of one replica holds."""
        return self.network.weights.of(replica) | self.optimiser.of(replica, OPTIMISER)

    @classmethod
    def initialised(
        cls, task: Task, seeds: Sequence[int], parameters: TrainBP, device: str
    ) -> Snapshot:
        """Return networks at epoch 0, one per seed."""
        architecture = task.architecture(parameters.width, parameters.depth)
        weights = initialise(architecture, seeds, device)
        return cls(ResidualMLP(architecture, weights), parameters)

    @classmethod
    def continued(
        cls, artifacts: Sequence[Artifact], task: Task, schedule: Schedule, device: str
    ) -> Snapshot:
        """Return the artifacts' networks and optimisers, to go on from."""
        snapshot = cls(read_network(artifacts, task, device), schedule)
        snapshot.optimiser.load(tensors_of(artifacts), OPTIMISER)
        return snapshot


def read_network(
    artifacts: Sequence[Artifact], task: Task, device: str, dtype: torch.dtype = torch.float32
) -> ResidualMLP:
    """Return the networks of snapshots, one per replica."""
    shape = root_of(artifacts[0])
    architecture = task.architecture(shape.width, shape.depth)
    weights = Weights.stack(architecture.layout(), tensors_of(artifacts), device)
    return ResidualMLP(architecture, weights if dtype == torch.float32 else weights.to(dtype))
