"""The simulation of ``tests/bench/statistics.py`` in small: fixed draws, so a rate beyond its bound
is a change of the judge.
"""

import numpy as np
import pytest

from cbspec.claim import Seeds
from cbspec.judge import Sample, decide
from cbspec.kinds import Equivalence
from cbspec.statistics import student
from tests.cbspec.judge.simulation import (
    ALPHA,
    CASES,
    Case,
    coverage,
    draw,
    fixed,
    rates,
    shown,
    stated,
)

TRIALS = 2000
ESCALATION = Seeds(pool=tuple(range(12)), start=3)
ONE_SIDED = {"low": 0.0, "high": np.inf}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seeds", [fixed(3), fixed(10), ESCALATION], ids=["n=3", "n=10", "3..12"])
def test_errs_at_most_alpha(name: str, seeds: Seeds) -> None:
    """On the boundary of its null, under normal and skewed noise, a kind neither holds nor is
    refuted more often than alpha.
    """
    for noise in ("normal", "exponential", "-exponential"):
        found = rates(
            CASES[name], noise, seeds, TRIALS, np.random.default_rng([5, len(seeds.pool)])
        )

        assert found.holds <= found.bound, noise
        assert found.refuted <= found.bound, noise


@pytest.mark.parametrize(
    "weights", [{"a": 1.0, "b": -1.0}, {"a": 1.0}, {"a": 1.0, "b": -0.5}], ids=str
)
@pytest.mark.parametrize("noise", ["normal", "exponential", "-exponential", "lognormal"])
def test_intervals_cover(weights: dict[str, float], noise: str) -> None:
    """95 % intervals cover at least 93 % of the time, at one look and where several may stop."""
    for seeds in (fixed(3), fixed(10), ESCALATION):
        assert coverage(weights, noise, seeds, 5000, np.random.default_rng(7)) >= 0.93


@pytest.mark.parametrize("n", [3, 5, 10])
def test_power_matches_the_closed_form(n: int) -> None:
    """A paired step, a lone arm and an equivalence are shown as often as their power says, within 3
    %.
    """
    rng = np.random.default_rng(n)
    order = shown(
        Case(CASES["order, margin"].assertion, {"a": 2 + 1.5 * np.sqrt(2), "b": 0}), n, 8000, rng
    )
    sign = shown(Case(CASES["sign"].assertion, {"a": -2.0}), n, 8000, rng)
    equal = shown(
        Case(stated(Equivalence, arms=("a", "b"), margin=3.0), {"a": 0, "b": 0}), n, 8000, rng
    )

    assert order == pytest.approx(student.power(1.5, 1, n, ALPHA, **ONE_SIDED), abs=0.03)
    assert sign == pytest.approx(student.power(2, 1, n, ALPHA, **ONE_SIDED, guarded=True), abs=0.03)
    assert equal == pytest.approx(student.power(0, np.sqrt(2), n, ALPHA, low=-3, high=3), abs=0.03)


@pytest.mark.parametrize("name", CASES)
def test_simulated_rows_are_decided_as_findings_are(name: str) -> None:
    """What the simulation counts is what `decide` says of each row."""
    case, rows = CASES[name], 40
    drawn = draw(case, "normal", 4, rows, np.random.default_rng(3))
    verdicts = [
        decide(
            case.assertion,
            {(a, "x"): Sample(v[i], (1, 2, 3, 4)) for a, v in drawn.items()},
            alpha=ALPHA,
        ).verdict
        for i in range(rows)
    ]
    found = rates(case, "normal", fixed(4), rows, np.random.default_rng(3))

    assert (verdicts.count("holds") / rows, verdicts.count("refuted") / rows) == (
        found.holds,
        found.refuted,
    )
