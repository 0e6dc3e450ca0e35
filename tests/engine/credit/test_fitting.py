"""Offline fitting of an estimator on a frozen snapshot."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import torch

from engine.architecture import Architecture, initialise
from engine.credit.fitting import fit_epoch
from engine.nets import ResidualMLP

SEEDS = (42, 123)
FIELD: dict[str, Any] = {"hidden": 16, "directions": 2, "batch_size": 32}


def snapshots(runner: Any) -> list[dict[str, Any]]:
    job = runner.run(
        "train_bp", runner.tasks(SEEDS), epoch=2, width=16, depth=2, epochs=8, batch_size=32
    )
    return [{"snapshot": artifact} for artifact in runner.column(job, 2)]


def test_a_resumed_fit_is_the_uninterrupted_one(runner: Any) -> None:
    """Continuing a fit from its second epoch gives the fourth bit for bit; epoch 0 is the random
    initial field.
    """
    inputs = snapshots(runner)
    whole = runner.run("vector_field", inputs, points=[0, 2, 4], epochs=4, **FIELD)

    rest = runner.run(
        "vector_field", inputs, points=[4], resumed=runner.column(whole, 2), epochs=4, **FIELD
    )

    for replica in range(2):
        expected, found = whole.out[replica, 4], rest.out[replica, 4]
        assert found.series == expected.series
        assert all(
            torch.equal(found.tensors[name], value) for name, value in expected.tensors.items()
        )
        assert whole.out[replica, 0].tensors["optimiser.step"] == 0


def test_fitting_leaves_the_snapshot_alone_and_lowers_its_objective(runner: Any) -> None:
    """The curve of the fit falls, and no tensor of the snapshot has changed."""
    inputs = snapshots(runner)
    before = {name: value.clone() for name, value in inputs[0]["snapshot"].tensors.items()}

    job = runner.run("vector_field", inputs, epochs=10, **FIELD)

    curve = job.out[0, 10].series["fit_loss"]
    assert curve[-1] < 0.7 * curve[0]
    assert job.out[0, 10].measures["fit_loss"] == curve[-1]
    assert all(
        torch.equal(inputs[0]["snapshot"].tensors[name], value) for name, value in before.items()
    )


def test_the_loss_of_a_fit_is_the_mean_over_samples() -> None:
    """Three samples in batches of two and one, with means of 1 and 4, have a mean of 2."""
    shape = Architecture(4, 8, 1)
    network = ResidualMLP(shape, initialise(shape, (42,), "cpu"))
    batches = [(torch.ones(1, size, 4), torch.zeros(1, size, dtype=torch.int64)) for size in (2, 1)]
    task, estimator = Mock(), Mock()
    task.epoch.return_value = batches
    estimator.fit.side_effect = [torch.tensor([1.0]), torch.tensor([4.0])]

    loss = fit_epoch(network, estimator, task, "fit", 0, 2)

    assert loss.tolist() == [2.0]


def test_a_field_that_leaves_the_finite_numbers_is_named(runner: Any) -> None:
    """A snapshot with infinite weights makes its own fit diverge, not its neighbour's."""
    inputs = snapshots(runner)
    inputs[0]["snapshot"].tensors["blocks.0.w2"].fill_(float("inf"))

    job = runner.run("vector_field", inputs, epochs=1, **FIELD)

    assert job.diverged == {0: "estimator's loss not finite in epoch 1 of its fit"}
    assert set(job.out) == {(1, 1)}
