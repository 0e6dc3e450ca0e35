"""The replicas of a job that run as one tensor program, with the task and networks they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Generic, TypeVar

import torch

from cbspec.stage import Artifact, Job, Parameters, Replica
from engine.nets import ResidualMLP
from engine.snapshot import read_network
from engine.tasks import Task, open_task

P_co = TypeVar("P_co", bound=Parameters, covariant=True)


class Replicas(Generic[P_co]):
    """What every stage needs to begin: seeds, parameters, inputs, task and networks.

    Args:
        job: the job that the harness handed to the stage.
        lanes: which of the job's replicas run together; None: all.

    Attributes:
        parameters: one per replica; they may differ where the catalog says `varying`.
        seeds: one per replica.
    """

    def __init__(self, job: Job[P_co], lanes: Sequence[int] | None = None) -> None:
        self.job = job
        self.lanes = range(len(job.replicas)) if lanes is None else lanes
        self.members: list[Replica[P_co]] = []
        self.parameters: list[P_co] = []
        seeds: list[int] = []
        for lane in self.lanes:
            member = job.replicas[lane]
            self.members.append(member)
            self.parameters.append(member.parameters)
            seeds.append(member.seed)
        self.seeds = tuple(seeds)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def shared(self) -> P_co:
        """The parameters of one replica, for those that do not vary between replicas."""
        return self.parameters[0]

    @property
    def resumed(self) -> list[Artifact]:
        """The points that the replicas continue from; empty when all start anew."""
        return [replica.resumed for replica in self.members if replica.resumed]

    def inputs(self, name: str) -> list[Artifact]:
        """Return each replica's input of this name."""
        return [replica.inputs[name] for replica in self.members]

    def curves(self, series: str) -> list[list[float]]:
        """Return each replica's curve up to the point that it continues from."""
        curves: list[list[float]] = []
        for member in self.members:
            curves.append(list(member.resumed.series[series]) if member.resumed else [])
        return curves

    @cached_property
    def task(self) -> Task:
        """The task that the replicas' inputs rest on, opened for their seeds."""
        name = "task" if "task" in self.members[0].inputs else "snapshot"
        return open_task(self.inputs(name), self.seeds, self.job.device)

    def network(self, dtype: torch.dtype = torch.float32) -> ResidualMLP:
        """Return the networks of the replicas' snapshots."""
        return read_network(self.inputs("snapshot"), self.task, self.job.device, dtype)
