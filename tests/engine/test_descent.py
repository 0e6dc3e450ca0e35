"""Local descent: steps, step sizes, PUR and update variance."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.credit.oracle import Oracle
from engine.descent import update_variance
from engine.forward import ForwardPass
from engine.parameters import LocalDescent
from engine.snapshot import read_network
from engine.tasks import open_task

SEEDS = (42, 123)


@given(st.integers(2, 9), st.integers(0, 2**30))
@settings(max_examples=30, deadline=None)
def test_update_variance_is_its_formula(batches: int, seed: int) -> None:
    """It is the unbiased variance summed over weights over the unbiased squared norm of the mean; 0
    for identical updates.
    """
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
    """Of updates with a true ratio of 16, four batches at a time give a mean squared norm that is
    right on average.
    """
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


def descent(runner: Any, stage: str = "oracle", **chosen: Any) -> Any:
    job = runner.run(
        "train_bp",
        runner.tasks(SEEDS, train_images=192),
        epoch=2,
        width=16,
        depth=2,
        epochs=8,
        batch_size=32,
    )
    snapshots = [{"snapshot": artifact} for artifact in runner.column(job, 2)]
    estimators = runner.column(runner.run(stage, snapshots))
    inputs = [
        own | {"estimator": artifact} for own, artifact in zip(snapshots, estimators, strict=True)
    ]
    return runner.run("local_descent", inputs, batches=4, batch_size=32, **chosen)


def test_the_best_step_size_is_each_replicas_own(runner: Any) -> None:
    """The reported step size has the lowest mean dL_same of the grid, and the measures are the
    batches' means at it.
    """
    job = descent(runner, step_sizes=(1e-3, 1e-2, 1e9))

    for artifact in runner.column(job):
        grid = {float(size): pair for size, pair in artifact.series["grid"].items()}
        best = min(grid, key=lambda size: grid[size][0])
        assert artifact.series["step_size"] == best
        assert artifact.measures["dL_same"] == pytest.approx(sum(artifact.series["dL_same"]) / 4)
        assert artifact.measures["dL_same"] == pytest.approx(grid[best][0])
        assert artifact.measures["dL_same"] < 0
        assert artifact.measures["pur"] == pytest.approx(
            artifact.measures["dL_held"] / artifact.measures["dL_same"]
        )


def last_block_slopes(forward: ForwardPass) -> dict[str, torch.Tensor]:
    """Autograd's gradients of the second of two blocks under raw oracle credit, by name."""
    network, h = forward.network, forward.trace.hidden[1]
    credit = Oracle([None] * 2, SEEDS, network.architecture, "cpu").credit(forward, [1])[:, 0]
    names = [name for name in network.weights if name.startswith("blocks.1.")]
    leaves = {name: network.weights[name].clone().requires_grad_() for name in names}
    w = {name.removeprefix("blocks.1."): leaf for name, leaf in leaves.items()}
    scaled = F.layer_norm(h, (16,)) * w["norm.weight"].unsqueeze(1) + w["norm.bias"].unsqueeze(1)
    active = F.gelu(scaled @ w["w1"] + w["b1"].unsqueeze(1))
    output = active @ w["w2"] + w["b2"].unsqueeze(1)
    slopes = torch.autograd.grad((output * credit).sum(-1).mean(1).sum(), list(leaves.values()))
    return dict(zip(names, slopes, strict=True))


def test_losses_change_as_on_a_copy_of_the_network(runner: Any) -> None:
    """dL_same and dL_held are differences of losses on the two batches, before and after SGD on the
    copy's last block alone.
    """
    job = descent(runner, credit="raw", blocks="last1", steps=3, step_sizes=(2.0,))
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
            for name, slope in last_block_slopes(forward).items():
                network.weights[name].sub_(2.0 * slope)
        expected.append(losses[1] - losses[0])
        network.weights.flat.copy_(frozen)

    same, held_out = torch.stack(expected).unbind(1)
    for replica, artifact in enumerate(runner.column(job)):
        assert artifact.series["dL_same"] == pytest.approx(same[:, replica].tolist(), rel=1e-7)
        assert artifact.measures["dL_held"] == pytest.approx(
            held_out[:, replica].mean().item(), rel=1e-7
        )


def test_pur_of_identical_batches_is_one(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the held batch is the update batch, dL_held is dL_same and PUR is 1."""
    from engine import descent as module

    original = module._batches
    monkeypatch.setattr(
        module,
        "_batches",
        lambda task, own: [(update, update) for update, _ in original(task, own)],
    )

    for artifact in runner.column(descent(runner)):
        assert artifact.measures["dL_held"] == artifact.measures["dL_same"]
        assert artifact.measures["pur"] == 1


def test_update_and_held_batches_are_disjoint_when_both_are_test_batches(runner: Any) -> None:
    """No test image of an update batch is in any held batch."""
    from engine.descent import _batches

    task = open_task([own["task"] for own in runner.tasks(SEEDS)], SEEDS, "cpu")
    pairs = _batches(task, LocalDescent(update_from="test", batches=3, batch_size=32))

    update = torch.cat([x for (x, _), _ in pairs], 1)[0]
    held = torch.cat([x for _, (x, _) in pairs], 1)[0]
    assert len(update) == len(held) == 96
    assert not (update.unsqueeze(1) == held.unsqueeze(0)).all(-1).any()


def test_a_replica_descends_alike_in_any_company(runner: Any) -> None:
    """The second seed's figures are the same measured alone."""
    both = descent(runner, "dfa", steps=2)
    lane = both.replicas[1]

    alone = runner.run("local_descent", [lane.inputs], batches=4, batch_size=32, steps=2)

    assert alone.out[0, 0].measures == both.out[1, 0].measures


def test_a_step_that_leaves_the_finite_numbers_is_undefined(runner: Any) -> None:
    """With only an absurd step size the loss overflows, and every measure says so."""
    job = descent(runner, step_sizes=(1e200,), steps=3)

    artifact = job.out[0, 0]
    assert artifact.measures.keys() <= {"update_variance"}
    assert "not finite at any step size" in artifact.undefined["dL_same"]
    assert artifact.series["dL_same"] == [None] * 4
    assert artifact.series["grid"] == {"1e+200": [None, None]}


def test_after_one_step_update_variance_is_that_of_any_step_size(runner: Any) -> None:
    """It is relative to the mean update, so that the size of a single step has no part in it."""
    found = []
    for sizes in ((1e-3,), (0.03,), (1e-3, 0.03)):
        job = descent(runner, "dfa", steps=1, step_sizes=sizes)
        found.append([artifact.measures["update_variance"] for artifact in runner.column(job)])

    assert found[0] == pytest.approx(found[1], rel=1e-9)
    assert found[2] == pytest.approx(found[1], rel=1e-9)
    assert found[0][0] != pytest.approx(found[0][1], rel=1e-3)
