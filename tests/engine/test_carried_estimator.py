"""The estimator that local training carries along: trained, frozen, refitted, handed on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.credit.vector_field import VectorFieldEstimator
from tests.support.local_training import FIELD, SIZES, equal, initial_snapshots, with_estimators


def test_a_resumed_run_carries_its_estimator_on(runner: Any) -> None:
    """A blended run with a trained field, resumed at epoch 3, ends bit for bit as the uninterrupted
    one, field included.
    """
    inputs = with_estimators(runner, initial_snapshots(runner), "vector_field", **FIELD)
    whole = runner.run("train_local", inputs, points=[3, 6], epoch=6, blend=0.75, **SIZES)

    rest = runner.run(
        "train_local", inputs, resumed=runner.column(whole, 3), epoch=6, blend=0.75, **SIZES
    )

    assert all(equal(rest.out[replica, 6], whole.out[replica, 6]) for replica in range(3))
    assert "estimator.w1" in rest.out[0, 6].tensors


def test_a_frozen_field_stays_and_a_trainable_one_moves(runner: Any) -> None:
    """After two epochs the frozen field holds its initial weights exactly; the trained one does
    not.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)) * 2, "vector_field", **FIELD)

    job = runner.run(
        "train_local",
        inputs,
        each=[{"trainable": False}, {"trainable": True}],
        epoch=2,
        blend=0.75,
        **SIZES,
    )

    before = inputs[0]["estimator"].tensors["w2"]
    assert torch.equal(job.out[0, 2].tensors["estimator.w2"], before)
    assert not torch.equal(job.out[1, 2].tensors["estimator.w2"], before)


def test_the_online_estimator_is_the_one_that_the_run_carried(runner: Any) -> None:
    """Taken out of a checkpoint it has the checkpoint's weights, and gives credit under its
    original parameters.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)
    run = runner.run("train_local", inputs, epoch=2, **SIZES)
    snapshot = [{"snapshot": run.out[0, 2]}]

    taken = with_estimators(runner, snapshot, "online_estimator")
    quality = runner.run("credit_quality", taken, batches=2, batch_size=16, directions=4)

    assert torch.equal(taken[0]["estimator"].tensors["w1"], run.out[0, 2].tensors["estimator.w1"])
    assert -1 < quality.out[0, 0].measures["gamma"] < 1


def test_recalibration_pauses_the_network_and_refits_the_field(runner: Any) -> None:
    """With a refit every epoch the field has moved further than without, by the first checkpoint
    already.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)

    jobs = [
        runner.run("train_local", inputs, epoch=1, recalibrate_every=every, **SIZES)
        for every in (0, 1)
    ]

    steps = [job.out[0, 1].tensors["estimator.optimiser.step"].item() for job in jobs]
    assert steps == [5, 10]
    assert not torch.equal(*(job.out[0, 1].tensors["blocks.0.w1"] for job in jobs))


def test_every_epoch_of_fitting_has_streams_of_its_own(
    runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, online and in each pause the field draws under its purpose and epoch, so no epoch
    repeats another's directions.
    """
    begun: list[tuple[str, int]] = []
    begin = VectorFieldEstimator.begin
    monkeypatch.setattr(
        VectorFieldEstimator, "begin", lambda own, *name: (begun.append(name), begin(own, *name))
    )
    start = initial_snapshots(runner, (42,))

    runner.run("vector_field", start, **FIELD | {"epochs": 2, "batch_size": 32})
    inputs = with_estimators(runner, start, "vector_field", **FIELD)
    runner.run("train_local", inputs, epoch=3, recalibrate_every=2, recalibrate_epochs=2, **SIZES)

    offline, online = begun[:2], begun[2:]
    assert offline == [("fit", 0), ("fit", 1)]
    pauses = {epoch: [("pause 0", epoch), ("pause 1", epoch)] for epoch in (0, 2)}
    assert online == [*pauses[0], ("online", 0), ("online", 1), *pauses[2], ("online", 2)]


def test_a_carried_estimator_that_learns_no_more_stays_where_it_was_left(runner: Any) -> None:
    """Frozen in a branch beside one that learns on, it keeps its weights to the bit: no momentum
    moves it.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)
    run = runner.run("train_local", inputs, epoch=2, **SIZES)
    checkpoint = with_estimators(runner, [{"snapshot": run.out[0, 2]}] * 2, "online_estimator")

    branch = runner.run(
        "train_local", checkpoint, each=[{"trainable": False}, {}], epoch=4, **SIZES
    )

    left = run.out[0, 2].tensors
    weights = [name for name in left if name.startswith("estimator.") and "optimiser" not in name]
    assert all(torch.equal(branch.out[0, 4].tensors[name], left[name]) for name in weights)
    assert not any(torch.equal(branch.out[1, 4].tensors[name], left[name]) for name in weights)


def test_a_hand_off_begins_with_the_prefitted_field(runner: Any) -> None:
    """A field fitted offline to the checkpoint enters the branch as fitted: frozen it stays so,
    trained along it moves on.
    """
    run = runner.run(
        "train_local", with_estimators(runner, initial_snapshots(runner, (42,))), epoch=2, **SIZES
    )
    fit = runner.run(
        "vector_field", [{"snapshot": run.out[0, 2]}], **FIELD | {"epochs": 3, "batch_size": 32}
    )
    prefitted = [{"snapshot": run.out[0, 2], "estimator": fit.out[0, 3]}] * 2
    fitted = prefitted[0]["estimator"].tensors

    each = [{"trainable": False}, {"trainable": True}]
    job = runner.run(
        "train_local", prefitted, each=each, points=[2, 3], epoch=3, blend=0.5, **SIZES
    )

    assert all(
        torch.equal(job.out[lane, 2].tensors["estimator.w1"], fitted["w1"]) for lane in range(2)
    )
    assert torch.equal(job.out[0, 3].tensors["estimator.w1"], fitted["w1"])
    assert not torch.equal(job.out[1, 3].tensors["estimator.w1"], fitted["w1"])
    # An Adam of its own, begun with the branch.
    assert job.out[1, 3].tensors["estimator.optimiser.step"] == 5


def test_recalibration_comes_at_its_period_and_moves_the_field_alone(runner: Any) -> None:
    """Two epochs of refit at epochs 0, 2 and 4 of five add thirty steps of the field, and none of
    the network.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)

    job = runner.run(
        "train_local", inputs, epoch=5, recalibrate_every=2, recalibrate_epochs=2, **SIZES
    )

    tensors = job.out[0, 5].tensors
    assert tensors["optimiser.step"] == 5 * 5
    assert tensors["estimator.optimiser.step"] == 5 * 5 + 3 * 2 * 5


FITTED = {
    "state_bridge": {"epochs": 0, "hidden": 16},
    "scalar_bridge": {"epochs": 0, "hidden": 16},
    "vector_field": FIELD,
}


@pytest.mark.parametrize("stage", FITTED)
def test_a_branch_continues_the_estimator_that_its_run_carried(runner: Any, stage: str) -> None:
    """Branched at epoch 3 with the estimator as the run left it, its Adam included, epoch 6 is that
    of the uninterrupted run.
    """
    inputs = with_estimators(runner, initial_snapshots(runner), stage, **FITTED[stage])
    whole = runner.run("train_local", inputs, points=[3, 6], epoch=6, **SIZES)
    checkpoints = [{"snapshot": artifact} for artifact in runner.column(whole, 3)]

    branch = runner.run(
        "train_local", with_estimators(runner, checkpoints, "online_estimator"), epoch=6, **SIZES
    )

    assert all(equal(branch.out[replica, 6], whole.out[replica, 6]) for replica in range(3))


def test_estimators_of_different_age_go_on_in_one_job(runner: Any) -> None:
    """Branches whose carried fields have taken different numbers of steps, one of them frozen, are
    each what they are alone.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)
    whole = runner.run("train_local", inputs, points=[2, 3], epoch=3, **SIZES)
    ages = [{"snapshot": runner.column(whole, point)[0]} for point in (2, 3, 3)]
    branches, each = (
        with_estimators(runner, ages, "online_estimator"),
        [{}, {}, {"trainable": False}],
    )

    job = runner.run("train_local", branches, each=each, epoch=5, **SIZES)

    for lane, (own, chosen) in enumerate(zip(branches, each, strict=True)):
        alone = runner.run("train_local", [own], each=[chosen], epoch=5, **SIZES)
        assert equal(job.out[lane, 5], alone.out[0, 5])
