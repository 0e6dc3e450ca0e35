"""The interface of tasks, and how a stage finds the one that its snapshot was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from torch import Tensor

from cbspec.stage import Artifact
from engine.architecture import Architecture
from engine.parameters import TrainBP

Batch = tuple[Tensor, Tensor]
"""Inputs `[replica, batch, inputs]` and labels int64 `[replica, batch]`."""


class Task(Protocol):
    """Data for R replicas, one seed each; what a replica sees depends on its seed alone.

    Constructed as ``Cls(parameters, seeds, device)`` with the parameters of the task's stage.
    """

    def architecture(self, width: int, depth: int) -> Architecture:
        """Return the shape of the network that learns this task."""

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        """Yield every training batch of one epoch, ordered and augmented by (seed, epoch)."""

    def test(self) -> Iterator[Batch]:
        """Yield the whole test set in batches."""

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        """Return `count` disjoint batches without augmentation; equal for all stages of a seed.

        Raises:
            ValueError: the split has fewer than `count * size` samples.
        """


def task_of(artifact: Artifact) -> Artifact:
    """Return the task at the root of an artifact's inputs."""
    while artifact.call.stage.kind != "task":
        inputs = artifact.inputs
        artifact = inputs["task"] if "task" in inputs else inputs["snapshot"]
    return artifact


def root_of(artifact: Artifact) -> TrainBP:
    """Return the parameters of the run at the root of a snapshot, which say width and depth.

    It is the run that began with an initialised network.

    Raises:
        TypeError: that run is of no stage that says them.
    """
    while "task" not in artifact.inputs:
        artifact = artifact.inputs["snapshot"]
    parameters = artifact.call.parameters
    if not isinstance(parameters, TrainBP):
        raise TypeError(f"{artifact.call.stage.name} initialises no network")
    return parameters


def open_task(artifacts: Sequence[Artifact], seeds: Sequence[int], device: str) -> Task:
    """Return the task that the artifacts of a job's replicas rest on; all rest on the same."""
    call = task_of(artifacts[0]).call
    task: Task = call.stage.opener(call.parameters, seeds, device)
    return task
