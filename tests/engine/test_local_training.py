"""Local training: branches, resumption, replicas, blends and controls."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.credit.dfa import DFA
from engine.credit.estimator import normalise
from engine.credit.oracle import Oracle
from engine.forward import ForwardPass
from engine.local_training import Mixture
from engine.nets import Architecture, ResidualMLP, initialise
from engine.parameters import TrainLocal

SEEDS = (42, 123, 456)
SIZES: dict[str, Any] = {"epochs": 8, "batch_size": 32}
FIELD: dict[str, Any] = {"epochs": 0, "hidden": 16, "directions": 2}


def initial(laboratory: Any, seeds: tuple[int, ...] = SEEDS) -> list[dict[str, Any]]:
    """Epoch-0 snapshots."""
    job = laboratory.run("train_bp", laboratory.tasks(seeds), epoch=0, width=16, depth=2, **SIZES)
    return [{"snapshot": artifact} for artifact in laboratory.column(job)]


def given(
    laboratory: Any, snapshots: list[dict[str, Any]], stage: str = "dfa", each: Any = (), **chosen: Any
) -> list[dict[str, Any]]:
    """Snapshots with an estimator each."""
    job = laboratory.run(stage, snapshots, each=each, **chosen)
    return [own | {"estimator": artifact} for own, artifact in zip(snapshots, laboratory.column(job), strict=True)]


def equal(first: Any, second: Any) -> bool:
    """Bit for bit, and the same figures."""
    tensors = all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    return (
        tensors
        and first.tensors.keys() == second.tensors.keys()
        and (first.measures, first.series) == (second.measures, second.series)
    )


def test_a_branch_that_continues_is_the_uninterrupted_run(laboratory: Any) -> None:
    """DFA branched from its own checkpoint at epoch 3 is bit for bit the run that was never interrupted."""
    start = initial(laboratory)
    whole = laboratory.run("train_local", given(laboratory, start), points=[3, 8], epoch=8, **SIZES)
    checkpoints = [{"snapshot": artifact} for artifact in laboratory.column(whole, 3)]

    branch = laboratory.run("train_local", given(laboratory, checkpoints), epoch=8, **SIZES)

    assert all(equal(branch.out[replica, 8], whole.out[replica, 8]) for replica in range(3))


def test_a_resumed_run_carries_its_estimator_on(laboratory: Any) -> None:
    """A blended run with a trained field, resumed at epoch 3, ends bit for bit as the uninterrupted one, field included."""
    inputs = given(laboratory, initial(laboratory), "vector_field", **FIELD)
    whole = laboratory.run("train_local", inputs, points=[3, 6], epoch=6, blend=0.75, **SIZES)

    rest = laboratory.run("train_local", inputs, resumed=laboratory.column(whole, 3), epoch=6, blend=0.75, **SIZES)

    assert all(equal(rest.out[replica, 6], whole.out[replica, 6]) for replica in range(3))
    assert "estimator.w1" in rest.out[0, 6].tensors


def test_arms_that_are_one_program_run_as_if_alone(laboratory: Any) -> None:
    """Branches that differ in training, blend, source, targets and inputs are bit for bit what each is by itself."""
    arms = [
        ({"trainable": False, "blend": 0.75}, {}),
        ({"blend": 0.75}, {"targets": "shuffled"}),
        ({"blend": 0.75}, {"inputs": "constant"}),
        ({"blend": 0.75, "source": "gaussian"}, {}),
        ({"blend": 0.75, "source": "dfa_rescaled"}, {}),
        ({"blend": 1.0}, {"targets": "fresh_random"}),
    ]
    start = initial(laboratory, (42,)) * len(arms)
    inputs = given(laboratory, start, "vector_field", each=[field for _, field in arms], **FIELD)

    together = laboratory.run("train_local", inputs, each=[own for own, _ in arms], epoch=3, **SIZES)

    for replica, (own, _) in enumerate(arms):
        alone = laboratory.run("train_local", [inputs[replica]], epoch=3, **own, **SIZES)
        assert equal(together.out[replica, 3], alone.out[0, 3]), own


def test_a_frozen_field_stays_and_a_trainable_one_moves(laboratory: Any) -> None:
    """After two epochs the frozen field holds its initial weights exactly; the trained one does not."""
    inputs = given(laboratory, initial(laboratory, (42,)) * 2, "vector_field", **FIELD)

    job = laboratory.run("train_local", inputs, each=[{"trainable": False}, {"trainable": True}], epoch=2, blend=0.75, **SIZES)

    before = inputs[0]["estimator"].tensors["w2"]
    assert torch.equal(job.out[0, 2].tensors["estimator.w2"], before)
    assert not torch.equal(job.out[1, 2].tensors["estimator.w2"], before)


def test_the_online_estimator_is_the_one_that_the_run_carried(laboratory: Any) -> None:
    """Taken out of a checkpoint it has the checkpoint's weights, and gives credit under its original parameters."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)
    run = laboratory.run("train_local", inputs, epoch=2, **SIZES)
    snapshot = [{"snapshot": run.out[0, 2]}]

    taken = given(laboratory, snapshot, "online_estimator")
    quality = laboratory.run("credit_quality", taken, batches=2, batch_size=16, directions=4)

    assert torch.equal(taken[0]["estimator"].tensors["w1"], run.out[0, 2].tensors["estimator.w1"])
    assert -1 < quality.out[0, 0].measures["gamma"] < 1


def test_warm_up_is_dfa_alone(laboratory: Any) -> None:
    """While the warm-up lasts, the networks are bit for bit those of a DFA run; afterwards they are not."""
    start = initial(laboratory, (42,))
    dfa = laboratory.run("train_local", given(laboratory, start), points=[2, 3], epoch=3, **SIZES)

    warm = laboratory.run(
        "train_local", given(laboratory, start, "vector_field", **FIELD), points=[2, 3], epoch=3, warmup=0.25, **SIZES
    )

    names = [name for name in dfa.out[0, 2].tensors if name.startswith("blocks.")]
    assert all(torch.equal(warm.out[0, 2].tensors[name], dfa.out[0, 2].tensors[name]) for name in names)
    assert not torch.equal(warm.out[0, 3].tensors["blocks.0.w1"], dfa.out[0, 3].tensors["blocks.0.w1"])


def test_replicas_may_branch_from_different_epochs(laboratory: Any) -> None:
    """In one job, one replica starts at epoch 1 and one at 3; each ends as if alone."""
    inputs = given(laboratory, initial(laboratory, (42,)))
    run = laboratory.run("train_local", inputs, points=[1, 3, 5], epoch=5, **SIZES)
    checkpoints = given(laboratory, [{"snapshot": run.out[0, 3]}, {"snapshot": run.out[0, 1]}])

    job = laboratory.run("train_local", checkpoints, epoch=5, **SIZES)

    assert equal(job.out[0, 5], run.out[0, 5])
    assert equal(job.out[1, 5], run.out[0, 5])


def test_recalibration_pauses_the_network_and_refits_the_field(laboratory: Any) -> None:
    """With a refit every epoch the field has moved further than without, by the first checkpoint already."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)

    jobs = [laboratory.run("train_local", inputs, epoch=1, recalibrate_every=every, **SIZES) for every in (0, 1)]

    steps = [job.out[0, 1].tensors["estimator.optimiser.step"].item() for job in jobs]
    assert steps == [5, 10]
    assert not torch.equal(*(job.out[0, 1].tensors["blocks.0.w1"] for job in jobs))


def test_clamping_bounds_what_adam_sees(laboratory: Any) -> None:
    """A clamped run differs from a free one where gradients exceed 1, and its first moments stay within 1."""
    inputs = given(laboratory, initial(laboratory, (42,)))

    jobs = [
        laboratory.run("train_local", inputs, epoch=2, clamp=clamp, rule="target_shift", eta=100.0, **SIZES)
        for clamp in (False, True)
    ]

    moments = [job.out[0, 2].tensors["optimiser.exp_avg"].abs().max().item() for job in jobs]
    assert moments[1] <= 1 < moments[0]


@pytest.mark.parametrize("credit", ["normalised", "raw"])
def test_mixtures_by_their_formulas(credit: str) -> None:
    """Blend, gaussian and rescaled DFA are what the definitions write, replica by replica, with raw and normalised credit."""
    shape, seeds = Architecture(32, 16, 2), (42, 42, 42)
    x = torch.randn(3, 8, 32, generator=torch.Generator().manual_seed(1))
    forward = ForwardPass(ResidualMLP(shape, initialise(shape, seeds, "cpu")), x, torch.arange(24).view(3, 8) % 10)
    other = Oracle([None] * 3, seeds, shape, "cpu")  # any estimator will do
    sources = ["estimator", "gaussian", "dfa_rescaled"]
    parameters = [TrainLocal(epoch=1, blend=0.75, source=source, credit=credit) for source in sources]
    mixture = Mixture(other, parameters)

    found = mixture.credit(forward, range(2))

    scale = normalise if credit == "normalised" else torch.clone
    own, dfa = scale(other.credit(forward, range(2))), scale(DFA([None] * 3, seeds, shape, "cpu").credit(forward, range(2)))
    blend = 0.75 * own + 0.25 * dfa
    torch.testing.assert_close(found[0], blend[0])
    noise = (found[1] - 0.25 * dfa[1]) / 0.75
    assert abs(noise.std() - 1) < 0.1
    torch.testing.assert_close(found[2].norm(dim=-1), blend[2].norm(dim=-1))
    torch.testing.assert_close(torch.cosine_similarity(found[2], dfa[2], -1), torch.ones(2, 8))


def test_a_point_before_the_snapshot_is_refused(laboratory: Any) -> None:
    """Asking a branch from epoch 2 for its epoch 1 says which lies before which."""
    start = given(laboratory, initial(laboratory, (42,)))
    checkpoint = given(laboratory, [{"snapshot": laboratory.run("train_local", start, epoch=2, **SIZES).out[0, 2]}])

    with pytest.raises(ValueError, match="epoch 1 lies before its snapshot's epoch 2"):
        laboratory.run("train_local", checkpoint, epoch=1, **SIZES)
