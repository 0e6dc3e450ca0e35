"""A verdict does not depend on the unit of a measure, and the ends of what doubles hold are told."""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Sample, Table, judge, with_again
from cbspec.kinds import (
    Assertion,
    Correlation,
    Iqm,
    Order,
    Published,
    RankTrend,
    Sign,
    Sooner,
    Threshold,
    Unpaired,
    Z,
)
from cbspec.stage import Call, Measure, NoParameters, Stage
from tests.cbspec.judge.arms import decided, quiet

Tabled = Callable[..., Table]


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e150])
def test_size_does_not_matter(tabled: Tabled, size: float) -> None:
    """Values whose squares would vanish or overflow have the p of values of ordinary size."""
    values = np.array([1.0, 1.1, 1.05])
    found = decided(Threshold(measure="x", arms=("a",), above=0), tabled(a=size * values))

    expected = stats.ttest_1samp(values, 0, alternative="greater").pvalue
    assert ("holds", pytest.approx(expected, rel=1e-6)) == (found.verdict, found.p)


def test_values_too_large_to_add_are_refused(tabled: Tabled) -> None:
    """Values of 1e308, whose sum no double holds, make the finding invalid, and say why."""
    found = decided(Sign(measure="x", arms=("a",), sign="positive"), tabled(a=[1e308, -1e308, 2.5]))

    assert (found.verdict, found.reason) == (
        "invalid",
        "x: the values of a are too large to add up",
    )


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_a_sum_is_judged_whatever_its_unit(tabled: Tabled, size: float) -> None:
    """A difference has the p that the same values have in any other unit, and no warning."""
    base, step = np.array([0.2, 0.9, 0.4]), np.array([0.5, 0.6, 0.4])
    up = Order(measure="x", arms=("a", "b"), direction="ascending")
    found = quiet(up, tabled(a=size * base, b=size * (base + step)))

    assert found.p == pytest.approx(stats.ttest_1samp(step, 0, alternative="greater").pvalue)


SQUARING = (
    Unpaired(measure="x", arms=("a", "b"), above=0.0),
    Published(measure="x", arms=("a",), mean=0.0, sd=1.0, n=5, above=0.0),
    Iqm(measure="x", arms=("a",), above=0.0),
    Z(measure="x", arms=("a",), sigma=1.0, above=0.0),
    Correlation(measures=("x", "x"), arms=("a",), above=0.0),
)


@pytest.mark.parametrize("assertion", SQUARING, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_what_has_no_squares_is_refused(tabled: Tabled, assertion: Assertion, size: float) -> None:
    """A test that squares values is invalid, with the remedy, where doubles lack the squares."""
    values = size * np.array([1.0, 1.5, 0.5, 0.9])
    found = quiet(assertion, tabled(a=values, b=values[::-1]))

    assert found.verdict == "invalid"
    assert found.reason == (
        f"x of a has the size {1.5 * size:.3g}, whose squares cannot be computed: "
        "give the measure another unit"
    )


def test_huge_ranks_are_not_tied(tabled: Tabled) -> None:
    """Arms of 2e307 rank as the same values in another unit do; where their difference exceeds the
    largest double, the finding is invalid and says so.
    """
    trend = RankTrend(measure="x", arms=("a", "b", "c"), direction="increasing")
    columns = {"a": [-0.9, -0.8, -0.85], "b": [0.1, 0.2, 0.3], "c": [0.8, 0.9, 0.95]}
    large, huge = (
        decided(trend, tabled(**{arm: unit * np.array(column) for arm, column in columns.items()}))
        for unit in (2e307, 1.5e308)
    )

    assert large.p == decided(trend, tabled(**columns)).p
    assert huge.verdict == "invalid"
    assert huge.reason == "x: the values of c - a are too large to add up"


@pytest.mark.parametrize("size", [1e-140, 1.0, 1e140])
def test_a_coefficient_does_not_depend_on_units(size: float) -> None:
    """Measures of any size whose squares exist have the coefficient of the same values in ordinary
    units.
    """
    one, other = np.array([0.1, 0.5, 0.2, 0.9]), np.array([0.3, 0.4, 0.1, 0.8])
    table = {
        ("a", "x"): Sample(size * one, tuple(range(4))),
        ("a", "y"): Sample(size * other, tuple(range(4))),
    }
    found = quiet(Correlation(measures=("x", "y"), arms=("a",), above=0.0), table)

    assert found.effects[0].estimate == pytest.approx(stats.pearsonr(one, other).statistic)


def test_times_are_compared_whatever_their_unit() -> None:
    """Watched for 1e300 units, Welch's interval of the difference overflows nowhere."""
    sooner = Sooner(measure="x", arms=("a", "b"), limit=1e300)
    times = [1.0, 2.0, 4.0, 3.0]
    table = {
        ("a", "x"): Sample(times, tuple(range(4))),
        ("b", "x"): Sample([None] * 4, tuple(range(4))),
    }
    found = quiet(sooner, table)

    assert (found.verdict, found.p) == ("holds", pytest.approx(1 / 70))
    assert found.effects[0].estimate == pytest.approx(1e300)


def test_a_published_mean_of_another_order_is_compared_on_logarithms(tabled: Tabled) -> None:
    """A lognormal measure beyond any multiple of a published mean is that, without a warning."""
    above = Published(measure="x", arms=("a",), mean=1e-300, sd=1.0, n=5, above=0.0)
    measures = {"x": Measure("", "", noise="lognormal", resolution=1e-3, why="a time")}
    found = quiet(above, tabled(a=[1.0, 1.1, 1.3]), measures)

    assert found.verdict in ("holds", "inconclusive")
    assert found.effects[0].unit == "ratio"


@pytest.mark.parametrize("noise", ["normal", "lognormal", "heavy"])
@pytest.mark.parametrize("values", [[1.7e308, -1.7e308, 1.0], [2e-323, 5e-324, 1.5e-323]])
def test_a_fresh_run_beyond_any_double_ends_no_run(
    claimed: Callable[..., Claim], tabled: Tabled, noise: str, values: list[float]
) -> None:
    """What the ends of the doubles leave open of a fresh run is left out, without a warning."""
    above = Threshold(measure="x", arms=("a",), above=0.0)
    claim, table = claimed(above), tabled(a=values)
    stage = Stage("drawn", "", "", measures={"x": Measure("", "", noise=noise, resolution=1e-3)})
    claim = replace(claim, arms={"a": Call(stage, NoParameters())})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judgement = with_again(judge(claim, table), claim, table)

    assert judgement.again is None or 0 <= judgement.again <= 1
