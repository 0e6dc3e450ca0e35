"""Tables and claims for judging, without any experiment behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cbspec.assertion import Assertion
from cbspec.claim import Claim, Seeds, Source
from cbspec.judge import Sample, Table

SEEDS = (42, 123, 456, 789, 1011, 1213, 1415, 1617, 1819, 2021, 2223, 2425)


@pytest.fixture
def tabled() -> Callable[..., Table]:
    """Arm values by name -> a table of the measure x."""

    def table(**arms: Sequence[float | None]) -> Table:
        return {(arm, "x"): Sample(values, SEEDS[: len(values)]) for arm, values in arms.items()}

    return table


@pytest.fixture
def claimed() -> Callable[..., Claim]:
    """Assertions -> a claim over three seeds of three, unless said otherwise."""

    def claim(
        *assertions: Assertion, controls: Sequence[Assertion] = (), start: int = 3, most: int = 3, **figures: float
    ) -> Claim:
        return Claim(
            id="1.a",
            title="",
            phase="1",
            status="active",
            source=Source(memo="", figures={"x": figures}),
            arms={},
            seeds=Seeds(pool=SEEDS[:most], start=start),
            assertions=tuple(assertions),
            controls=tuple(controls),
            alpha=0.05,
            scale="quick",
            decidable=("quick",),
            sizes={},
            revises=(),
            retracted_by=(),
            path=Path("1.a.yaml"),
            origins={},
            digest="",
        )

    return claim
