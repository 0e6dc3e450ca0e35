"""Tables and claims for judging, without any experiment behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from cbspec.claim import Claim, Seeds, Source
from cbspec.judge import Sample, Table
from cbspec.kinds import Assertion
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC
from tests.support.specimen import make_claim

SEEDS = (42, 123, 456, 789, 1011, 1213, 1415, 1617, 1819, 2021, 2223, 2425)


@pytest.fixture
def tabled() -> Callable[..., Table]:
    """Arm values by name -> a table of the measure x."""

    def table(**arms: Sequence[float | None]) -> Table:
        return {(arm, "x"): Sample(values, SEEDS[: len(values)]) for arm, values in arms.items()}

    return table


@pytest.fixture
def table(tabled: Callable[..., Table]) -> Table:
    """Four arms of six seeds, from no credit to the exact one."""
    return tabled(dfa=DFA, cb=CB, vec=VEC, oracle=ORACLE)


@pytest.fixture
def rng() -> np.random.Generator:
    """A stream of its own for each test, so that no value depends on which tests ran before."""
    return np.random.default_rng(1964)


@pytest.fixture
def claimed() -> Callable[..., Claim]:
    """Assertions -> a claim over three seeds of three, unless said otherwise."""

    def claim(
        *assertions: Assertion,
        controls: Sequence[Assertion] = (),
        start: int = 3,
        most: int = 3,
        **figures: float,
    ) -> Claim:
        return make_claim(
            id="1.a",
            source=Source(memo="", reported={"x": figures}),
            arms={},
            seeds=Seeds(pool=SEEDS[:most], start=start),
            assertions=tuple(assertions),
            controls=tuple(controls),
        )

    return claim
