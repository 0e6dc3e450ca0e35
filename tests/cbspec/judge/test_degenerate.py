import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Sample, Table, decide, judge, with_again
from cbspec.kinds import (
    Any,
    Assertion,
    Collapse,
    Correlation,
    Equivalence,
    Extremum,
    Interaction,
    Iqm,
    Order,
    Published,
    Quantile,
    Range,
    RankTrend,
    Ratio,
    Share,
    Sign,
    Sooner,
    Stated,
    Threshold,
    Trend,
    Unpaired,
    Z,
)
from cbspec.model.finding import Finding
from cbspec.stage import Call, Measure, NoParameters, Stage, Summary
from tests.cbspec.judge.arms import decided

Tabled = Callable[..., Table]

PERMILLE = {"x": Measure("share", "", resolution=1e-3, noise="bounded", why="a share of 1000")}
CONSTANT = {"low": np.full(3, 0.1), "high": np.full(3, 0.3), "also": np.array([0.1, 0.1, 0.1])}
ON_CONSTANTS = [
    (Order(measure="x", arms=("low", "high"), direction="ascending"), "holds"),
    (Order(measure="x", arms=("low", "also"), direction="ascending"), "inconclusive"),
    (Order(measure="x", arms=("high", "low"), direction="ascending"), "refuted"),
    (Order(measure="x", arms=("low", "high"), direction="ascending", margin=0.2), "inconclusive"),
    (Trend(measure="x", arms=("low", "also", "high"), direction="increasing"), "inconclusive"),
    (RankTrend(measure="x", arms=("low", "also", "high"), direction="increasing"), "holds"),
    (Threshold(measure="x", arms=("low",), above=0.1), "inconclusive"),
    (Range(measure="x", arms=("low",), low=0.0, high=0.2), "holds"),
    (Sign(measure="x", arms=("low",), sign="negative"), "refuted"),
    (Equivalence(measure="x", arms=("low", "also"), margin=0.01), "holds"),
    (Collapse(measure="x", arms=("low",), reference="high", retain=0.5), "holds"),
    (Ratio(measure="x", arms=("high", "low"), above=2.0), "holds"),
    (Ratio(measure="x", arms=("high", "low"), above=3.0), "inconclusive"),
    (Extremum(measure="x", arm="high", among=("low", "high"), extremum="highest"), "holds"),
    (Interaction(measure="x", pairs=(("high", "low"), ("low", "also"))), "holds"),
    (Order(measure="x", arms=("low", "high"), direction="ascending", test="exact"), "inconclusive"),
]


@pytest.mark.parametrize(
    ("assertion", "verdict"),
    ON_CONSTANTS,
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,
)
def test_equal_values_are_known_to_their_resolution(
    tabled: Tabled, assertion: Assertion, verdict: str
) -> None:
    """Equal values of a measure with a resolution vary by half of it: distances of many hundred
    resolutions decide, with finite figures and no warning.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decide(assertion, tabled(**CONSTANT), alpha=0.05, measures=PERMILLE)

    assert verdict == found.verdict
    figures = [(effect.estimate, effect.low, effect.high, effect.p) for effect in found.effects]
    assert np.isfinite([found.p, found.p_against, *np.ravel(figures)]).all()


def test_an_engine_that_ignores_its_seed_is_told(tabled: Tabled) -> None:
    """The same value of a continuous measure on every seed is a fault of the experiment, whatever
    is asserted.
    """
    table = tabled(a=[0.001, 0.001, 0.001], b=[0.2, 0.3, 0.1])
    above = decided(Threshold(measure="x", arms=("a",), above=0), table)
    step = decided(Order(measure="x", arms=("a", "b"), direction="ascending"), table)

    assert (above.verdict, step.verdict) == ("invalid", "invalid")
    assert above.reason.startswith("x of a is 0.001 on every seed: does a stage ignore its seed?")


@pytest.mark.parametrize("measures", [{}, {"x": Measure("", "", resolution=1)}])
def test_three_of_three_show_no_share(tabled: Tabled, measures: dict[str, Measure]) -> None:
    """Three seeds at 1 of a measure that is 0 or 1 leave a mean above .8 open, and so does the
    exact binomial test, p = .8^3.
    """
    table = tabled(a=[1.0, 1.0, 1.0])
    mean = Threshold(measure="x", arms=("a",), above=0.8)
    share = Share(measure="x", arms=("a",), above=0.5, more_than=0.8)

    found, counted = (
        decide(assertion, table, alpha=0.05, measures=measures) for assertion in (mean, share)
    )

    assert (found.verdict, counted.verdict) == ("inconclusive", "inconclusive")
    assert counted.p == pytest.approx(0.8**3)
    expected = stats.binomtest(3, 3).proportion_ci(0.95, method="exact")
    [effect] = counted.effects
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))


def test_ties_decide_nothing_in_any(tabled: Tabled) -> None:
    """Two seeds whose counts tie, which happens by chance, show none of two parts."""
    up = Order(measure="x", arms=("a", "b"), direction="ascending")
    down = Order(measure="x", arms=("b", "a"), direction="ascending")

    found = decided(Any(of=(up, down)), tabled(a=[3.0, 5.0], b=[4.0, 6.0]))

    assert found.verdict == "inconclusive"


def test_a_single_seed_decides_nothing(tabled: Tabled) -> None:
    """One seed has no spread to judge by: p is 1 and the interval unbounded."""
    found = decided(
        Order(measure="x", arms=("a", "b"), direction="ascending"), tabled(a=[0.1], b=[0.9])
    )

    assert (found.verdict, found.p, found.p_against) == ("inconclusive", 1.0, 1.0)
    assert (-math.inf, math.inf) == (found.effects[0].low, found.effects[0].high)


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


def test_missing_values_are_invalid_with_their_reason() -> None:
    """An undefined value, a diverged run and a NaN each make the finding invalid, naming arm and
    seed.
    """
    seeds = (42, 123)
    table = {
        ("a", "x"): Sample(
            (None, 1.0), seeds, undefined={42: "reference gradient below float32 resolution"}
        ),
        ("b", "x"): Sample((None, None), seeds, diverged={42: "loss is nan at epoch 3", 123: ""}),
        ("c", "x"): Sample((1.0, math.nan), seeds),
    }
    reasons = [
        decided(Sign(measure="x", arms=(arm,), sign="positive"), table).reason for arm in "abc"
    ]

    assert reasons == [
        "reference gradient below float32 resolution for a x seed 42",
        "diverged (loss is nan at epoch 3) for b x seed 42 (and 1 more of its seeds)",
        "x has no finite value for c x seed 123",
    ]


LOGNORMAL = {"x": Measure("s", "", noise="lognormal", why="a time")}


@pytest.mark.parametrize(
    ("assertion", "verdict"),
    [
        (Sign(measure="x", arms=("a",), sign="negative"), "refuted"),
        (Threshold(measure="x", arms=("a",), below=-1.0), "refuted"),
        (Threshold(measure="x", arms=("a",), above=-1.0), "holds"),
        (Sign(measure="x", arms=("a",), sign="positive"), "holds"),
    ],
    ids=lambda x: x if isinstance(x, str) else x.sentence(),
)
def test_a_bound_without_a_logarithm_is_judged_on_the_plain_scale(
    tabled: Tabled, assertion: Assertion, verdict: str
) -> None:
    """Of a lognormal measure a bound at or below 0 has no image among logarithms: Student's t."""
    values = [2.0, 2.1, 1.9]
    found = decide(assertion, tabled(a=values), alpha=0.05, measures=LOGNORMAL)
    bound = 0.0 if isinstance(assertion, Sign) else -1.0
    above = stats.ttest_1samp(values, bound, alternative="greater").pvalue

    assert found.verdict == verdict
    assert min(found.p, found.p_against) == pytest.approx(above)


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_a_sum_is_judged_whatever_its_unit(tabled: Tabled, size: float) -> None:
    """A difference has the p that the same values have in any other unit, and no warning."""
    base, step = np.array([0.2, 0.9, 0.4]), np.array([0.5, 0.6, 0.4])
    up = Order(measure="x", arms=("a", "b"), direction="ascending")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decided(up, tabled(a=size * base, b=size * (base + step)))

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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decided(assertion, tabled(a=values, b=values[::-1]))

    assert found.verdict == "invalid"
    assert found.reason == (
        f"x of a has the size {1.5 * size:.3g}, whose squares cannot be computed: "
        "give the measure another unit"
    )


def test_equal_counts_of_two_arms_are_known_to_half_of_one(tabled: Tabled) -> None:
    """Welch's test of counts that are the same on every run takes half a count for their spread."""
    above = Unpaired(measure="x", arms=("a", "b"), above=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decided(above, tabled(a=[5.0, 5.0, 5.0], b=[3.0, 3.0, 3.0]))
    expected = stats.ttest_ind_from_stats(
        5.0, 0.5, 3, 3.0, 0.5, 3, equal_var=False, alternative="greater"
    )

    assert found.p == pytest.approx(expected.pvalue)
    assert found.effects[0].low < 2 < found.effects[0].high


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


def test_a_coefficient_of_two_pairs_lies_within_its_interval(tabled: Tabled) -> None:
    """Two pairs correlate perfectly; rounding takes the estimate beyond neither end of [-1, 1]."""
    correlation = Correlation(measures=("x", "x"), arms=("a",), above=0.0)
    for spread in (1e9, 0.1, 1e-7):
        [effect] = decided(correlation, tabled(a=[0.3, 0.3 + spread])).effects

        assert (effect.low, effect.estimate, effect.high) == (-1.0, pytest.approx(1.0), 1.0)
        assert effect.estimate <= 1.0


def quiet(
    assertion: Assertion, table: Table, measures: dict[str, Measure] | None = None
) -> Finding:
    """The finding, where no warning is let pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return decide(assertion, table, alpha=0.05, measures=measures)


def test_runs_fewer_than_the_first_look_leave_an_exact_test_open(
    claimed: Callable[..., Claim], tabled: Tabled
) -> None:
    """Two seeds of a claim that is looked at from three on have level 0: undecided, and no number of
    seeds is named; by sign flips, ranks and the guard against skew too.
    """
    table = tabled(a=[0.1, 0.2], b=[0.5, 0.7], c=[0.9, 1.1])
    up = Order(measure="x", arms=("a", "b"), direction="ascending", test="exact")
    ranks = RankTrend(measure="x", arms=("a", "b", "c"), direction="increasing")
    guarded = Threshold(measure="x", arms=("a",), above=0.0, test="robust")
    for assertion in (up, ranks, guarded):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            judgement = judge(claimed(assertion, start=3, most=6), table)

        assert judgement.verdict == "inconclusive"
        assert judgement.findings[0].effects[0].needed is None


def test_equal_counts_differ_from_a_published_mean_by_half_of_one(tabled: Tabled) -> None:
    """A published mean without spread takes equal counts as known to half of one, and tells nothing
    from its very value.
    """
    below = Published(measure="x", arms=("a",), mean=0.0, sd=0.0, n=2, below=0.0)
    at, off = (quiet(below, tabled(a=[value] * 3)) for value in (0.0, -2.0))

    assert (at.verdict, at.p) == ("inconclusive", 0.5)
    assert off.p == pytest.approx(stats.t.sf(2 / (0.5 / math.sqrt(3)), 2))


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


def test_a_printed_denominator_of_zero_leaves_a_ratio_open(tabled: Tabled) -> None:
    """A ratio to 0 is undefined, and one to a number that its digits do not tell from 0 unbounded."""
    ratio = Stated(measure="x", arms=("a", "b"), by="ratio", above=30.0)
    table = {
        ("a", "x"): Sample([1.0], (1,), summary=Summary(mean=1.0, sd=None, n=None, digit=0.1)),
        ("b", "x"): Sample([0.04], (1,), summary=Summary(mean=0.04, sd=None, n=None, digit=0.1)),
    }
    unbounded, undefined = quiet(ratio, table), quiet(ratio, tabled(a=[1.0], b=[0.0]))

    assert unbounded.verdict == "inconclusive"
    assert "25 (unbounded: the denominator may be zero)" in unbounded.reason
    assert undefined.reason == "ratio undefined: x of b is 0"


def test_a_high_quantile_lies_within_its_interval(tabled: Tabled) -> None:
    """Of two runs the .99 quantile is bounded by the larger one, and estimated by it."""
    quantile = Quantile(measure="x", arms=("a",), quantile=0.99, below=0.0)
    [effect] = quiet(quantile, tabled(a=[0.3, 0.7])).effects

    assert (effect.low, effect.estimate, effect.high) == (0.7, 0.7, math.inf)


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
