"""Kinds with statistics of their own, against SciPy."""

import math
import tracemalloc
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from msgspec import structs
from scipy import stats

from cbspec.judge import Sample, Table
from cbspec.kinds import (
    Assertion,
    AtLeast,
    Correlation,
    Interaction,
    Iqm,
    Published,
    Quantile,
    Share,
    Sign,
    Sooner,
    Unpaired,
    Z,
)
from cbspec.stage import Measure, Summary
from cbspec.statistics import independent, pairings, pearson, trimmed
from tests.cbspec.judge.arms import CB, DFA, VEC, decide, decided

Tabled = Callable[..., Table]

POSITIVE = Sign(measure="x", arms=("a",), sign="positive")
NEGATIVE = Sign(measure="x", arms=("b",), sign="negative")
EARLY, LATE = [3.1, 4.2, 5.3, 6.4], [7.5, 8.6, 9.9, None]


def of_own_runs(**arms: object) -> Table:
    """Arms over runs of their own, each with its own number."""
    table = {}
    for arm, values in arms.items():
        table[arm, "x"] = Sample(values, tuple(range(len(values))))
    return table


def test_a_median_is_tested_by_signs(tabled: Tabled) -> None:
    """p is that of SciPy's quantile test, and the interval lies between its two order statistics."""
    found = decided(Quantile(measure="x", arms=("vec",), above=0.1), tabled(vec=VEC))
    expected = stats.quantile_test(VEC, q=0.1, p=0.5, alternative="greater")
    low, high = stats.quantile_test(VEC, q=0.1, p=0.5).confidence_interval(0.95)

    assert ("holds", pytest.approx(expected.pvalue)) == (found.verdict, found.p)
    [effect] = found.effects
    assert (effect.estimate, effect.low, effect.high) == pytest.approx((np.median(VEC), low, high))


def test_a_quantile_of_paired_differences(tabled: Tabled) -> None:
    """With `minus` the quantile is that of the differences, seed by seed."""
    median = Quantile(measure="x", arms=("vec",), minus="dfa", above=0.0)
    found = decided(median, tabled(vec=VEC, dfa=DFA))

    assert found.effects[0].label == "vec - dfa"
    assert found.effects[0].estimate == pytest.approx(np.median(VEC - DFA))


def test_an_interquartile_mean_is_scipys_trimmed_mean(tabled: Tabled) -> None:
    """The estimate cuts a quarter from either end; with three seeds nothing is cut, and p is
    Student's.
    """
    six = decided(Iqm(measure="x", arms=("vec",), above=0.3), tabled(vec=VEC)).effects[0]
    three = decided(Iqm(measure="x", arms=("vec",), above=0.3), tabled(vec=VEC[:3]))
    expected = stats.ttest_1samp(VEC[:3], 0.3, alternative="greater").pvalue

    assert six.estimate == pytest.approx(stats.trim_mean(VEC, 0.25))
    assert three.p == pytest.approx(expected)


def test_one_outlier_moves_a_mean_and_no_interquartile_mean(tabled: Tabled) -> None:
    """A seed that fails by far leaves the middle half where it was."""
    failed = np.append(VEC[:-1], -9.0)
    found = decided(Iqm(measure="x", arms=("vec",), above=0.0), tabled(vec=failed))

    assert found.effects[0].estimate > 0.25
    assert found.effects[0].estimate > failed.mean() + 1


def test_a_correlation_over_seeds(tabled: Tabled) -> None:
    """Against 0 p is SciPy's, and an end of the interval has the p of half of what it may miss."""
    other = VEC + 0.02 * np.array([1, -1, 2, 0, -2, 1])
    table = tabled(a=VEC) | {("a", "y"): Sample(other, tabled(a=VEC)["a", "x"].seeds)}
    found = decided(Correlation(measures=("x", "y"), arms=("a",), above=0.0), table)
    [effect] = found.effects
    ends = []
    for bound in (effect.low, effect.high):
        of_end = decided(Correlation(measures=("x", "y"), arms=("a",), above=bound), table)
        ends.append((of_end.p, of_end.p_against))

    assert found.p == pytest.approx(stats.pearsonr(VEC, other, alternative="greater").pvalue)
    assert ends[0] == pytest.approx((0.025, 0.975), abs=1e-4)
    assert ends[1] == pytest.approx((0.975, 0.025), abs=1e-4)


@pytest.mark.parametrize(("rho", "n"), [(0.5, 4), (-0.9, 6)])
def test_a_correlation_other_than_0_keeps_its_level(rho: float, n: int) -> None:
    """Where the true coefficient is the bound, either side is shown in alpha of the cases."""
    rng = np.random.default_rng(1966)
    one = rng.normal(size=(40_000, n))
    other = rho * one + math.sqrt(1 - rho**2) * rng.normal(size=one.shape)
    r = pearson.coefficient(one, other)

    assert np.mean(pearson.tail(r, n, rho, 1) <= 0.05) == pytest.approx(0.05, abs=0.003)
    assert np.mean(pearson.tail(r, n, rho, -1) <= 0.05) == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("over", ["seeds", "arms"])
def test_a_correlation_of_heavy_measures_is_permuted(tabled: Tabled, over: str) -> None:
    """p is the share of all pairings whose coefficient is at least as large, and the interval tells
    the side that is shown.
    """
    rng, table = np.random.default_rng(1937), {}
    for arm in ("a", "b", "c"):
        values = rng.standard_cauchy(6)
        table[arm, "x"] = Sample(values, tuple(range(6)))
        table[arm, "y"] = Sample(values + 0.1 * rng.normal(size=6), tuple(range(6)))
    arms = ("a",) if over == "seeds" else ("a", "b", "c")
    claimed = Correlation(measures=("x", "y"), arms=arms, over=over, above=0.0)
    measures = {"x": Measure("", "", noise="heavy", why="quotients")}
    found = decide(claimed, table, alpha=0.05, measures=measures)

    if over == "seeds":
        pairings = [
            np.corrcoef(table["a", "x"].values, list(order))[0, 1]
            for order in permutations(table["a", "y"].values)
        ]
        assert found.p == np.mean(np.array(pairings) >= pairings[0] - 1e-12)
    assert found.verdict == "holds"
    assert (found.effects[0].low, found.effects[0].high) == (0.0, 1.0)
    assert "permutation test of r" in found.reason
    asked = structs.replace(claimed, test="exact")
    assert decided(asked, table).p == found.p


def test_few_pairings_within_seeds_are_enumerated() -> None:
    """Of three arms in two seeds there are 36 pairings: p is the share of those whose coefficients add
    up to as much.
    """
    rng = np.random.default_rng(1937)
    one, other = rng.normal(size=(2, 2, 3))
    sums = []
    for first in permutations(other[0]):
        for second in permutations(other[1]):
            of_seeds = np.corrcoef(one[0], first)[0, 1], np.corrcoef(one[1], second)[0, 1]
            sums.append(sum(of_seeds))
    expected = np.mean(np.array(sums) >= sums[0] - 1e-12)

    assert float(pairings.tail(one, other, 1)) == pytest.approx(expected)


def test_a_correlation_over_arms_is_tested_over_seeds(tabled: Tabled) -> None:
    """Each seed has a coefficient over the arms; Fisher's z of them is tested by t."""
    table = tabled(a=DFA, b=CB, c=VEC)
    for arm, values in (("a", DFA), ("b", CB), ("c", VEC)):
        noise = 0.1 * np.random.default_rng(len(arm) + len(values)).normal(size=6)
        table[arm, "y"] = Sample(values + noise * (arm == "b"), table[arm, "x"].seeds)
    assertion = Correlation(measures=("x", "y"), arms=("a", "b", "c"), over="arms", above=0.2)
    found = decided(assertion, table)
    z = []
    for seed in range(6):
        rows = [[table[arm, name].values[seed] for arm in "abc"] for name in "xy"]
        z.append(np.arctanh(stats.pearsonr(*rows).statistic))

    expected = stats.ttest_1samp(z, np.arctanh(0.2), alternative="greater")
    assert found.p == pytest.approx(expected.pvalue)


def test_a_difference_from_a_published_mean_is_welchs(tabled: Tabled) -> None:
    """p and interval are SciPy's from the published mean, spread and number of runs."""
    found = decided(
        Published(measure="x", arms=("vec",), mean=0.2, sd=0.05, n=4, above=0.0), tabled(vec=VEC)
    )
    own = (VEC.mean(), VEC.std(ddof=1), 6)
    expected = stats.ttest_ind_from_stats(
        *own, 0.2, 0.05, 4, equal_var=False, alternative="greater"
    )
    other = 0.2 + 0.05 * np.array([1, -1, 1, -1]) * np.sqrt(3 / 4)  # that mean and spread
    ends = stats.ttest_ind(VEC, other, equal_var=False).confidence_interval(0.95)

    assert found.p == pytest.approx(expected.pvalue)
    assert (found.effects[0].low, found.effects[0].high) == pytest.approx((ends.low, ends.high))


@pytest.mark.parametrize("n", [2, 3, 200])
def test_where_nothing_is_cut_the_middle_half_is_all(n: int) -> None:
    """Of two and three seeds no value is cut, and the test is Student's; of two hundred it is
    Student's with the degrees of freedom of those left.
    """
    values = np.random.default_rng(n).normal(0.2, size=n)
    mean, error = trimmed.moments(values)
    left = n - 2 * (n // 4)
    expected = stats.t(left - 1, mean, error)

    assert float(trimmed.tail(values, 0.0, 1)) == pytest.approx(expected.cdf(0))
    assert trimmed.interval(values, 0.05) == pytest.approx(expected.interval(0.95))
    if n < 4:
        assert expected.cdf(0) == pytest.approx(
            stats.ttest_1samp(values, 0, alternative="greater").pvalue
        )


def test_a_known_spread_is_a_z_test(tabled: Tabled) -> None:
    """p and interval follow from the normal distribution and the known sigma, for one run too."""
    found = decided(Z(measure="x", arms=("vec",), sigma=0.05, below=0.6), tabled(vec=VEC))
    single = decided(Z(measure="x", arms=("vec",), sigma=0.05, below=0.6), tabled(vec=VEC[:1]))
    error = 0.05 / np.sqrt(6)

    assert found.p == pytest.approx(stats.norm.sf((0.6 - VEC.mean()) / error))
    assert (found.effects[0].low, found.effects[0].high) == pytest.approx(
        stats.norm.interval(0.95, VEC.mean(), error)
    )
    assert single.p == pytest.approx(stats.norm.sf((0.6 - VEC[0]) / 0.05))
    assert "; 1 seed: " in single.reason


def test_unpaired_arms_have_their_own_number_of_runs() -> None:
    """Welch, permutation and Mann-Whitney are SciPy's, over six runs and four, and the reason says
    both numbers.
    """
    table = of_own_runs(a=VEC, b=CB[:4])
    found = {}
    for by in ("welch", "permutation", "mann_whitney"):
        unpaired = Unpaired(measure="x", arms=("a", "b"), above=0.05, by=by)
        finding = decided(unpaired, table)
        found[by] = finding.p
        assert "; 6 and 4 seeds)" in finding.reason
    shifted, greater = VEC - 0.05, {"alternative": "greater"}

    welch = stats.ttest_ind(shifted, CB[:4], equal_var=False, **greater).pvalue
    mann_whitney = stats.mannwhitneyu(shifted, CB[:4], method="exact", **greater).pvalue
    exact = stats.permutation_test(
        (shifted, CB[:4]),
        lambda one, other: np.mean(one) - np.mean(other),
        n_resamples=np.inf,
        **greater,
    ).pvalue
    assert found["welch"] == pytest.approx(welch)
    assert found["permutation"] == pytest.approx(exact)
    assert found["mann_whitney"] == pytest.approx(mann_whitney)


@pytest.mark.parametrize(("noise", "memo"), [("", 0.2), ("lognormal", 1.5)])
def test_unpaired_arms_stand_beside_the_difference_that_the_memo_has(noise, memo) -> None:
    """The memo's values of both arms give its difference, or its quotient where noise is a factor."""
    unpaired = Unpaired(measure="x", arms=("a", "b"), above=0.0)
    measures = {"x": Measure("m", "", noise=noise)} if noise else None
    table = of_own_runs(a=np.abs(VEC), b=np.abs(CB[:4]))
    effects = []
    for reported in ({"a": 0.6, "b": 0.4}, {"a": 0.6}):
        finding = decide(unpaired, table, alpha=0.05, measures=measures, reported={"x": reported})
        effects += finding.effects

    assert [effect.reported for effect in effects] == [pytest.approx(memo), None]


def test_splits_too_many_to_enumerate_are_drawn() -> None:
    """Ten runs an arm split in 184 756 ways: 100 000 drawn ones give SciPy's p within their error,
    also in each of a thousand trials, which fit in a hundred megabytes.
    """
    rng = np.random.default_rng(1935)
    one, other = rng.normal(size=(1000, 10)) + 0.5, rng.normal(size=(1000, 10))
    tracemalloc.start()
    rows = independent.permutation(one, other, 0.0, 1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    exact = stats.permutation_test(
        (one[0], other[0]),
        lambda first, second, axis: np.mean(first, axis=axis) - np.mean(second, axis=axis),
        vectorized=True,
        n_resamples=np.inf,
        batch=10_000,
        alternative="greater",
    ).pvalue

    assert float(independent.permutation(one[0], other[0], 0.0, 1)) == pytest.approx(
        exact, abs=5e-3
    )
    assert rows[0] == pytest.approx(exact, abs=1.5e-2)
    assert most < 1e8


def test_runs_that_never_reach_a_target_count_as_watched_to_the_limit() -> None:
    """Four runs that are all sooner than the four of another arm, of which one never arrives, are
    the one split of 70 that says so; the order turned round is refuted.
    """
    table = of_own_runs(a=EARLY, b=LATE)
    sooner = decided(Sooner(measure="x", arms=("a", "b"), limit=12.0), table)
    later = decided(Sooner(measure="x", arms=("b", "a"), limit=12.0), table)

    assert (sooner.verdict, sooner.p) == ("holds", pytest.approx(1 / 70))
    assert later.verdict == "refuted"
    arms = stats.CensoredData(EARLY), stats.CensoredData(LATE[:3], right=[12.0])
    assert stats.logrank(*arms, alternative="greater").pvalue < 0.05


def test_runs_that_all_never_reach_it_say_nothing() -> None:
    """Where no run of either arm arrives, no arm is sooner."""
    table = of_own_runs(a=[None, None, 20.5], b=[None, 30.5, None])
    found = decided(Sooner(measure="x", arms=("a", "b"), limit=12.0), table)

    assert (found.verdict, found.p) == ("inconclusive", pytest.approx(1.0))


def test_a_share_is_refuted_by_seeds_that_do_not(tabled: Tabled) -> None:
    """None of six seeds refutes a share of .6; the p against is .4^6."""
    share = Share(measure="x", arms=("vec",), above=5.0, more_than=0.6)
    found = decided(share, tabled(vec=VEC))

    assert (found.verdict, found.p_against) == ("refuted", pytest.approx(0.4**6))


def test_at_least_k_parts_bounds_every_and_some(tabled: Tabled) -> None:
    """k of m parts is `all` where k is m and `any` where it is 1, and asks for no more parts than
    there are.
    """
    parts = tuple(Sign(measure="x", arms=(arm,), sign="positive") for arm in ("cb", "vec", "dfa"))
    table = tabled(cb=CB, vec=VEC, dfa=DFA)
    ps = sorted(decided(part, table).p for part in parts)

    found = [decided(AtLeast(k=k, of=parts), table).p for k in (1, 2, 3)]

    assert found == pytest.approx([3 * ps[0], 2 * ps[1], ps[2]])
    assert [message for _, message in AtLeast(k=4, of=parts).problems()] == [
        "asks for 4 of 3 parts"
    ]


def test_runs_that_never_reach_their_target_are_no_certainty() -> None:
    """Where no run of either arm reaches it, the interval is what five of five leave open, and nothing
    is shown.
    """
    table = of_own_runs(a=[None] * 5, b=[np.inf] * 5)
    found = decided(Sooner(measure="x", arms=("a", "b"), limit=10.0), table)
    [effect] = found.effects
    open_share = stats.beta.ppf(0.975, 1, 5)

    assert (found.verdict, found.p) == ("inconclusive", 1.0)
    assert (effect.low, effect.high) == pytest.approx((-10 * open_share, 10 * open_share))


@pytest.mark.parametrize(("limit", "verdict"), [(10.0, "refuted"), (9.9, "holds")])
def test_a_target_that_is_reached_at_the_limit_is_reached(limit: float, verdict: str) -> None:
    """Five early runs of twenty are sooner than twenty that never arrive, but not than twenty that
    arrive at the very end.
    """
    table = of_own_runs(a=[8.0, 8.5, 8.75, 9.0, 9.25] + [None] * 15, b=[10.0] * 20)
    found = decided(Sooner(measure="x", arms=("a", "b"), limit=limit), table)

    assert found.verdict == verdict


def test_a_time_below_0_is_no_time() -> None:
    """A run that arrived before it began is told, and nothing is judged."""
    table = of_own_runs(a=[-1.0, 2.0, 3.0], b=[7.0, 8.0, 9.0])
    found = decided(Sooner(measure="x", arms=("a", "b"), limit=12.0), table)

    assert found.verdict == "invalid"
    assert found.reason == "x of a is -1, which is no time"


def test_each_arm_is_as_coarse_as_its_own_values() -> None:
    """On logarithms half a resolution counts by the size of each arm: two equal counts of 1 beside
    larger ones leave a spread of a half.
    """
    table = of_own_runs(a=[1.0, 1.0], b=[3.0, 4.0, 3.0, 3.0])
    counts = {"x": Measure("", "", resolution=1.0, noise="lognormal")}
    found = decide(
        Unpaired(measure="x", arms=("a", "b"), below=0.0), table, alpha=0.05, measures=counts
    )
    logs = np.log([3.0, 4.0, 3.0, 3.0])
    expected = stats.ttest_ind_from_stats(
        0.0, 0.5, 2, logs.mean(), logs.std(ddof=1), 4, equal_var=False, alternative="less"
    )

    assert (found.verdict, found.p) == ("inconclusive", pytest.approx(expected.pvalue))


@pytest.mark.parametrize(
    "assertion",
    [
        Unpaired(measure="x", arms=("a", "b"), above=0.0),
        Published(measure="x", arms=("a",), mean=0.3, sd=0.0, n=9, above=0.0),
        Share(measure="x", arms=("a",), above=0.3, more_than=0.5),
    ],
)
def test_rounding_alone_shows_nothing(assertion: Assertion) -> None:
    """Runs that differ from each other and from the bound in the last bit lie at the bound."""
    table = of_own_runs(
        a=[0.1 + 0.2, 0.3, 0.1 + 0.2, 0.1 + 0.2] * 3, b=[0.3, np.nextafter(0.3, 0), 0.3, 0.3] * 3
    )
    found = decided(assertion, table)

    assert found.verdict != "holds"


def test_a_lower_bound_of_zero_says_nothing_of_factors(tabled: Tabled) -> None:
    """An interquartile mean of log-normal values above 0 and below 4 is one below 4."""
    values = [1.68, 2.31, 0.24, 0.45, 0.59, 0.25, 8.06, 0.55]
    factors = {"x": Measure("", "", noise="lognormal")}
    both, one = (
        decide(
            Iqm(measure="x", arms=("a",), below=4.0, above=above),
            tabled(a=values),
            alpha=0.05,
            measures=factors,
        )
        for above in (0.0, None)
    )

    assert (both.verdict, both.p) == ("holds", one.p)
    assert "on logarithms" in both.reason


def test_counts_beside_a_paper_are_counts() -> None:
    """Equal whole numbers are no sign of an ignored seed, whatever mean is published beside them."""
    table = {
        ("a", "x"): Sample([5.0, 5.0, 5.0], (1, 2, 3)),
        ("b", "x"): Sample(
            [3.7, 4.2, 4.7], (1, 2, 3), summary=Summary(mean=4.2, sd=0.5, n=3, digit=0.1)
        ),
    }
    found = decided(Unpaired(measure="x", arms=("a", "b"), above=0.0), table)

    assert found.verdict in ("holds", "inconclusive")


@pytest.mark.parametrize(
    ("assertion", "field"),
    [
        (Quantile(measure="x", arms=("a", "b"), minus="a", below=0.0), "minus"),
        (Iqm(measure="x", arms=("a",), minus="a", below=0.0), "minus"),
        (AtLeast(k=2, of=(POSITIVE, POSITIVE, NEGATIVE)), "of"),
        (Interaction(measure="x", pairs=(("a", "b"), ("a", "b"))), "pairs"),
        (Interaction(measure="x", pairs=(("a", "b"), ("a", "b")), levels=(1.0, 2.0)), "pairs"),
    ],
)
def test_what_cannot_be_is_refused(assertion: Assertion, field: str) -> None:
    """An arm less itself, a part that counts twice, and a pair compared with itself."""
    assert [path[0] for path, _ in assertion.problems()] == [field]
