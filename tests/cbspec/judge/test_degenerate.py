"""Equal values, ties, few seeds and missing values: what is known is told, and nothing else."""

import math
import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Sample, Table, judge
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
)
from cbspec.stage import Measure, Summary
from tests.cbspec.judge.arms import decide, decided, quiet

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
    found = quiet(assertion, tabled(**CONSTANT), PERMILLE)

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


SAME = np.array([0.31, 0.28, 0.35])
ON_COPIES = [
    Equivalence(measure="x", arms=("a", "b"), margin=0.01),
    Equivalence(measure="x", arms=("a", "b"), margin=9.0, side="below"),
    Order(measure="x", arms=("a", "b"), direction="ascending"),
    Trend(measure="x", arms=("c", "a", "b"), direction="increasing"),
    RankTrend(measure="x", arms=("c", "a", "b"), direction="increasing"),
    Ratio(measure="x", arms=("a", "b"), below=2.0),
    Iqm(measure="x", arms=("a",), minus="b", below=0.1),
    Quantile(measure="x", arms=("a",), minus="b", below=0.1),
    Unpaired(measure="x", arms=("a", "b"), above=-1.0),
]


@pytest.mark.parametrize("assertion", ON_COPIES, ids=lambda kind: type(kind).__name__)
def test_arms_that_compute_the_same_are_told(tabled: Tabled, assertion: Assertion) -> None:
    """Two arms whose continuous values agree on every seed differ in nothing that the experiment
    looks at, and no comparison of them is shown.
    """
    table = tabled(a=SAME, b=SAME.copy(), c=np.array([0.1, 0.2, 0.15]))

    found = decided(assertion, table)

    assert found.verdict == "invalid"
    assert re.match(
        r"x of (a and b|b and a) is the same on every seed: "
        r"does a stage ignore what tells them apart\?",
        found.reason,
    )


def test_baselines_that_agree_leave_an_interaction(tabled: Tabled) -> None:
    """What the second factor does to one arm is told although it does nothing to the other."""
    more, less = np.array([0.3, 0.31, 0.32]), np.array([0.1, 0.12, 0.11])
    table = tabled(a=SAME + more, b=SAME, c=SAME + less, d=SAME.copy())
    interaction = Interaction(measure="x", pairs=(("a", "b"), ("c", "d")))

    assert decided(interaction, table).verdict == "holds"


def test_arms_that_agree_to_their_resolution_are_compared(tabled: Tabled) -> None:
    """Accuracies of two arms may agree on every seed by chance, and so may one of three values."""
    equal = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
    nearly = SAME + np.array([0, 0, 1e-6])

    assert quiet(equal, tabled(a=SAME, b=SAME.copy()), PERMILLE).verdict == "holds"
    assert decided(equal, tabled(a=SAME, b=nearly)).verdict == "holds"


def test_what_is_the_same_on_each_seed_has_no_forecast(tabled: Tabled) -> None:
    """Differences that are all at the bound say nothing of how many seeds would decide."""
    table = tabled(a=SAME, b=SAME + 0.5)
    order = Order(measure="x", arms=("a", "b"), direction="ascending", margin=0.5)

    found = decided(order, table)

    assert found.verdict == "inconclusive"
    assert "would decide" not in found.reason


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


@pytest.mark.parametrize("values", [[1.0, 1.0], [1.0] * 3, [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
def test_an_interquartile_mean_of_equal_values_is_no_certainty(
    tabled: Tabled, values: list[float]
) -> None:
    """The middle half is known to half of a resolution, as a mean of equal values is."""
    n = len(values)
    middle = Iqm(measure="x", arms=("a",), above=0.8)
    [effect] = quiet(middle, tabled(a=values)).effects
    left = n - 2 * (n // 4)

    assert effect.p > 0.25
    assert effect.low < 0.8 < 1.2 < effect.high
    if left == n:
        assert effect.p == pytest.approx(stats.t.sf(0.2 / (0.5 / math.sqrt(n)), n - 1))


def test_a_middle_half_that_repeats_without_a_resolution_is_told(tabled: Tabled) -> None:
    """Four of six seeds with the same value of a continuous measure are a fault of the experiment."""
    middle = Iqm(measure="x", arms=("a",), above=0.8)
    found = quiet(middle, tabled(a=[0.3, 0.9, 0.9, 0.9, 0.9, 0.95]))

    assert found.verdict == "invalid"
    assert found.reason.startswith("x of a is the same on half of its seeds or more")


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ([1, 1], [0, 0], 1 / 6),
        ([1, 1, 1], [0, 0, 0], 1 / 20),
        ([1, 2, 2], [0, 1, 1], 3 / 20),
        ([0.3, 0.6, 0.9], [0.2, 0.5, 0.15], 5 / 20),
    ],
)
def test_tied_runs_are_counted_and_not_approximated(
    tabled: Tabled, one: list[float], other: list[float], p: float
) -> None:
    """Mann and Whitney's p is the share of the splits whose rank sum is as large, ties of rounding
    included; the normal approximation would say .097, .023, .079.
    """
    above = 0.1 if one[0] == 0.3 else 0.0
    unpaired = Unpaired(measure="x", arms=("a", "b"), above=above, by="mann_whitney")

    assert quiet(unpaired, tabled(a=one, b=other)).p == pytest.approx(p)


def correlated(ones: list[list[float]], others: list[list[float]]) -> Table:
    """Arms a, b, ... with the values of x and of y."""
    table = {}
    for arm, one, other in zip("abc", ones, others, strict=False):
        table[arm, "x"] = Sample(one, tuple(range(len(one))))
        table[arm, "y"] = Sample(other, tuple(range(len(other))))
    return table


def test_counts_that_agree_show_no_correlation(tabled: Tabled) -> None:
    """Four answers that are right and wrong together do so by chance in one of eight cases: r counts
    as no nearer to 1 than answers known to half of one leave open.
    """
    answers = [0.0, 0.0, 1.0, 1.0]
    above = Correlation(measures=("x", "y"), arms=("a",), above=0.0)
    found = quiet(above, correlated([answers], [answers]))
    most = math.sqrt(1 - 2 * 0.25 / 1)

    assert found.p == pytest.approx(stats.t.sf(most * math.sqrt(2 / (1 - most**2)), 2))
    assert found.effects[0].estimate == pytest.approx(1.0)
    assert found.effects[0].low < 0


def test_counts_that_agree_in_every_seed_are_no_certainty() -> None:
    """Three arms whose counts have the same order in each seed have r = 1 there, and no infinite t."""
    above = Correlation(measures=("x", "y"), arms=("a", "b", "c"), over="arms", above=0.0)
    values = [[0.0] * 3, [1.0] * 3, [2.0] * 3]
    found = quiet(above, correlated(values, values))
    z = math.atanh(math.sqrt(1 - 0.25 / 2))

    assert found.p == pytest.approx(stats.t.sf(z / (1 / math.sqrt(3)), 2))


def test_a_coefficient_of_values_finely_resolved_is_scipys() -> None:
    """Whole numbers that scatter are judged by Pearson's r as it is."""
    one, other = [1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 4.0, 5.0, 4.0, 5.0]
    above = Correlation(measures=("x", "y"), arms=("a",), above=0.0)
    expected = stats.pearsonr(one, other, alternative="greater").pvalue

    assert quiet(above, correlated([one], [other])).p == pytest.approx(expected)


def test_a_measure_that_does_not_vary_correlates_with_none() -> None:
    """Equal counts have the coefficient 0 with whatever varies, and a single seed has none."""
    above = Correlation(measures=("x", "y"), arms=("a",), above=0.0)
    equal = quiet(above, correlated([[2.0] * 5], [[0.1, 0.2, 0.4, 0.3, 0.7]]))
    single = quiet(above, correlated([[0.3]], [[0.1]]))

    assert (equal.effects[0].estimate, equal.p) == (0.0, pytest.approx(0.5))
    assert single.p == 1.0


def test_a_difference_at_the_bound_but_for_rounding_is_at_it(tabled: Tabled) -> None:
    """0.8 - 0.6 is 0.2 and not above it: no seed speaks for a median difference above 0.2."""
    above = Quantile(measure="x", arms=("a",), minus="b", above=0.2)
    found = quiet(above, tabled(a=[0.8, 0.9, 1.5], b=[0.6, 0.7, 1.3]))

    assert found.p == 1.0


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


def test_equal_counts_of_two_arms_are_known_to_half_of_one(tabled: Tabled) -> None:
    """Welch's test of counts that are the same on every run takes half a count for their spread."""
    above = Unpaired(measure="x", arms=("a", "b"), above=0.0)
    found = quiet(above, tabled(a=[5.0, 5.0, 5.0], b=[3.0, 3.0, 3.0]))
    expected = stats.ttest_ind_from_stats(
        5.0, 0.5, 3, 3.0, 0.5, 3, equal_var=False, alternative="greater"
    )

    assert found.p == pytest.approx(expected.pvalue)
    assert found.effects[0].low < 2 < found.effects[0].high


def test_equal_times_are_known_to_half_of_one() -> None:
    """Whole numbers are counts though a run without a value is among them, and the interval of a
    difference of equal times is not its value alone.
    """
    table = {
        ("a", "x"): Sample([3, 3, 3], (1, 2, 3)),
        ("b", "x"): Sample([5, 5, None], (1, 2, 3)),
        ("c", "x"): Sample([5, 5, 5], (1, 2, 3)),
    }
    sooner = Sooner(measure="x", arms=("a", "c"), limit=9.0)
    [effect] = quiet(sooner, table).effects
    half = stats.t.ppf(0.975, 4) * 0.5 * math.sqrt(2 / 3)

    assert (effect.low, effect.high) == pytest.approx((2 - half, 2 + half))


def test_a_coefficient_of_two_pairs_lies_within_its_interval(tabled: Tabled) -> None:
    """Two pairs correlate perfectly; rounding takes the estimate beyond neither end of [-1, 1]."""
    correlation = Correlation(measures=("x", "x"), arms=("a",), above=0.0)
    for spread in (1e9, 0.1, 1e-7):
        [effect] = decided(correlation, tabled(a=[0.3, 0.3 + spread])).effects

        assert (effect.low, effect.estimate, effect.high) == (-1.0, pytest.approx(1.0), 1.0)
        assert effect.estimate <= 1.0


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
