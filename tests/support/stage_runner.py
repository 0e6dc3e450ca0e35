"""A small task and a job without store or harness, so that a test can run any stage of the catalog
in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import msgspec
import torch

from cbspec.stage import Call, Parameters, Stage
from engine.architecture import Architecture
from engine.catalog import STAGES
from engine.randomness import epoch_order

INPUTS, CLASSES = 48, 10


class BlobsParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of the blobs."""

    train_images: int = 160
    inputs: int = INPUTS


class Blobs:
    """Ten Gaussian blobs in 48 dimensions, the same for every seed; only the order of an epoch is
    the seed's own.
    """

    def __init__(self, parameters: Any, seeds: Sequence[int], device: str) -> None:
        self.seeds, self.device = tuple(seeds), device
        self.train, self.held = self._draw(parameters.train_images, 1), self._draw(200, 2)

    def architecture(self, width: int, depth: int) -> Architecture:
        return Architecture(INPUTS, width, depth)

    def epoch(self, epoch: int, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        x, y = self.train
        for index in epoch_order(self.seeds, epoch, len(y)).split(size, 1):
            yield x[index], y[index]

    def test(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        x, y = self.held
        yield x.expand(len(self.seeds), *x.shape), y.expand(len(self.seeds), *y.shape)

    def sample(self, split: str, count: int, size: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        x, y = self.train if split == "train" else self.held
        index = epoch_order(self.seeds, 1000, len(y))[:, : count * size].unflatten(1, (count, size))
        return [(x[part], y[part]) for part in index.unbind(1)]

    @staticmethod
    def _draw(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        centres = torch.randn(CLASSES, INPUTS, generator=torch.Generator().manual_seed(0))
        stream = torch.Generator().manual_seed(seed)
        y = torch.randint(CLASSES, (count,), generator=stream)
        return centres[y] + 1.5 * torch.randn(count, INPUTS, generator=stream), y


BLOBS = Stage(
    "blobs",
    "",
    "tests:none",
    parameters=BlobsParameters,
    kind="task",
    opens="tests.support.stage_runner:Blobs",
)


@dataclass
class Artifact:
    """What a replica emitted; meets `cbspec.stage.Artifact`."""

    call: Call
    seed: int
    inputs: dict[str, Artifact] = field(default_factory=dict)
    tensors: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Any] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Lane:
    """Meets `cbspec.stage.Replica`."""

    call: Call
    seed: int
    inputs: dict[str, Artifact]
    resumed: Artifact | None

    @property
    def parameters(self) -> Any:
        return self.call.parameters


@dataclass
class Job:
    """Meets `cbspec.stage.Job`; keeps what is emitted in `out[replica, point]` and divergences in
    `diverged`.
    """

    replicas: list[Lane]
    points: set[int]
    start: int = 0
    device: str = "cpu"
    out: dict[tuple[int, int], Artifact] = field(default_factory=dict)
    diverged: dict[int, str] = field(default_factory=dict)

    def wants(self, point: int) -> bool:
        return point in self.points

    def emit(self, replica: int, *, point: int = 0, **content: Any) -> None:
        lane = self.replicas[replica]
        parameters, stage = lane.parameters, lane.call.stage
        if stage.progress:
            parameters = msgspec.structs.replace(parameters, **{stage.progress: point})
        given = {name: value for name, value in content.items() if value is not None}
        declared = given.get("measures", {}).keys() | given.get("undefined", {}).keys()
        assert declared == stage.measures.keys()
        self.out[replica, point] = Artifact(
            Call(stage, parameters, lane.call.inputs), lane.seed, lane.inputs, **given
        )

    def diverge(self, replica: int, reason: str) -> None:
        self.diverged[replica] = reason

    def advance(self, done: float, total: float, unit: str) -> None:
        pass


class StageRunner:
    """Runs stages: `run("train_bp", inputs, ...)` gives the `Job` after the implementation
    returned.
    """

    stages: ClassVar[dict[str, Stage]] = {stage.name: stage for stage in STAGES}

    def tasks(self, seeds: Sequence[int], **sizes: int) -> list[dict[str, Artifact]]:
        """The inputs of a training stage: the blobs, one per seed."""
        return [{"task": Artifact(Call(BLOBS, BlobsParameters(**sizes)), seed)} for seed in seeds]

    def run(
        self,
        stage: str,
        inputs: Sequence[dict[str, Artifact]],
        *,
        points: Sequence[int] = (),
        resumed: Sequence[Artifact] = (),
        each: Sequence[dict[str, Any]] = (),
        **parameters: Any,
    ) -> Job:
        """Run a stage for one replica per entry of `inputs`; `each` adds parameters of single
        replicas.
        """
        lanes = []
        for replica, own in enumerate(inputs):
            chosen = parameters | (each[replica] if each else {})
            call = Call(
                self.stages[stage],
                msgspec.convert(chosen, self.stages[stage].parameters),
                {name: artifact.call for name, artifact in own.items()},
            )
            seed = next(iter(own.values())).seed
            lanes.append(Lane(call, seed, own, resumed[replica] if resumed else None))
        job = Job(
            lanes, set(points or [lanes[0].call.point]), resumed[0].call.point if resumed else 0
        )
        module, name = self.stages[stage].implementation.split(":")
        getattr(import_module(module), name)(job)
        return job

    def column(self, job: Job, point: int = 0) -> list[Artifact]:
        """Every replica's result at a point."""
        return [job.out[replica, point] for replica in range(len(job.replicas))]
