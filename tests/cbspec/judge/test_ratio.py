import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Collapse, Ratio
from cbspec.stage import Measure
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decide, decided, greater

Tabled = Callable[..., Table]

FALL, NOISY = [-3.0, -3.1, -2.9], [-0.05, -0.1, -0.02]


def ratio(**fields: object) -> Ratio:
    """A ratio of the arms a and b."""
    return Ratio(measure="x", arms=("a", "b"), **fields)


def test_collapse_keeps_less_than_its_part(table: Table) -> None:
    """(arm - floor) - retain (reference - floor) is shown below 0 for each arm."""
    found = decided(
        Collapse(measure="x", arms=("dfa", "cb"), reference="oracle", floor=0.1, retain=0.4), table
    )

    heights = [0.4 * (ORACLE - 0.1) - (arm - 0.1) for arm in (DFA, CB)]
    assert ("holds", pytest.approx(max(map(greater, heights)))) == (found.verdict, found.p)


def test_collapse_needs_height_to_lose(table: Table) -> None:
    """Where the reference is not shown above the floor, nothing can collapse and the finding is
    invalid.
    """
    found = decided(Collapse(measure="x", arms=("cb",), reference="dfa", floor=0.02), table)

    assert (found.verdict, found.reason) == (
        "invalid",
        "the reference dfa is not shown above the floor 0.02",
    )


def test_a_ratio_is_tested_without_dividing(tabled: Tabled) -> None:
    """The factor is a paired t of a - 1.5 b where b is shown to be positive, two-sided."""
    found = decided(ratio(above=1.5), tabled(a=ORACLE, b=VEC))

    expected = max(greater(ORACLE - 1.5 * VEC), 2 * greater(VEC))
    assert ("holds", pytest.approx(expected)) == (found.verdict, found.p)
    assert found.reason.startswith("x: a / b = ")


def test_its_interval_is_fiellers(tabled: Tabled) -> None:
    """At either end of the interval the t of a - end b is Student's critical value."""
    [effect] = decided(ratio(above=1.5), tabled(a=ORACLE, b=VEC)).effects

    for end in (effect.low, effect.high):
        t = stats.ttest_1samp(ORACLE - end * VEC, 0).statistic
        assert abs(t) == pytest.approx(stats.t.isf(0.025, 5))
    assert effect.estimate == pytest.approx(ORACLE.mean() / VEC.mean())


@pytest.mark.parametrize("last", [-0.02, -1e-9, 1e-9, 0.01])
def test_no_verdict_turns_on_the_sign_of_noise(tabled: Tabled, last: float) -> None:
    """With a denominator that may be zero, nothing is shown, on either side of one value's sign."""
    found = decided(ratio(above=2), tabled(a=FALL, b=[*NOISY[:2], last]))

    assert found.verdict == "inconclusive"
    assert (found.effects[0].low, found.effects[0].high) == (-math.inf, math.inf)


@pytest.mark.parametrize("last", [-0.02, 0.01])
def test_a_stated_sign_needs_not_be_shown(tabled: Tabled, last: float) -> None:
    """Where the claim says that both arms are negative, the same values hold; where it says that
    they are positive, a denominator shown to be negative is a broken premise.
    """
    holds = decided(ratio(above=2, sign="negative"), tabled(a=FALL, b=[*NOISY[:2], last]))
    wrong = decided(ratio(above=2, sign="positive"), tabled(a=FALL, b=[-0.05, -0.051, -0.049]))

    assert holds.verdict == "holds"
    assert (wrong.verdict, wrong.reason) == (
        "invalid",
        "the denominator b is shown not to be positive",
    )


@pytest.mark.parametrize("bounds", [{"above": 1.5}, {"below": 1.5}, {"above": 1.1, "below": 9.0}])
def test_two_negative_arms_have_the_ratio_of_two_positive_ones(
    tabled: Tabled, bounds: dict[str, float]
) -> None:
    """Losses that both fall are compared by how far: same p, same ratio, whichever verdict."""
    rise = decided(ratio(**bounds), tabled(a=ORACLE, b=VEC))
    fall = decided(ratio(**bounds), tabled(a=-ORACLE, b=-VEC))

    assert (rise.verdict, rise.p, rise.p_against) == pytest.approx(
        (fall.verdict, fall.p, fall.p_against)
    )
    assert rise.effects[0].estimate == pytest.approx(fall.effects[0].estimate)


def test_an_unbounded_ratio_says_why(tabled: Tabled) -> None:
    """Where the denominator is not told from zero, Fieller's interval has no ends, and the reason
    says so in words.
    """
    found = decided(ratio(above=2), tabled(a=ORACLE, b=DFA))
    estimate = f"{np.mean(ORACLE) / np.mean(DFA):.3g}"

    assert found.reason.startswith(
        f"x: a / b = {estimate} (unbounded: the denominator may be zero) is not shown to lie above 2"
    )


def test_arms_of_opposite_sign_are_no_large_ratio(tabled: Tabled) -> None:
    """A ratio of -3 is shown not to lie above 2."""
    found = decided(ratio(above=2), tabled(a=[3.0, 3.1, 2.9], b=[-1.0, -1.01, -0.99]))

    assert found.verdict == "refuted"


def test_log_normal_noise_is_judged_on_logarithms(tabled: Tabled) -> None:
    """For a measure whose noise is a factor the ratio is that of geometric means: a t test of the
    logarithms.
    """
    measure = {"x": Measure("", "", noise="lognormal")}
    found = decide(ratio(above=1.5), tabled(a=ORACLE, b=VEC), alpha=0.05, measures=measure)
    logs = stats.ttest_rel(np.log(ORACLE), np.log(VEC) + math.log(1.5), alternative="greater")

    assert found.p == pytest.approx(logs.pvalue)
    assert found.effects[0].estimate == pytest.approx(stats.gmean(ORACLE) / stats.gmean(VEC))


def test_ratio_over_nothing_is_undefined(tabled: Tabled, rng: np.random.Generator) -> None:
    """A denominator shown to be smaller than the guard makes the ratio invalid."""
    found = decided(ratio(above=2, guard=0.01), tabled(a=VEC, b=1e-5 * rng.normal(size=6)))

    assert (found.verdict, found.reason) == (
        "invalid",
        "ratio undefined: the denominator b is shown to be below 0.01 in magnitude",
    )


@pytest.mark.parametrize(
    ("over", "resolution", "sd"),
    [([10 + 1e-9, 10.0, 10 - 1e-9], 0.0, 1e-9), ([10.0, 10.0, 10.0], 1e-3, 5e-4)],
    ids=["spread of the tenth digit", "equal values"],
)
def test_an_interval_of_nearly_equal_values_has_a_width(
    tabled: Tabled, over: list[float], resolution: float, sd: float
) -> None:
    """Rounding leaves it as wide as it is, and equal values are known to half a resolution only."""
    table = tabled(a=np.array(over), b=np.array([1e3, 1e3, 1e3 + 1e-9]))
    measures = {"x": Measure("", "", resolution=resolution)}
    [effect] = decide(ratio(above=0.001), table, alpha=0.05, measures=measures).effects
    half = stats.t.isf(0.025, 2) * sd / math.sqrt(3) / 1e3

    assert effect.high - effect.estimate == pytest.approx(half, rel=0.01)
    assert effect.estimate - effect.low == pytest.approx(half, rel=0.01)


@pytest.mark.parametrize(
    ("fields", "noise", "words"),
    [
        ({}, "normal", "Fieller's test, p"),
        ({"test": "robust"}, "normal", "Fieller's test, guarded against skew, p"),
        ({}, "heavy", "Fieller's test, guarded against skew, p"),
        ({"test": "exact"}, "normal", "Fieller's test by sign flips, p"),
    ],
)
def test_the_reason_names_how_the_ratio_was_tested(
    tabled: Tabled, fields: dict[str, str], noise: str, words: str
) -> None:
    """A guard against skew and sign flips are told, as of any other kind."""
    measures = {"x": Measure("", "", noise=noise, why="quotients")}
    table = tabled(a=ORACLE, b=VEC)
    found = decide(ratio(above=1.1, **fields), table, alpha=0.05, measures=measures)

    assert words in found.reason
