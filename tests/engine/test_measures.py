"""Gamma, rho, nudge and their validity."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.credit.estimator import normalise
from engine.measures import MEASURES, correlation, cosine, gamma, undefined
from engine.nets import cross_entropy
from engine.snapshot import read_network
from engine.tasks import open_task

SEEDS = (42, 123)
SIZES: dict[str, Any] = {"batches": 2, "batch_size": 16, "directions": 8}


def draw(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(seed=st.integers(0, 2**30), scale=st.floats(1e-150, 1e150), sign=st.sampled_from([1.0, -1.0]))
@settings(max_examples=50, deadline=None)
def test_gamma_and_rho_know_direction_only(seed: int, scale: float, sign: float) -> None:
    """Any positive rescaling leaves them as they are, however small or large; negation flips their sign."""
    credit, reference = draw(seed, 4, 16), draw(seed + 1, 4, 16)

    torch.testing.assert_close(gamma(sign * scale * credit, reference), sign * gamma(credit, reference))
    torch.testing.assert_close(correlation(sign * scale * credit, reference), sign * correlation(credit, reference))


def test_cosine_and_correlation_by_hand() -> None:
    """They agree with PyTorch's, are 1 for equal vectors, and 0 where a side vanishes or has no spread."""
    a, b = draw(1, 5, 16), draw(2, 5, 16)

    torch.testing.assert_close(cosine(a, b), torch.cosine_similarity(a, b, -1))
    torch.testing.assert_close(
        correlation(a, b), torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(a, b, strict=True)])
    )
    torch.testing.assert_close(cosine(a, 3 * a), torch.ones(5, dtype=torch.float64))
    assert cosine(a, torch.zeros_like(a)).count_nonzero() == 0
    assert correlation(a, torch.ones_like(a)).count_nonzero() == 0


def measured(laboratory: Any, stage: str, scale: float = 1.0) -> Any:
    """Credit quality of an estimator on a briefly trained snapshot, the first replica's hidden states blown up by `scale`."""
    job = laboratory.run("train_bp", laboratory.tasks(SEEDS), epoch=2, width=16, depth=2, epochs=8, batch_size=32)
    snapshots = [{"snapshot": artifact} for artifact in laboratory.column(job, 2)]
    for name in ("embed.weight", "embed.bias", *(f"blocks.{level}.{part}" for level in (0, 1) for part in ("w2", "b2"))):
        snapshots[0]["snapshot"].tensors[name].mul_(scale)
    estimators = laboratory.column(laboratory.run(stage, snapshots))
    inputs = [own | {"estimator": artifact} for own, artifact in zip(snapshots, estimators, strict=True)]
    return laboratory.run("credit_quality", inputs, **SIZES), snapshots


def test_the_oracle_is_perfect(laboratory: Any) -> None:
    """Gamma of the oracle is 1, its rho is within 1e-4 of 1 in float64, and moving along its credit lowers the loss."""
    job, _ = measured(laboratory, "oracle")

    for artifact in laboratory.column(job):
        assert artifact.measures["gamma"] == pytest.approx(1, abs=1e-12)
        assert artifact.measures["rho"] == pytest.approx(1, abs=1e-4)
        assert artifact.measures["nudge"] < 0
        assert artifact.measures["float32_agreement"] > 0.9999
        assert artifact.undefined.keys() == {"state_error"}


def test_random_feedback_is_near_chance(laboratory: Any) -> None:
    """DFA's random credit has Gamma and rho far from 1 on both replicas."""
    job, _ = measured(laboratory, "dfa")

    for artifact in laboratory.column(job):
        assert abs(artifact.measures["gamma"]) < 0.4
        assert abs(artifact.measures["rho"]) < 0.4


def test_nudge_is_the_loss_change_of_a_small_step(laboratory: Any) -> None:
    """It equals the mean loss after h_l moved by -.003 normalised credit, minus that before, at each level."""
    job, snapshots = measured(laboratory, "oracle")
    artifacts = [own["snapshot"] for own in snapshots]
    task = open_task(artifacts, SEEDS, "cpu")
    network = read_network(artifacts, task, "cpu", torch.float64)

    from engine.forward import ForwardPass

    changes = []
    for x, y in task.sample("test", 2, 16):
        forward = ForwardPass(network, x.double(), y)
        credit = normalise(forward.gradients() / 16)
        moved = [network.logits(forward.trace.hidden[level] - 3e-3 * credit[:, level], level) for level in range(2)]
        changes.append(torch.stack([(cross_entropy(logits, y) - forward.losses).mean(1) for logits in moved], 1))
    expected = torch.stack(changes).mean(0)

    for replica, artifact in enumerate(laboratory.column(job)):
        torch.testing.assert_close(torch.tensor(artifact.series["nudge"], dtype=torch.float64), expected[replica])


def test_float64_settles_what_float32_cannot(laboratory: Any) -> None:
    """With hidden states blown up a millionfold the oracle's Gamma and rho are still measured, and still 1."""
    job, _ = measured(laboratory, "oracle", scale=1e6)

    blown = job.out[0, 0]
    assert blown.measures["hidden_norm"] > 1e6
    assert blown.measures["reference_norm"] < 1e-6
    assert blown.measures["gamma"] == pytest.approx(1, abs=1e-9)
    assert blown.measures["rho"] == pytest.approx(1, abs=1e-2)


def test_a_reference_below_resolution_is_undefined_and_named(laboratory: Any) -> None:
    """With hidden states blown up to 1e14 no loss change can be resolved: rho and nudge say so, for that replica alone."""
    job, _ = measured(laboratory, "oracle", scale=1e14)

    blown, healthy = laboratory.column(job)
    assert "below float64 resolution" in blown.undefined["rho"]
    assert "below float64 resolution" in blown.undefined["nudge"]
    assert healthy.undefined.keys() == {"state_error"}


def test_reasons_name_measure_and_level() -> None:
    """A turning reference makes Gamma undefined, a silent loss rho and nudge, a non-finite value its own measure."""
    found = {name: torch.ones(2, dtype=torch.float64) for name in (*MEASURES, "steadiness", "signal", "loss")}
    assert undefined(found) == {}

    found["steadiness"] = torch.tensor([1.0, 0.5], dtype=torch.float64)
    found["signal"] = torch.tensor([1e-15, 1.0], dtype=torch.float64)
    found["hidden_norm"] = torch.tensor([1.0, torch.inf], dtype=torch.float64)
    reasons = undefined(found)

    assert reasons.keys() == {"gamma", "float32_agreement", "rho", "nudge", "hidden_norm"}
    assert "at level 1" in reasons["gamma"]
    assert "at level 0" in reasons["rho"]
