"""What every stage begins with, replica by replica."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from cbspec.stage import Call
from engine.architecture import Architecture, initialise
from engine.catalog import STAGES
from engine.costs.network import parameters_of
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.parameters import Cifar10, TrainBP
from engine.replicas import Replicas
from engine.tasks import root_of
from tests.support.stage_runner import BLOBS, Artifact, BlobsParameters, Job, Lane

SIZES: dict[str, Any] = {"width": 16, "depth": 2, "epochs": 8, "batch_size": 32}


def trained(runner: Any, seeds: tuple[int, ...]) -> list[Artifact]:
    """Snapshots of one epoch."""
    return runner.column(runner.run("train_bp", runner.tasks(seeds), epoch=1, **SIZES), 1)


def job_on(snapshots: list[Artifact], resumed: bool = False) -> Job:
    """A job whose replicas take the snapshots, each resuming itself where asked to."""
    lanes = [
        Lane(own.call, own.seed, {"snapshot": own}, own if resumed else None) for own in snapshots
    ]
    return Job(lanes, {1})


def test_a_choice_of_lanes_has_its_own_seeds_and_networks(runner: Any) -> None:
    """Lanes 2 and 0 of a job have their seeds, in that order, and their networks."""
    snapshots = trained(runner, (42, 123, 456))

    replicas = Replicas(job_on(snapshots), [2, 0])

    assert (len(replicas), replicas.seeds) == (2, (456, 42))
    assert replicas.shared.epoch == 1
    weights = replicas.network(torch.float64).weights["head.weight"]
    expected = [snapshots[lane].tensors["head.weight"].double() for lane in (2, 0)]
    assert torch.equal(weights, torch.stack(expected))
    assert replicas.task.seeds == (456, 42)


def test_curves_go_on_from_where_a_replica_resumes(runner: Any) -> None:
    """They are empty for a new start, and copies of what a resumed point holds."""
    snapshots = trained(runner, (42, 123))

    fresh, resumed = Replicas(job_on(snapshots)), Replicas(job_on(snapshots, resumed=True))

    assert fresh.resumed == []
    assert fresh.curves("train_loss") == [[], []]
    curves = resumed.curves("train_loss")
    assert curves == [snapshot.series["train_loss"] for snapshot in snapshots]
    assert curves[0] is not snapshots[0].series["train_loss"]


def test_a_root_that_initialises_no_network_is_refused() -> None:
    """Width and depth come from train_bp alone; another stage on a task is named."""
    task = Artifact(Call(BLOBS, BlobsParameters()), 42)

    with pytest.raises(TypeError, match="blobs initialises no network"):
        root_of(Artifact(Call(BLOBS, BlobsParameters()), 42, {"task": task}))


def test_parameters_of_another_kind_are_refused() -> None:
    """A forecast that reads a call of another stage says which."""
    [stage] = [stage for stage in STAGES if stage.name == "cifar10"]

    with pytest.raises(TypeError, match="cifar10 has no parameters of the kind TrainBP"):
        parameters_of(Call(stage, Cifar10()), TrainBP)


def test_a_batch_that_began_with_h_0_has_no_inputs() -> None:
    """Without inputs the embedding has no gradient, and asking for it says so."""
    shape = Architecture(32, 16, 1)
    network = ResidualMLP(shape, initialise(shape, (42,), "cpu"))
    h, y = torch.ones(1, 4, 16), torch.zeros(1, 4, dtype=torch.int64)

    with pytest.raises(ValueError, match="began with h_0"):
        ForwardPass(network, None, y, h).embed_backward(h, network.weights.like())
