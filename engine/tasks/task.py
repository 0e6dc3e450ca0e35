"""The interface of tasks, and how a stage finds the one that its snapshot was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol

from torch import Tensor

from cbspec.stage import Artifact
from engine.nets import Architecture

Batch = tuple[Tensor, Tensor]
"""Inputs `[replica, batch, inputs]` and labels int64 `[replica, batch]`."""


class Task(Protocol):
    """Data for R replicas, one seed each; what a replica sees depends on its seed alone.

    Constructed as ``Cls(parameters, seeds, device)`` with the parameters of the task's stage.
    """

    def __init__(self, parameters: Any, seeds: Sequence[int], device: str) -> None: ...

    def architecture(self, width: int, depth: int) -> Architecture:
        """The network that learns this task."""

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        """Every training batch of one epoch, in the order and with the augmentation of (seed, epoch)."""

    def test(self) -> Iterator[Batch]:
        """The whole test set in batches."""

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        """`count` disjoint batches without augmentation for measuring; equal for all stages of a seed."""


def task_of(artifact: Artifact) -> Artifact:
    """The task at the root of an artifact's inputs."""
    while artifact.call.stage.kind != "task":
        artifact = artifact.inputs["task"] if "task" in artifact.inputs else artifact.inputs["snapshot"]
    return artifact


def root_of(artifact: Artifact) -> Artifact:
    """The run at the root of a snapshot: the one that began with an initialised network and says its width and depth."""
    while "task" not in artifact.inputs:
        artifact = artifact.inputs["snapshot"]
    return artifact


def open_task(artifacts: Sequence[Artifact], seeds: Sequence[int], device: str) -> Task:
    """The task that the artifacts of a job's replicas rest on; all rest on the same."""
    call = task_of(artifacts[0]).call
    task: Task = call.stage.opener(call.parameters, seeds, device)
    return task
