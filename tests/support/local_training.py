"""Inputs of the stages that train locally, and what makes two results the same."""

from __future__ import annotations

from typing import Any

import torch

SIZES: dict[str, Any] = {"epochs": 8, "batch_size": 32}
FIELD: dict[str, Any] = {"epochs": 0, "hidden": 16, "directions": 2}


def initial_snapshots(runner: Any, seeds: tuple[int, ...] = (42, 123, 456)) -> list[dict[str, Any]]:
    """Epoch-0 snapshots."""
    job = runner.run("train_bp", runner.tasks(seeds), epoch=0, width=16, depth=2, **SIZES)
    return [{"snapshot": artifact} for artifact in runner.column(job)]


def with_estimators(
    runner: Any,
    snapshots: list[dict[str, Any]],
    stage: str = "dfa",
    each: Any = (),
    **chosen: Any,
) -> list[dict[str, Any]]:
    """Snapshots with an estimator each."""
    job = runner.run(stage, snapshots, each=each, **chosen)
    return [
        own | {"estimator": artifact}
        for own, artifact in zip(snapshots, runner.column(job), strict=True)
    ]


def equal(first: Any, second: Any) -> bool:
    """Bit for bit, and the same figures."""
    tensors = all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    return (
        tensors
        and first.tensors.keys() == second.tensors.keys()
        and (first.measures, first.series) == (second.measures, second.series)
    )
