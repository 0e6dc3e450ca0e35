"""Curves that stages yield beside their measures, such as losses by epoch or values by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cbspec.claim import Claim
from cbspec.execution.plan import Planner
from cbspec.store import Store


class CurvePoint(NamedTuple):
    """One number of a curve. If a series is a list of lists, each inner list is a curve."""

    arm: str
    seed: int
    curve: str
    step: int
    value: float | None


def curves(claim: Claim, planner: Planner, store: Store) -> Iterator[CurvePoint]:
    """Yield every point of every stored curve of a claim's arms."""
    for (arm, seed), cell in planner.of(claim, claim.seeds.pool).items():
        result = store.get(cell.key, touch=False)
        if result is None:
            continue
        for name, content in result.series.items():
            for curve, step, value in _points(name, content):
                yield CurvePoint(arm, seed, curve, step, value)


def _points(name: str, content: Any) -> Iterator[tuple[str, int, float | None]]:
    if not isinstance(content, list):
        return
    for step, item in enumerate(content):
        if isinstance(item, list):
            yield from _points(f"{name}[{step}]", item)
        elif item is None or isinstance(item, int | float):
            yield name, step, item
