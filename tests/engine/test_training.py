"""Runs of back-propagation: a looped reference, replicas, resumption, divergence."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture, initialise
from engine.randomness import epoch_order
from tests.support.plain import Plain

SEEDS = (42, 123, 456, 7, 8, 9)
SIZES: dict[str, Any] = {"width": 16, "depth": 2, "epochs": 8, "batch_size": 32}


def test_a_run_is_the_looped_reference(runner: Any) -> None:
    """Weights and accuracy after eight epochs agree with nn.Module, torch.optim.AdamW and
    CosineAnnealingLR, seed by seed.
    """
    tasks = runner.tasks(SEEDS[:2])
    job = runner.run("train_bp", tasks, epoch=8, **SIZES)

    for replica, seed in enumerate(SEEDS[:2]):
        model = Plain(16, 2)
        model.take(initialise(Architecture(48, 16, 2), [seed], "cpu").of(0))
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=8)
        x, y = blobs(runner, tasks)
        for epoch in range(8):
            for index in epoch_order([seed], epoch, 160)[0].split(32):
                optimiser.zero_grad()
                F.cross_entropy(model(x[index]), y[index]).backward()
                optimiser.step()
            schedule.step()
        for name, parameter in model.named_parameters():
            found = job.out[replica, 8].tensors[Plain.name_of(name)]
            expected = parameter.detach()
            torch.testing.assert_close(
                found, expected.T if parameter.ndim == 2 else expected, rtol=1e-3, atol=2e-5
            )


def blobs(runner: Any, tasks: Any) -> tuple[torch.Tensor, torch.Tensor]:
    from engine.tasks import open_task

    return open_task([tasks[0]["task"]], [0], "cpu").train


@pytest.mark.parametrize("chosen", [(0,), (1, 0), (5, 3, 1), tuple(range(6))])
def test_a_seed_has_one_trajectory_in_any_company(runner: Any, chosen: tuple[int, ...]) -> None:
    """After 60 steps and an odd last batch each, the state of a seed is bit for bit the same in any
    subset, order and size.
    """
    alone = runner.run(
        "train_bp",
        runner.tasks([SEEDS[chosen[-1]]], train_images=152),
        epoch=12,
        **SIZES | {"epochs": 12},
    )

    company = runner.run(
        "train_bp",
        runner.tasks([SEEDS[k] for k in chosen], train_images=152),
        epoch=12,
        **SIZES | {"epochs": 12},
    )

    expected, found = alone.out[0, 12], company.out[len(chosen) - 1, 12]
    assert found.measures == expected.measures
    assert all(
        torch.equal(found.tensors[name], expected.tensors[name]) for name in expected.tensors
    )


def test_a_resumed_run_is_the_uninterrupted_one(runner: Any) -> None:
    """Continuing from the checkpoint of epoch 3 gives epoch 8 bit for bit, its curve included."""
    tasks = runner.tasks(SEEDS[:2])
    whole = runner.run("train_bp", tasks, points=[3, 8], epoch=8, **SIZES)

    rest = runner.run(
        "train_bp", tasks, points=[8], resumed=runner.column(whole, 3), epoch=8, **SIZES
    )

    assert set(rest.out) == {(0, 8), (1, 8)}
    for replica in range(2):
        expected, found = whole.out[replica, 8], rest.out[replica, 8]
        assert found.series == expected.series
        assert found.measures == expected.measures
        assert all(
            torch.equal(found.tensors[name], expected.tensors[name]) for name in expected.tensors
        )


def test_epoch_zero_is_the_initialised_network(runner: Any) -> None:
    """Point 0 holds the initial weights and a zero optimiser, and why there is no training loss."""
    job = runner.run("train_bp", runner.tasks([42]), epoch=0, **SIZES)

    artifact = job.out[0, 0]
    initial = initialise(Architecture(48, 16, 2), [42], "cpu").of(0)
    assert all(torch.equal(artifact.tensors[name], value) for name, value in initial.items())
    assert artifact.tensors["optimiser.exp_avg"].count_nonzero() == 0
    assert artifact.undefined == {"train_loss": "no epoch was trained yet"}


def test_training_learns_the_task(runner: Any) -> None:
    """On separable blobs the loss falls below half of chance and accuracy exceeds .5."""
    job = runner.run("train_bp", runner.tasks([42]), epoch=8, **SIZES | {"learning_rate": 1e-2})

    assert job.out[0, 8].measures["test_accuracy"] > 0.5
    assert job.out[0, 8].measures["train_loss"] < 0.5 * 2.3026


def test_a_diverged_replica_is_named_and_harms_no_other(runner: Any) -> None:
    """One replica's weights are set to infinity: it is reported with its epoch, the other goes on
    bit for bit.
    """
    tasks = runner.tasks(SEEDS[:2])
    start = runner.column(runner.run("train_bp", tasks, epoch=2, **SIZES), 2)
    healthy = runner.run("train_bp", tasks, resumed=start, epoch=4, **SIZES)
    start[0].tensors["head.weight"].fill_(float("inf"))

    job = runner.run("train_bp", tasks, resumed=start, epoch=4, **SIZES)

    assert job.diverged == {0: "loss or weights not finite in epoch 3"}
    assert set(job.out) == {(1, 4)}
    assert all(
        torch.equal(job.out[1, 4].tensors[name], value)
        for name, value in healthy.out[1, 4].tensors.items()
    )
