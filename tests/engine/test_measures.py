"""Gamma, rho, nudge and their validity."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import normalise, open_estimator
from engine.credit.oracle import Oracle
from engine.forward import ForwardPass
from engine.measures import MEASURES, by_autograd, correlation, cosine, gamma, undefined
from engine.nets import ResidualMLP, cross_entropy
from engine.randomness import generator
from engine.snapshot import read_network
from engine.tasks import open_task

SEEDS = (42, 123)
SIZES: dict[str, Any] = {"batches": 2, "batch_size": 16, "directions": 8}


def draw(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(
    seed=st.integers(0, 2**30), scale=st.floats(1e-150, 1e150), sign=st.sampled_from([1.0, -1.0])
)
@settings(max_examples=50, deadline=None)
def test_gamma_and_rho_know_direction_only(seed: int, scale: float, sign: float) -> None:
    """Any positive rescaling leaves them as they are, however small or large; negation flips their
    sign.
    """
    credit, reference = draw(seed, 4, 16), draw(seed + 1, 4, 16)

    torch.testing.assert_close(
        gamma(sign * scale * credit, reference), sign * gamma(credit, reference)
    )
    torch.testing.assert_close(
        correlation(sign * scale * credit, reference), sign * correlation(credit, reference)
    )


def test_cosine_and_correlation_by_hand() -> None:
    """They agree with PyTorch's, are 1 for equal vectors, and 0 where a side vanishes or has no
    spread.
    """
    a, b = draw(1, 5, 16), draw(2, 5, 16)

    torch.testing.assert_close(cosine(a, b), torch.cosine_similarity(a, b, -1))
    torch.testing.assert_close(
        correlation(a, b),
        torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(a, b, strict=True)]),
    )
    torch.testing.assert_close(cosine(a, 3 * a), torch.ones(5, dtype=torch.float64))
    assert cosine(a, torch.zeros_like(a)).count_nonzero() == 0
    assert correlation(a, torch.ones_like(a)).count_nonzero() == 0


def measured(runner: Any, stage: str, scale: float = 1.0, **chosen: Any) -> Any:
    """Credit quality of an estimator on a briefly trained snapshot, the first replica's hidden
    states blown up by `scale`.
    """
    job = runner.run(
        "train_bp", runner.tasks(SEEDS), epoch=2, width=16, depth=2, epochs=8, batch_size=32
    )
    snapshots = [{"snapshot": artifact} for artifact in runner.column(job, 2)]
    for name in (
        "embed.weight",
        "embed.bias",
        *(f"blocks.{level}.{part}" for level in (0, 1) for part in ("w2", "b2")),
    ):
        snapshots[0]["snapshot"].tensors[name].mul_(scale)
    estimators = runner.column(runner.run(stage, snapshots, **chosen))
    inputs = [
        own | {"estimator": artifact} for own, artifact in zip(snapshots, estimators, strict=True)
    ]
    return runner.run("credit_quality", inputs, **SIZES), snapshots


def test_the_oracle_is_perfect(runner: Any) -> None:
    """Gamma of the oracle is 1, its rho is within 1e-4 of 1 in float64, and moving along its credit
    lowers the loss.
    """
    job, _ = measured(runner, "oracle")

    for artifact in runner.column(job):
        assert artifact.measures["gamma"] == pytest.approx(1, abs=1e-12)
        assert artifact.measures["rho"] == pytest.approx(1, abs=1e-4)
        assert artifact.measures["nudge"] < 0
        assert artifact.measures["float32_agreement"] > 0.9999
        assert artifact.undefined.keys() == {"state_error"}


def test_random_feedback_is_near_chance(runner: Any) -> None:
    """DFA's random credit has Gamma and rho far from 1 on both replicas."""
    job, _ = measured(runner, "dfa")

    for artifact in runner.column(job):
        assert abs(artifact.measures["gamma"]) < 0.4
        assert abs(artifact.measures["rho"]) < 0.4


def test_nudge_is_the_loss_change_of_a_small_step(runner: Any) -> None:
    """It equals the mean loss after h_l moved by -.003 normalised credit, minus that before, at
    each level.
    """
    job, snapshots = measured(runner, "oracle")
    artifacts = [own["snapshot"] for own in snapshots]
    task = open_task(artifacts, SEEDS, "cpu")
    network = read_network(artifacts, task, "cpu", torch.float64)

    changes = []
    for x, y in task.sample("test", 2, 16):
        forward = ForwardPass(network, x.double(), y)
        credit = normalise(forward.gradients() / 16)
        moved = [
            network.logits(forward.trace.hidden[level] - 3e-3 * credit[:, level], level)
            for level in range(2)
        ]
        changes.append(
            torch.stack(
                [(cross_entropy(logits, y) - forward.losses).mean(1) for logits in moved], 1
            )
        )
    expected = torch.stack(changes).mean(0)

    for replica, artifact in enumerate(runner.column(job)):
        torch.testing.assert_close(
            torch.tensor(artifact.series["nudge"], dtype=torch.float64), expected[replica]
        )


def test_float64_settles_what_float32_cannot(runner: Any) -> None:
    """With hidden states blown up a millionfold the oracle's Gamma and rho are still measured, and
    still 1.
    """
    job, _ = measured(runner, "oracle", scale=1e6)

    blown = job.out[0, 0]
    assert blown.measures["hidden_norm"] > 1e6
    assert blown.measures["reference_norm"] < 1e-6
    assert blown.measures["gamma"] == pytest.approx(1, abs=1e-9)
    assert blown.measures["rho"] == pytest.approx(1, abs=1e-2)


def test_a_reference_below_resolution_is_undefined_and_named(runner: Any) -> None:
    """With hidden states blown up to 1e14 no loss change can be resolved: rho and nudge say so, for
    that replica alone.
    """
    job, _ = measured(runner, "oracle", scale=1e14)

    blown, healthy = runner.column(job)
    assert "below float64 resolution" in blown.undefined["rho"]
    assert "below float64 resolution" in blown.undefined["nudge"]
    assert healthy.undefined.keys() == {"state_error"}


def test_reasons_name_measure_and_level() -> None:
    """A turning reference makes Gamma undefined, a silent loss rho and nudge, a non-finite value
    its own measure.
    """
    found = {
        name: torch.ones(2, dtype=torch.float64)
        for name in (*MEASURES, "steadiness", "signal", "loss")
    }
    assert undefined(found) == {}

    found["steadiness"] = torch.tensor([1.0, 0.5], dtype=torch.float64)
    found["signal"] = torch.tensor([1e-15, 1.0], dtype=torch.float64)
    found["hidden_norm"] = torch.tensor([1.0, torch.inf], dtype=torch.float64)
    reasons = undefined(found)

    assert reasons.keys() == {"gamma", "float32_agreement", "rho", "nudge", "hidden_norm"}
    assert "at level 1" in reasons["gamma"]
    assert "at level 0" in reasons["rho"]


def parts(snapshots: list[Any]) -> tuple[list[ForwardPass], ResidualMLP]:
    """The batches that a snapshot's credit quality is measured on, and its network in float64."""
    artifacts = [own["snapshot"] for own in snapshots]
    task = open_task(artifacts, SEEDS, "cpu")
    network = read_network(artifacts, task, "cpu", torch.float64)
    return [ForwardPass(network, x.double(), y) for x, y in task.sample("test", 2, 16)], network


def test_rho_is_numpys_correlation_over_directions_and_samples(runner: Any) -> None:
    """With the stage's own unit directions, <a, eps v> against each sample's real loss change, one
    sample at a time.
    """
    job, snapshots = measured(runner, "dfa")
    passes, network = parts(snapshots)
    streams = [generator(seed, "credit_quality", "directions") for seed in SEEDS]
    predicted: dict[tuple[int, int], list[float]] = {}
    changed: dict[tuple[int, int], list[float]] = {}
    for forward in passes:
        credit = DFA([None] * 2, SEEDS, network.architecture, "cpu", torch.float64).credit(
            forward, range(2)
        )
        for replica, stream in enumerate(streams):
            v = torch.randn(2, 8, 16, generator=stream).double()
            v = 1e-3 * v / v.norm(dim=-1, keepdim=True)
            for level, direction in product(range(2), range(8)):
                moved = forward.trace.hidden[level] + v[level, direction]
                change = cross_entropy(network.logits(moved, level), forward.y) - forward.losses
                changed.setdefault((replica, level), []).extend(change[replica].tolist())
                predicted.setdefault((replica, level), []).extend(
                    (credit[replica, level] @ v[level, direction]).tolist()
                )

    for replica, artifact in enumerate(runner.column(job)):
        expected = [
            np.corrcoef(predicted[replica, level], changed[replica, level])[0, 1]
            for level in range(2)
        ]
        assert artifact.series["rho"] == pytest.approx(expected, abs=1e-6)
        assert artifact.measures["rho"] == pytest.approx(sum(expected) / 2, abs=1e-6)


def test_gamma_and_norms_are_means_over_samples_then_levels(runner: Any) -> None:
    """Gamma and the reference's norm over levels 0 to L-1, hidden norms over 0 to L, by autograd on
    each sample alone.
    """
    job, snapshots = measured(runner, "dfa")
    passes, network = parts(snapshots)
    dfa = DFA([None] * 2, SEEDS, network.architecture, "cpu", torch.float64)

    for replica, artifact in enumerate(runner.column(job)):
        cosines, lengths, norms = ([], [], []), ([], [], []), ([], [], [])
        for forward in passes:
            credit = dfa.credit(forward, range(2))
            for level, n in product(range(3), range(16)):
                h = forward.trace.hidden[level].clone().requires_grad_()
                loss = cross_entropy(network.logits(h, level), forward.y)[replica, n]
                slope = torch.autograd.grad(loss, h)[0][replica, n]
                norms[level].append(h[replica, n].norm().item())
                if level < 2:
                    cosines[level].append(
                        torch.cosine_similarity(credit[replica, level, n], slope, 0).item()
                    )
                    lengths[level].append(slope.norm().item())
        for name, found, levels in (
            ("gamma", cosines, 2),
            ("reference_norm", lengths, 2),
            ("hidden_norm", norms, 3),
        ):
            expected = [sum(found[level]) / 32 for level in range(levels)]
            assert artifact.series[name] == pytest.approx(expected, rel=1e-9)
            assert artifact.measures[name] == pytest.approx(sum(expected) / levels, rel=1e-9)


def test_state_error_is_the_bridges_own_on_test_batches(runner: Any) -> None:
    """Of an untrained bridge it is about 1: the mean over batches of |P - h_L|^2 over |h_L|^2, per
    level, in float64.
    """
    job, snapshots = measured(runner, "state_bridge", epochs=0, hidden=16)
    passes, network = parts(snapshots)
    own = [replica.inputs["estimator"] for replica in job.replicas]
    bridge = open_estimator(own, network)

    errors = torch.stack([bridge.state_error(forward) for forward in passes]).mean(0)

    for replica, artifact in enumerate(runner.column(job)):
        assert artifact.series["state_error"] == pytest.approx(errors[replica].tolist(), rel=1e-12)
        assert 0.3 < artifact.measures["state_error"] < 3


@given(
    seed=st.integers(0, 2**30), depth=st.integers(1, 4), scale=st.sampled_from([1e-3, 1.0, 30.0])
)
@settings(max_examples=15, deadline=None)
def test_gamma_of_the_oracle_is_one_on_any_network(seed: int, depth: int, scale: float) -> None:
    """Whatever the weights, width and data: the oracle's Gamma against dL/dh_l is 1, and DFA's lies
    between -1 and 1.
    """
    shape = Architecture(32, 16, depth)
    weights = initialise(shape, SEEDS, "cpu").to(torch.float64)
    weights.flat += scale * 0.1 * draw(seed, *weights.flat.shape)
    forward = ForwardPass(
        ResidualMLP(shape, weights), draw(seed + 1, 2, 8, 32), torch.arange(16).view(2, 8) % 10
    )
    truth = forward.gradients()[:, :-1]

    oracle, dfa = (
        kind([None] * 2, SEEDS, shape, "cpu", torch.float64).credit(forward, range(depth))
        for kind in (Oracle, DFA)
    )

    torch.testing.assert_close(gamma(oracle, truth), torch.ones(2, depth, dtype=torch.float64))
    assert (gamma(dfa, truth).abs() <= 1).all()


def test_the_oracles_gamma_tells_a_wrong_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gamma is measured against autograd. It is 1 for the oracle, and far from it where the backward
    pass that the oracle takes is wrong.
    """
    shape = Architecture(32, 16, 3)
    network = ResidualMLP(shape, initialise(shape, SEEDS, "cpu").to(torch.float64))
    labels = torch.randint(10, (2, 8), generator=torch.Generator().manual_seed(2))
    forward = ForwardPass(network, draw(3, 2, 8, 32), labels)
    oracle = Oracle([None] * 2, SEEDS, shape, "cpu", torch.float64)

    right = gamma(oracle.credit(forward, range(3)), by_autograd(forward))
    monkeypatch.setattr(ResidualMLP, "pull_back", lambda self, level, block, back: back.roll(1, -1))
    wrong = gamma(oracle.credit(forward, range(3)), by_autograd(forward))

    assert (right > 1 - 1e-9).all()
    assert (wrong < 0.9).all()
