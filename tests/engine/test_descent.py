"""Local descent: steps, step sizes, PUR and update variance."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.architecture import Architecture, initialise
from engine.credit.oracle import Oracle
from engine.descent import update_variance
from engine.forward import ForwardPass
from engine.local_sgd import LocalSGD, Rerun
from engine.nets import ResidualMLP
from engine.parameters import LocalDescent
from engine.snapshot import read_network
from engine.tasks import open_task
from engine.training import bp_gradient
from engine.weights import Weights

SEEDS = (42, 123)
SHAPE = Architecture(32, 16, 2)


def steps(**chosen: Any) -> tuple[LocalSGD, ForwardPass]:
    """Oracle credit on random networks, and one batch's forward pass."""
    network = ResidualMLP(SHAPE, initialise(SHAPE, SEEDS, "cpu").to(torch.float64))
    stream = torch.Generator().manual_seed(1)
    h = network.embed(torch.randn(2, 16, 32, generator=stream, dtype=torch.float64))
    forward = ForwardPass(
        network,
        torch.zeros(2, 16, 32, dtype=torch.float64),
        torch.randint(10, (2, 16), generator=stream),
        h,
    )
    return LocalSGD(
        network, Oracle([None] * 2, SEEDS, SHAPE, "cpu"), LocalDescent(**chosen)
    ), forward


def change_of_weights(sgd: LocalSGD, change: torch.Tensor) -> Weights:
    """A change of what moves, as one of all weights by name."""
    before = sgd.network.weights.to(torch.float64)
    sgd.moving.copy_(sgd.frozen)
    frozen = sgd.network.weights.to(torch.float64)
    sgd.moving.add_(change)
    moved = sgd.network.weights.to(torch.float64)
    sgd.network.weights.flat.copy_(before.flat)
    moved.flat.sub_(frozen.flat)
    return moved


def test_one_raw_oracle_step_on_the_last_block_is_back_propagation_there() -> None:
    """With the credit dL/dh_L at its output, the last block moves as under back-propagation, up to the credit's own 1/batch."""
    sgd, forward = steps(
        credit="raw", blocks="last1", rule="target_shift", eta=1.0, step_sizes=(0.5,)
    )

    exact = sgd.network.weights.like()
    bp_gradient(forward, exact)
    moved = change_of_weights(sgd, sgd.runs(forward)[0])

    for name in moved:
        expected = (
            -0.5 * exact[name] / 16
            if name.startswith("blocks.1.")
            else torch.zeros_like(exact[name])
        )
        torch.testing.assert_close(moved[name], expected, msg=name)


@pytest.mark.parametrize(("blocks", "moving"), [("all", "blocks."), ("last1", "blocks.1.")])
def test_only_the_blocks_in_range_move(blocks: str, moving: str) -> None:
    """Every parameter of the blocks in range changes; embedding, LN_out, head and the other blocks keep theirs to the bit."""
    sgd, forward = steps(blocks=blocks)

    untouched = sgd.network.weights.to(torch.float64)
    changes = sgd.runs(forward)
    moved = sgd.network.weights.to(torch.float64)
    moved.flat.sub_(untouched.flat)

    assert change_of_weights(sgd, changes[-1]).flat.equal(moved.flat)

    assert {name for name, view in moved.items() if view.count_nonzero()} == {
        name for name in moved if name.startswith(moving)
    }


@pytest.mark.parametrize("blocks", ["all", "last1"])
def test_a_batch_rerun_from_the_lowest_moved_block_is_a_whole_forward_pass(blocks: str) -> None:
    """After the blocks in range moved, states, logits and true gradients are those of a new forward pass, bit for bit."""
    sgd, forward = steps(blocks=blocks)
    sgd.runs(forward)

    again, whole = (
        Rerun(forward, sgd.lowest),
        ForwardPass(sgd.network, None, forward.y, forward.trace.hidden[0]),
    )

    assert not whole.trace.logits.equal(forward.trace.logits)
    assert again.trace.logits.equal(whole.trace.logits)
    assert again.states.equal(whole.states)
    assert again.gradients().equal(whole.gradients())


def test_raw_credit_keeps_its_scale_and_normalised_does_not() -> None:
    """Ten times the credit makes the raw update ten times as large and leaves the normalised one as it is, but for the floor."""

    class Tenfold(Oracle):
        def credit(self, forward: Any, levels: Any) -> torch.Tensor:
            return 10 * super().credit(forward, levels)

    changes = {}
    for credit in ("raw", "normalised"):
        sgd, forward = steps(credit=credit, step_sizes=(1e-3,))
        once = sgd.runs(forward)[0]
        sgd.estimator = Tenfold([None] * 2, SEEDS, SHAPE, "cpu")
        changes[credit] = once, sgd.runs(forward)[0]

    torch.testing.assert_close(changes["raw"][1], 10 * changes["raw"][0])
    torch.testing.assert_close(
        changes["normalised"][1], changes["normalised"][0], rtol=1e-2, atol=1e-6
    )


def test_k_steps_are_k_single_steps_with_credit_estimated_anew() -> None:
    """Three steps equal three runs of one step, each from where the last ended."""
    sgd, forward = steps(credit="raw", steps=3, step_sizes=(1.0,))
    expected = sgd.runs(forward)[0]

    single, forward = steps(credit="raw", steps=1, step_sizes=(1.0,))
    total = torch.zeros_like(expected)
    for _ in range(3):
        forward = ForwardPass(single.network, None, forward.y, forward.trace.hidden[0])
        change = single.runs(forward)[0]
        total += change
        single.frozen += change

    torch.testing.assert_close(total, expected)


def test_clamped_gradients_stay_within_one() -> None:
    """With a clamp no weight moves by more than step size times 1; without, some do."""
    free, forward = steps(rule="target_shift", eta=50.0, step_sizes=(0.01,))
    bound, again = steps(rule="target_shift", eta=50.0, step_sizes=(0.01,), clamp=True)

    assert free.runs(forward)[0].abs().max() > 0.01
    assert bound.runs(again)[0].abs().max() <= 0.01 + 1e-15


@given(st.integers(2, 9), st.integers(0, 2**30))
@settings(max_examples=30, deadline=None)
def test_update_variance_is_its_formula(batches: int, seed: int) -> None:
    """It is the unbiased variance summed over weights over the unbiased squared norm of the mean; 0 for identical updates."""
    updates = (
        torch.randn(batches, 50, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        + 1
    )
    same = updates[:1].expand(batches, -1)

    trace = updates.var(0).sum()
    expected = trace / (updates.mean(0).square().sum() - trace / batches).clamp(min=0)
    torch.testing.assert_close(
        update_variance(updates.sum(0), updates.square().sum(), batches), expected
    )
    assert abs(update_variance(same.sum(0), same.square().sum(), batches)) < 1e-10


def test_update_variance_is_not_bounded_by_the_number_of_batches() -> None:
    """Of updates with a true ratio of 16, four batches at a time give a mean squared norm that is right on average."""
    batches, parameters, repeats = 4, 64, 4000
    noise = torch.randn(
        repeats,
        batches,
        parameters,
        generator=torch.Generator().manual_seed(1),
        dtype=torch.float64,
    )
    updates = noise + 0.25  # trace 64, squared norm of the mean 4
    total, squares = updates.sum(1), updates.square().sum((1, 2))

    found = update_variance(total, squares, batches)
    trace = (squares - total.square().sum(1) / batches) / (batches - 1)

    assert abs((trace / found).mean() - 4) < 0.5  # where not finite, the norm counts as 0
    assert found.max() > batches


def descent(laboratory: Any, stage: str = "oracle", **chosen: Any) -> Any:
    job = laboratory.run(
        "train_bp",
        laboratory.tasks(SEEDS, train_images=192),
        epoch=2,
        width=16,
        depth=2,
        epochs=8,
        batch_size=32,
    )
    snapshots = [{"snapshot": artifact} for artifact in laboratory.column(job, 2)]
    estimators = laboratory.column(laboratory.run(stage, snapshots))
    inputs = [
        own | {"estimator": artifact} for own, artifact in zip(snapshots, estimators, strict=True)
    ]
    return laboratory.run("local_descent", inputs, batches=4, batch_size=32, **chosen)


def test_the_best_step_size_is_each_replicas_own(laboratory: Any) -> None:
    """The reported step size has the lowest mean dL_same of the grid, and the measures are the batches' means at it."""
    job = descent(laboratory, step_sizes=(1e-3, 1e-2, 1e9))

    for artifact in laboratory.column(job):
        grid = {float(size): pair for size, pair in artifact.series["grid"].items()}
        best = min(grid, key=lambda size: grid[size][0])
        assert artifact.series["step_size"] == best
        assert artifact.measures["dL_same"] == pytest.approx(sum(artifact.series["dL_same"]) / 4)
        assert artifact.measures["dL_same"] == pytest.approx(grid[best][0])
        assert artifact.measures["dL_same"] < 0
        assert artifact.measures["pur"] == pytest.approx(
            artifact.measures["dL_held"] / artifact.measures["dL_same"]
        )


def test_losses_change_as_on_a_copy_of_the_network(laboratory: Any) -> None:
    """dL_same and dL_held are differences of losses on the two batches, before and after SGD on the copy's last block alone."""
    job = descent(laboratory, credit="raw", blocks="last1", steps=3, step_sizes=(2.0,))
    artifacts = [replica.inputs["snapshot"] for replica in job.replicas]
    task = open_task(artifacts, SEEDS, "cpu")
    network = read_network(artifacts, task, "cpu", torch.float64)
    frozen, expected = network.weights.flat.clone(), []
    for (x, y), (other, labels) in zip(
        task.sample("train", 4, 32), task.sample("test", 4, 32), strict=True
    ):
        losses = []
        for step in range(4):
            forward = ForwardPass(network, x.double(), y)
            if step in (0, 3):
                held = ForwardPass(network, other.double(), labels)
                losses.append(torch.stack([forward.losses.mean(1), held.losses.mean(1)]))
            credit = Oracle([None] * 2, SEEDS, network.architecture, "cpu").credit(forward, [1])[
                :, 0
            ]
            own = {
                name: network.weights[name].clone().requires_grad_()
                for name in network.weights
                if name.startswith("blocks.1.")
            }
            h = forward.trace.hidden[1]
            scaled = F.layer_norm(h, (16,)) * own["blocks.1.norm.weight"].unsqueeze(1) + own[
                "blocks.1.norm.bias"
            ].unsqueeze(1)
            active = F.gelu(scaled @ own["blocks.1.w1"] + own["blocks.1.b1"].unsqueeze(1))
            output = active @ own["blocks.1.w2"] + own["blocks.1.b2"].unsqueeze(1)
            slopes = torch.autograd.grad(
                (output * credit).sum(-1).mean(1).sum(), list(own.values())
            )
            for name, slope in zip(own, slopes, strict=True):
                network.weights[name].sub_(2.0 * slope)
        expected.append(losses[1] - losses[0])
        network.weights.flat.copy_(frozen)

    same, held_out = torch.stack(expected).unbind(1)
    for replica, artifact in enumerate(laboratory.column(job)):
        assert artifact.series["dL_same"] == pytest.approx(same[:, replica].tolist(), rel=1e-7)
        assert artifact.measures["dL_held"] == pytest.approx(
            held_out[:, replica].mean().item(), rel=1e-7
        )


def test_pur_of_identical_batches_is_one(laboratory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the held batch is the update batch, dL_held is dL_same and PUR is 1."""
    from engine import descent as module

    original = module._batches
    monkeypatch.setattr(
        module,
        "_batches",
        lambda task, own: [(update, update) for update, _ in original(task, own)],
    )

    for artifact in laboratory.column(descent(laboratory)):
        assert artifact.measures["dL_held"] == artifact.measures["dL_same"]
        assert artifact.measures["pur"] == 1


def test_update_and_held_batches_are_disjoint_when_both_are_test_batches(laboratory: Any) -> None:
    """No test image of an update batch is in any held batch."""
    from engine.descent import _batches

    task = open_task([own["task"] for own in laboratory.tasks(SEEDS)], SEEDS, "cpu")
    pairs = _batches(task, LocalDescent(update_from="test", batches=3, batch_size=32))

    update, held = (torch.cat([pair[part][0] for pair in pairs], 1)[0] for part in (0, 1))
    assert len(update) == len(held) == 96
    assert not (update.unsqueeze(1) == held.unsqueeze(0)).all(-1).any()


def test_a_replica_descends_alike_in_any_company(laboratory: Any) -> None:
    """The second seed's figures are the same measured alone."""
    both = descent(laboratory, "dfa", steps=2)
    lane = both.replicas[1]

    alone = laboratory.run("local_descent", [lane.inputs], batches=4, batch_size=32, steps=2)

    assert alone.out[0, 0].measures == both.out[1, 0].measures


def test_a_step_that_leaves_the_finite_numbers_is_undefined(laboratory: Any) -> None:
    """With only an absurd step size the loss overflows, and every figure says that none is finite."""
    job = descent(laboratory, step_sizes=(1e200,), steps=3)

    artifact = job.out[0, 0]
    assert artifact.measures.keys() <= {"update_variance"}
    assert "not finite at any step size" in artifact.undefined["dL_same"]
    assert artifact.series["dL_same"] == [None] * 4
    assert artifact.series["grid"] == {"1e+200": [None, None]}
