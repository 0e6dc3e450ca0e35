import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Collapse, Ratio
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decided, guarded

Tabled = Callable[..., Table]


def test_collapse_keeps_less_than_its_part(table: Table) -> None:
    """(arm - floor) - retain (reference - floor) is shown below 0 for each arm."""
    found = decided(
        Collapse(measure="x", arms=("dfa", "cb"), reference="oracle", floor=0.1, retain=0.4), table
    )

    heights = [0.4 * (ORACLE - 0.1) - (arm - 0.1) for arm in (DFA, CB)]
    assert ("holds", pytest.approx(max(map(guarded, heights)))) == (found.verdict, found.p)


def test_collapse_needs_height_to_lose(table: Table) -> None:
    """Where the reference is not shown above the floor, nothing can collapse and the finding is
    invalid.
    """
    found = decided(Collapse(measure="x", arms=("cb",), reference="dfa", floor=0.01), table)

    assert (found.verdict, found.reason) == (
        "invalid",
        "the reference dfa is not shown above the floor 0.01",
    )


def test_ratio_is_shown_on_logs_and_without(table: Table) -> None:
    """The factor is a paired t on logarithms, its interval a ratio; the linear form has to agree."""
    found = decided(Ratio(measure="x", arms=("oracle", "vec"), above=1.5), table)
    logs = stats.ttest_rel(
        np.log(ORACLE), np.log(VEC) + math.log(1.5), alternative="greater"
    ).pvalue
    interval = stats.ttest_rel(np.log(ORACLE), np.log(VEC)).confidence_interval()
    ratio, linear = found.effects

    assert found.p == pytest.approx(max(logs, guarded(ORACLE - 1.5 * VEC)))
    assert (ratio.p, linear.p) == pytest.approx((logs, guarded(ORACLE - 1.5 * VEC)))
    assert (ratio.unit, ratio.low, ratio.high) == (
        "ratio",
        *map(pytest.approx, np.exp([interval.low, interval.high])),
    )


def test_ratio_over_a_denominator_near_zero(tabled: Tabled) -> None:
    """Where the denominator has random sign, a factor is a distance from both of its multiples."""
    near = np.array([0.006, -0.011, 0.009, 0.002, -0.004, 0.001])
    found = decided(Ratio(measure="x", arms=("vec", "near"), above=3), tabled(vec=VEC, near=near))

    assert ("holds", pytest.approx(max(guarded(VEC - 3 * near), guarded(VEC + 3 * near)))) == (
        found.verdict,
        found.p,
    )
    assert [effect.label for effect in found.effects] == ["vec - 3 near", "vec + 3 near"]


def test_ratio_below_wants_a_positive_denominator(tabled: Tabled) -> None:
    """A denominator that is negative on most seeds neither shows nor refutes that a ratio is small."""
    found = decided(
        Ratio(measure="x", arms=("a", "b"), below=2),
        tabled(a=-VEC - 9, b=np.append(-VEC[:-1], 1e-3)),
    )

    assert (found.verdict, found.p > 0.9) == ("inconclusive", True)


def test_ratio_of_two_negative_arms_is_that_of_their_magnitudes(tabled: Tabled) -> None:
    """Losses that both fall are compared by how far: same p, same ratio, whichever verdict."""
    up, down = tabled(a=ORACLE, b=VEC), tabled(a=-ORACLE, b=-VEC)

    for bounds in ({"above": 1.5}, {"below": 1.5}, {"above": 1.1, "below": 9.0}):
        rise, fall = (
            decided(Ratio(measure="x", arms=("a", "b"), **bounds), table) for table in (up, down)
        )
        assert (rise.verdict, rise.p, rise.p_against) == (fall.verdict, fall.p, fall.p_against)
        assert fall.effects[0].label == "|a| / |b|"
        assert (rise.effects[0].estimate, rise.effects[0].low) == (
            fall.effects[0].estimate,
            fall.effects[0].low,
        )


def test_ratio_over_nothing_is_undefined(tabled: Tabled, rng: np.random.Generator) -> None:
    """A denominator shown to be smaller than the guard makes the ratio invalid."""
    found = decided(
        Ratio(measure="x", arms=("a", "b"), above=2, guard=0.01),
        tabled(a=VEC, b=1e-5 * rng.normal(size=6)),
    )

    assert (
        found.verdict,
        found.reason,
    ) == ("invalid", "ratio undefined: the denominator b is shown to be below 0.01 in magnitude")
