"""Runs of back-propagation: a looped reference, replicas, resumption, divergence."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.architecture import Architecture, initialise
from engine.randomness import epoch_order

SEEDS = (42, 123, 456, 7, 8, 9)
SIZES: dict[str, Any] = {"width": 16, "depth": 2, "epochs": 8, "batch_size": 32}


class Plain(nn.Module):
    """One network of one seed, as anyone would write it."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.embed = nn.Linear(48, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.first = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.second = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.embed(x)
        for norm, first, second in zip(self.norms, self.first, self.second, strict=True):
            h = h + second(F.gelu(first(norm(h))))
        return self.head(self.norm(h))

    def take(self, weights: dict[str, torch.Tensor]) -> None:
        """Begin with the given parameters; nn.Linear holds `[out, in]`."""
        for name, parameter in self.named_parameters():
            parameter.data.copy_(
                weights[self.name_of(name)].T
                if parameter.ndim == 2
                else weights[self.name_of(name)]
            )

    @staticmethod
    def name_of(name: str) -> str:
        group, *rest = name.split(".")
        if group in ("norms", "first", "second"):
            level, kind = rest
            return (
                f"blocks.{level}."
                + {"norms": f"norm.{kind}", "first": f"{kind[0]}1", "second": f"{kind[0]}2"}[group]
            )
        return name


def test_a_run_is_the_looped_reference(laboratory: Any) -> None:
    """Weights and accuracy after eight epochs agree with nn.Module, torch.optim.AdamW and
    CosineAnnealingLR, seed by seed.
    """
    tasks = laboratory.tasks(SEEDS[:2])
    job = laboratory.run("train_bp", tasks, epoch=8, **SIZES)

    for replica, seed in enumerate(SEEDS[:2]):
        model = Plain(16, 2)
        model.take(initialise(Architecture(48, 16, 2), [seed], "cpu").of(0))
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=8)
        x, y = blobs(laboratory, tasks)
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


def blobs(laboratory: Any, tasks: Any) -> tuple[torch.Tensor, torch.Tensor]:
    from engine.tasks import open_task

    return open_task([tasks[0]["task"]], [0], "cpu").train


@pytest.mark.parametrize("chosen", [(0,), (1, 0), (5, 3, 1), tuple(range(6))])
def test_a_seed_has_one_trajectory_in_any_company(laboratory: Any, chosen: tuple[int, ...]) -> None:
    """After 60 steps and an odd last batch each, the state of a seed is bit for bit the same in any
    subset, order and size.
    """
    alone = laboratory.run(
        "train_bp",
        laboratory.tasks([SEEDS[chosen[-1]]], train_images=152),
        epoch=12,
        **SIZES | {"epochs": 12},
    )

    company = laboratory.run(
        "train_bp",
        laboratory.tasks([SEEDS[k] for k in chosen], train_images=152),
        epoch=12,
        **SIZES | {"epochs": 12},
    )

    expected, found = alone.out[0, 12], company.out[len(chosen) - 1, 12]
    assert found.measures == expected.measures
    assert all(
        torch.equal(found.tensors[name], expected.tensors[name]) for name in expected.tensors
    )


def test_a_resumed_run_is_the_uninterrupted_one(laboratory: Any) -> None:
    """Continuing from the checkpoint of epoch 3 gives epoch 8 bit for bit, its curve included."""
    tasks = laboratory.tasks(SEEDS[:2])
    whole = laboratory.run("train_bp", tasks, points=[3, 8], epoch=8, **SIZES)

    rest = laboratory.run(
        "train_bp", tasks, points=[8], resumed=laboratory.column(whole, 3), epoch=8, **SIZES
    )

    assert set(rest.out) == {(0, 8), (1, 8)}
    for replica in range(2):
        expected, found = whole.out[replica, 8], rest.out[replica, 8]
        assert found.series == expected.series
        assert found.measures == expected.measures
        assert all(
            torch.equal(found.tensors[name], expected.tensors[name]) for name in expected.tensors
        )


def test_epoch_zero_is_the_initialised_network(laboratory: Any) -> None:
    """Point 0 holds the initial weights and a zero optimiser, and why there is no training loss."""
    job = laboratory.run("train_bp", laboratory.tasks([42]), epoch=0, **SIZES)

    artifact = job.out[0, 0]
    initial = initialise(Architecture(48, 16, 2), [42], "cpu").of(0)
    assert all(torch.equal(artifact.tensors[name], value) for name, value in initial.items())
    assert artifact.tensors["optimiser.exp_avg"].count_nonzero() == 0
    assert artifact.undefined == {"train_loss": "no epoch was trained yet"}


def test_training_learns_the_task(laboratory: Any) -> None:
    """On separable blobs the loss falls below half of chance and accuracy exceeds .5."""
    job = laboratory.run(
        "train_bp", laboratory.tasks([42]), epoch=8, **SIZES | {"learning_rate": 1e-2}
    )

    assert job.out[0, 8].measures["test_accuracy"] > 0.5
    assert job.out[0, 8].measures["train_loss"] < 0.5 * 2.3026


def test_a_diverged_replica_is_named_and_harms_no_other(laboratory: Any) -> None:
    """One replica's weights are set to infinity: it is reported with its epoch, the other goes on
    bit for bit.
    """
    tasks = laboratory.tasks(SEEDS[:2])
    start = laboratory.column(laboratory.run("train_bp", tasks, epoch=2, **SIZES), 2)
    healthy = laboratory.run("train_bp", tasks, resumed=start, epoch=4, **SIZES)
    start[0].tensors["head.weight"].fill_(float("inf"))

    job = laboratory.run("train_bp", tasks, resumed=start, epoch=4, **SIZES)

    assert job.diverged == {0: "loss or weights not finite in epoch 3"}
    assert set(job.out) == {(1, 4)}
    assert all(
        torch.equal(job.out[1, 4].tensors[name], value)
        for name, value in healthy.out[1, 4].tensors.items()
    )
