"""A figure states what the sample is: every point has a value within its axis, and nothing is
tested.
"""

import math
from collections.abc import Callable

import pytest
from scipy import stats

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, judge, lint, next_analysis, with_again
from cbspec.kinds import Figure, Order
from cbspec.stage import Measure
from tests.cbspec.judge.arms import decide, decided

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

VALUES = [0.2, 0.5, 0.35]
UP = Order(measure="x", arms=("a", "b"), direction="ascending")
STEPS = {"a": [0.2, 0.1, 0.3], "b": [0.30, 0.36, 0.50]}  # shown at 0.05, not at 0.025


def figure(*arms: str, low: float = 0.0, high: float = 1.0) -> Figure:
    return Figure(axes={"x": (low, high)}, arms=arms)


def test_holds_with_every_value_inside(tabled: Tabled) -> None:
    """p is 0 and its opposite 1; the ends of the axis belong to it."""
    found = decided(figure("a", "b"), tabled(a=VALUES, b=[0.0, 1.0, 0.5]))

    assert (found.verdict, found.p, found.p_against) == ("holds", 0.0, 1.0)
    assert found.reason == "each of 2 points has a value within its axis on every seed"


def test_an_effect_is_the_mean_with_students_interval(tabled: Tabled) -> None:
    """Each point has SciPy's 95 % interval, its spread over seeds, its unit and the memo's figure."""
    [effect] = decide(
        figure("a"),
        tabled(a=VALUES),
        alpha=0.05,
        measures={"x": Measure("cosine", "")},
        reported={"x": {"a": 0.3}},
    ).effects
    expected = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)

    assert (effect.label, effect.measure, effect.unit, effect.n, effect.reported) == (
        "a",
        "x",
        "cosine",
        3,
        0.3,
    )
    assert (effect.estimate, effect.spread) == pytest.approx((0.35, 0.15))
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))


def test_one_effect_for_each_measure_and_arm() -> None:
    """The points are listed panel by panel, in each the arms in their order."""
    table = {(arm, measure): Sample(VALUES, (1, 2, 3)) for arm in "ab" for measure in "xy"}
    found = decided(Figure(axes={"y": (0, 1), "x": (0, 1)}, arms=("b", "a")), table)

    assert [(effect.measure, effect.label) for effect in found.effects] == [
        ("y", "b"),
        ("y", "a"),
        ("x", "b"),
        ("x", "a"),
    ]


@pytest.mark.parametrize("stray", [1.2, -0.01])
def test_one_value_beyond_the_axis_refutes(tabled: Tabled, stray: float) -> None:
    """A cosine of 1.2 is a defect even where the mean lies within; the value is named with its
    seed.
    """
    found = decided(figure("a", "b"), tabled(a=VALUES, b=[0.2, stray, 0.3]))

    assert (found.verdict, found.p, found.p_against) == ("refuted", 1.0, 0.0)
    assert found.reason == f"x of b x seed 123 is {stray}, not between 0 and 1"


def test_a_missing_value_is_invalid_and_the_others_stay(tabled: Tabled) -> None:
    """A point without a value on one seed has none at all; those that have one keep their effects."""
    found = decided(figure("a", "b"), tabled(a=VALUES, b=[0.2, None, 0.3]))
    known, lost = found.effects

    assert (found.verdict, found.reason) == ("invalid", "x has no finite value for b x seed 123")
    assert (known.estimate, known.n) == (pytest.approx(0.35), 3)
    assert math.isnan(lost.estimate)
    assert (lost.n, lost.spread) == (0, None)


def test_a_single_seed_bounds_nothing(tabled: Tabled) -> None:
    """One seed gives a point with an endless interval and no spread."""
    [effect] = decided(figure("a"), tabled(a=[0.5])).effects

    assert (effect.estimate, effect.low, effect.high, effect.spread) == (
        0.5,
        -math.inf,
        math.inf,
        None,
    )


def test_no_part_of_alpha_is_a_figures(claimed: Claimed, tabled: Tabled) -> None:
    """Beside a figure, one that holds or one that does not, a test is held to the whole of alpha,
    for and against.
    """
    down = Order(measure="x", arms=("a", "b"), direction="descending")
    table = tabled(**STEPS)

    for test in (UP, down):
        alone = judge(claimed(test), table)
        for drawn in (figure("a", "b"), figure("b", high=0.4)):
            beside = judge(claimed(test, drawn), table)
            assert beside.findings[0] == alone.findings[0]
            assert beside.findings[0].verdict == ("holds" if test is UP else "refuted")


def test_figures_alone_are_not_drawn_anew(claimed: Claimed, tabled: Tabled) -> None:
    """A figure describes its sample, so no fresh run has a probability of the same."""
    claim, table = claimed(figure("a")), tabled(a=VALUES)

    assert with_again(judge(claim, table), claim, table).again is None


def test_more_seeds_do_not_mend_a_missing_value(claimed: Claimed, tabled: Tabled) -> None:
    """A claim with seeds to draw does not draw them for a point that has no value."""
    lost = judge(claimed(figure("a"), start=3, most=6), tabled(a=[0.2, None, 0.3]))

    assert (
        lost.verdict,
        next_analysis(lost, Seeds(pool=(42, 123, 456, 789, 1011, 1213), start=3)),
    ) == ("invalid", None)


def test_a_figure_needs_no_power() -> None:
    """One seed is enough for a figure."""
    assert lint(figure("a"), Seeds(pool=(1,), start=1), 0.05) is None
