"""Whether the differences that a vector field is fitted to are the derivative, or its rounding."""

from __future__ import annotations

from typing import Any

import pytest

SEEDS = (42, 123)
SIZES: dict[str, Any] = {"batches": 2, "batch_size": 16}


def snapshots(runner: Any, scale: float = 1.0) -> list[dict[str, Any]]:
    """Two briefly trained snapshots, the first one's blocks writing hidden states that are larger
    by `scale`.
    """
    job = runner.run(
        "train_bp", runner.tasks(SEEDS), epoch=2, width=16, depth=2, epochs=8, batch_size=32
    )
    found = [{"snapshot": artifact} for artifact in runner.column(job, 2)]
    for name in ("blocks.0.w2", "blocks.0.b2"):
        found[0]["snapshot"].tensors[name].mul_(scale)
    return found


def measured(runner: Any, given: list[dict[str, Any]], **field: Any) -> list[Any]:
    """Target quality of a random field on each snapshot."""
    estimators = runner.column(runner.run("vector_field", given, epochs=0, hidden=16, **field))
    inputs = [
        own | {"estimator": artifact} for own, artifact in zip(given, estimators, strict=True)
    ]
    return runner.column(runner.run("target_quality", inputs, **SIZES))


@pytest.mark.parametrize(
    "field",
    [{}, {"difference": "one_sided", "eps": 1e-3}, {"sampling": "importance", "s_type": "deltaL"}],
)
def test_the_differences_are_the_derivative(runner: Any, field: dict[str, Any]) -> None:
    """On states of ordinary size the measured derivatives correlate with the true ones, and hardly
    one is exactly 0.
    """
    for artifact in measured(runner, snapshots(runner), **field):
        assert artifact.measures["target_correlation"] > 0.99
        assert artifact.measures["silent_targets"] < 0.02
        assert artifact.measures["target_correlation"] == min(artifact.series["target_correlation"])
        assert artifact.measures["silent_targets"] == max(artifact.series["silent_targets"])


@pytest.mark.parametrize(("scale", "correlation", "silent"), [(1e8, 0.9, 0.02), (1e12, 0.0, 1.0)])
def test_rounding_is_told(runner: Any, scale: float, correlation: float, silent: float) -> None:
    """Behind a block that writes huge states the differences turn into noise and then into 0; other
    levels and seeds are fine.
    """
    large, other = measured(runner, snapshots(runner, scale))

    assert large.measures["target_correlation"] <= correlation
    assert large.measures["silent_targets"] >= silent
    assert large.series["target_correlation"][0] > 0.9
    assert other.measures["target_correlation"] > 0.99


def test_a_control_changes_nothing(runner: Any) -> None:
    """The differences are read before they are shuffled or replaced: they say whether there is
    something to shuffle.
    """
    given = snapshots(runner)
    plain, shuffled = (measured(runner, given, targets=targets) for targets in ("true", "shuffled"))

    assert [artifact.series for artifact in shuffled] == [artifact.series for artifact in plain]


def test_lost_numbers_have_no_quality(runner: Any) -> None:
    """States beyond the range of numbers leave both measures undefined, for that replica alone."""
    large, other = measured(runner, snapshots(runner, 1e39))

    assert large.measures == {}
    assert set(large.undefined.values()) == {
        "not finite: the hidden states left the range of numbers"
    }
    assert other.undefined == {}


def test_only_a_vector_field_has_differences(runner: Any) -> None:
    """Any other estimator is refused by its name."""
    given = snapshots(runner)
    estimators = runner.column(runner.run("dfa", given))
    inputs = [
        own | {"estimator": artifact} for own, artifact in zip(given, estimators, strict=True)
    ]

    with pytest.raises(ValueError, match="target_quality: dfa is fitted to no differences"):
        runner.run("target_quality", inputs, **SIZES)
