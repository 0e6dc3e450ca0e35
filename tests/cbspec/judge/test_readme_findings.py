"""Numbered statements 1 to 14 of ``cbspec/judge/README.md``: what one run shows."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Table, judge
from cbspec.kinds import (
    All,
    Any,
    Assertion,
    AtLeast,
    Collapse,
    Correlation,
    Equivalence,
    Iqm,
    Order,
    Published,
    Range,
    RankTrend,
    Ratio,
    Share,
    Sign,
    Threshold,
    Trend,
    Unpaired,
    Z,
)
from cbspec.stage import Measure, Summary
from cbspec.statistics import skew, trimmed
from cbspec.statistics.sample import Measurements, Sample
from engine.catalog import STAGES
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decide, decided, greater
from tests.cbspec.judge.cases import CASES, BoundaryCase
from tests.cbspec.judge.simulation import fixed, named, rates

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

UP = Order(measure="x", arms=("a", "b"), direction="ascending")
ABOVE = Sign(measure="x", arms=("a",), sign="positive")
SHARE = Measure("accuracy", "", noise="bounded", why="a share")


def with_noise(noise: str) -> dict[str, Measure]:
    """What the measure x declares."""
    return {"x": Measure("", "", noise=noise)}


def test_1_students_t_by_default(table: Table) -> None:
    """The p of one arm against a constant, and of a difference, is SciPy's one-sided t."""
    alone = decided(Threshold(measure="x", arms=("vec",), above=0.3), table)
    paired = decided(Order(measure="x", arms=("dfa", "cb"), direction="ascending"), table)

    assert alone.p == pytest.approx(greater(VEC, 0.3))
    assert paired.p == pytest.approx(stats.ttest_rel(CB, DFA, alternative="greater").pvalue)


def test_1_sign_flips_are_exact_for_differences() -> None:
    """Of skewed noise the difference of two alike arms keeps its level, and one arm does not."""
    noise, rng = "exponential, undeclared", np.random.default_rng(1935)
    two = rates(CASES["order, exact"], noise, fixed(6), 20_000, rng)
    one = rates(CASES["threshold, exact"], noise, fixed(6), 20_000, rng)

    assert max(two.holds, two.refuted) <= two.bound
    assert one.refuted > 0.12


def test_2_lognormal_noise_on_logarithms(tabled: Tabled) -> None:
    """A bound that has an image on the logarithmic scale is tested there, a margin is not."""
    table = tabled(a=VEC, b=ORACLE)
    bound = decide(
        Threshold(measure="x", arms=("a",), above=0.2),
        table,
        alpha=0.05,
        measures=with_noise("lognormal"),
    )

    assert bound.p == pytest.approx(greater(np.log(VEC), math.log(0.2)))
    assert bound.effects[0].estimate == pytest.approx(stats.gmean(VEC))


@pytest.mark.parametrize(
    ("noise", "assertion"),
    [
        ("lognormal", Order(measure="x", arms=("a", "b"), direction="ascending", margin=0.1)),
        ("lognormal", Equivalence(measure="x", arms=("a", "b"), margin=0.1)),
        ("lognormal", Unpaired(measure="x", arms=("a", "b"), above=0.1)),
        ("lognormal", Iqm(measure="x", arms=("a",), minus="b", above=0.1)),
        ("heavy", Iqm(measure="x", arms=("a",), above=0.1)),
        ("heavy", Correlation(measures=("x", "x"), arms=("a",), above=0.1)),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_2_and_3_what_no_test_keeps_its_level_for(
    tabled: Tabled, noise: str, assertion: Assertion
) -> None:
    """It is refused, also as a part, with the words that say what would be right."""
    table = tabled(a=VEC, b=ORACLE)
    for asserted in (assertion, All(of=(ABOVE, assertion))):
        found = decide(asserted, table, alpha=0.05, measures=with_noise(noise))

        assert found.verdict == "invalid"
        assert "keeps its level" in found.reason
        assert "use " in found.reason or "state it as a ratio" in found.reason


@pytest.mark.parametrize(
    ("name", "low", "high"), [("equivalence", 0.07, 0.10), ("correlation", 0.06, 0.09)]
)
def test_2_and_3_how_often_students_t_would_err(name: str, low: float, high: float) -> None:
    """Without the refusal and without the permutation t errs as often as the page says."""
    rng, n = np.random.default_rng(1908), 6
    if name == "equivalence":
        case = BoundaryCase(CASES[name].assertion, {"a": 10, "b": 20}, arithmetic=True)
        drawn = named(case.drawn("lognormal", n, 10_000, rng))
    else:
        n = 5
        drawn = dict(
            zip((("a", "x"), ("a", "y")), rng.exponential(size=(2, 10_000, n)), strict=True)
        )
    table = {column: Sample(values, tuple(range(n))) for column, values in drawn.items()}
    found = CASES[name].assertion.evidence(Measurements(table))

    assert low <= max(np.mean(found.p <= 0.05), np.mean(found.against <= 0.05)) <= high


LOGS = np.log(VEC)


@pytest.mark.parametrize(
    ("assertion", "p"),
    [
        (Range(measure="x", arms=("a",), low=0.0, high=0.6), greater(-LOGS, -math.log(0.6))),
        (Iqm(measure="x", arms=("a",), above=0.2), float(trimmed.tail(LOGS, math.log(0.2), 1))),
        (Published(measure="x", arms=("a",), mean=0.3, sd=0, n=9, above=0),
         stats.ttest_ind_from_stats(LOGS.mean(), LOGS.std(ddof=1), 6, math.log(0.3), 0, 9, False,
                                    alternative="greater").pvalue),
        (Unpaired(measure="x", arms=("b", "a"), above=0),
         stats.ttest_ind(np.log(ORACLE), LOGS, equal_var=False, alternative="greater").pvalue),
        (Correlation(measures=("x", "x"), arms=("a",), above=0.5), 0.0),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)  # fmt: skip
def test_2_every_kind_that_has_an_image_is_judged_there(
    tabled: Tabled, assertion: Assertion, p: float
) -> None:
    """Each kind about one arm, or two without a margin, tests the logarithms, and reports what they
    are the logarithms of.
    """
    found = decide(assertion, tabled(a=VEC, b=ORACLE), alpha=0.05, measures=with_noise("lognormal"))

    assert found.p == pytest.approx(p, abs=1e-4)
    assert found.effects[0].low <= found.effects[0].estimate <= found.effects[0].high
    assert found.effects[0].estimate > 0


@pytest.mark.parametrize(
    "assertion",
    [
        Published(measure="x", arms=("vec",), mean=0.3, sd=0.0, n=9, above=0.0),
        Z(measure="x", arms=("vec",), sigma=0.1, above=0.3),
    ],
    ids=lambda value: value.kind,
)
def test_3_a_constant_from_elsewhere_is_guarded_too(table: Table, assertion: Assertion) -> None:
    """A published mean and a known sigma are held to exponential noise where noise is heavy, or where
    that is asked for.
    """
    plain = decided(assertion, table)
    found = decide(assertion, table, alpha=0.05, measures=with_noise("heavy"))
    asked = decided(structs.replace(assertion, test="robust"), table)
    statistic = (VEC.mean() - 0.3) * math.sqrt(6)
    tails = {
        "published": float(skew.tail(np.array(statistic / VEC.std(ddof=1)), 6)),
        "z": stats.gamma.sf(6 + statistic / 0.1 * math.sqrt(6), 6),
    }

    assert found.p == asked.p == pytest.approx(tails[assertion.kind])
    assert found.p > plain.p
    assert found.effects[0].low <= plain.effects[0].low
    assert "guarded against skew" in found.reason


@pytest.mark.parametrize(("runs", "others", "factor"), [(3, 40, 1), (12, 3, 3), (5, 5, 3)])
def test_3_arms_over_runs_of_their_own_do_not_make_up_for_skew(
    runs: int, others: int, factor: float
) -> None:
    """Welch's test of equal means errs in a tenth of the cases or more where noise is exponential and
    arms differ in spread or number of runs; where it is declared heavy in at most alpha.
    """
    rng = np.random.default_rng(1947)
    columns = {
        ("a", "x"): rng.exponential(size=(20_000, runs)) - 1,
        ("b", "x"): factor * (rng.exponential(size=(20_000, others)) - 1),
    }
    table = {name: Sample(drawn, tuple(range(drawn.shape[1]))) for name, drawn in columns.items()}
    wrong = []
    for noise in ("normal", "heavy"):
        assertion = Unpaired(measure="x", arms=("a", "b"), above=0.0)
        found = assertion.evidence(Measurements(table, with_noise(noise)))
        wrong.append(max(np.mean(found.p <= 0.05), np.mean(found.against <= 0.05)))

    assert 0.1 < wrong[0] < 0.19
    assert wrong[1] <= 0.05


def test_3_a_paper_of_fewer_runs_is_the_arm_that_is_guarded(tabled: Tabled) -> None:
    """The skew of a published mean of three runs is not that of our six: p and interval are wider."""
    assertion = Published(measure="x", arms=("a",), mean=0.2, sd=0.02, n=3, above=0.0)
    found = decide(assertion, tabled(a=VEC), alpha=0.05, measures=with_noise("heavy"))
    error = math.hypot(VEC.std(ddof=1) / math.sqrt(6), 0.02 / math.sqrt(3))
    difference = VEC.mean() - 0.2
    [effect] = found.effects

    assert found.p == pytest.approx(float(skew.tail(np.array(difference / error), 3)))
    assert effect.low == pytest.approx(difference - skew.critical(0.05, 3) * error)


@pytest.mark.parametrize("assertion", [Threshold(measure="x", arms=("a",), below=math.exp(0.125)),
                                       Range(measure="x", arms=("a",), low=0, high=math.exp(0.125))],
                         ids=lambda value: value.kind)  # fmt: skip
def test_2_a_published_mean_of_lognormal_runs_is_guarded(assertion: Assertion) -> None:
    """Student's t of lognormal runs whose mean is the bound errs in more than a tenth of the cases, and
    no logarithm is known: guarded, it keeps its level.
    """
    drawn = np.exp(np.random.default_rng(1908).normal(0, 0.5, size=(20_000, 6)))
    printed = Summary(mean=1.1, sd=0.6, n=6, digit=0.1)
    table = {("a", "x"): Sample(drawn, tuple(range(6)), summary=printed)}
    found = assertion.evidence(Measurements(table, with_noise("lognormal")))
    alone = assertion.evidence(Measurements(table))

    assert np.mean(alone.p <= 0.05) > 0.1
    assert np.mean(found.p <= 0.05) <= 0.05
    assert np.mean(found.against <= 0.05) <= 0.05


@pytest.mark.parametrize(("noise", "test"), [("heavy", "t"), ("normal", "robust")])
def test_3_the_exponential_worst_case(table: Table, noise: str, test: str) -> None:
    """With heavy noise, or asked for, one arm passes the tail under exponential noise too."""
    assertion = Threshold(measure="x", arms=("vec",), above=0.3, test=test)
    found = decide(assertion, table, alpha=0.05, measures=with_noise(noise))
    t = stats.ttest_1samp(VEC, 0.3).statistic

    assert found.p == pytest.approx(float(skew.tail(np.array(t), 6)))
    assert found.p > greater(VEC, 0.3)


def test_4_failure_begins_with_six_seeds() -> None:
    """A collapse, a threshold on a bounded measure, and a whole of which one is a part begin with
    six seeds.
    """
    collapse = Collapse(measure="x", arms=("a",), reference="b")
    threshold = Threshold(measure="x", arms=("a",), above=0.5)
    bounded, normal = {"x": SHARE}, with_noise("normal")

    assert [
        kind.begins_with(bounded) for kind in (collapse, threshold, All(of=(UP, threshold)))
    ] == [
        6,
        6,
        6,
    ]
    assert [kind.begins_with(normal) for kind in (collapse, threshold, UP)] == [6, 1, 1]
    assert 1 - 0.8**3 < 0.5
    assert 1 - 0.8**6 > 0.7


def test_4_values_that_crowd_at_one_end_are_skewed() -> None:
    """Where a bounded measure lies as Beta(8, 2) does, t errs in up to a tenth of the cases, and the test
    that is guarded against skew in at most alpha.
    """
    values = np.random.default_rng(1908).beta(8, 2, size=(20_000, 5))
    data = Measurements({("a", "x"): Sample(values, tuple(range(5)))}, with_noise("bounded"))
    wrong = []
    for test in ("t", "robust"):
        found = Threshold(measure="x", arms=("a",), above=0.8, test=test).evidence(data)
        wrong.append((np.mean(found.p <= 0.05), np.mean(found.against <= 0.05)))

    assert wrong[0] == pytest.approx((0.094, 0.025), abs=0.006)
    assert max(wrong[1]) <= 0.05
    crowded = "bounded, crowded at one end"
    two = rates(CASES["order, bounded"], crowded, fixed(5), 20_000, np.random.default_rng(1908))
    assert max(two.holds, two.refuted) <= two.bound


def test_5_every_noise_has_a_reason() -> None:
    """A measure of this engine whose noise is not normal says why."""
    for stage in STAGES:
        for name, measure in stage.measures.items():
            assert measure.noise == "normal" or measure.why, name


def test_6_equal_values_end_in_no_infinite_t(tabled: Tabled) -> None:
    """Three equal counts vary by half of one: t is the distance in those standard errors."""
    found = decided(ABOVE, tabled(a=[2.0, 2.0, 2.0]))

    assert found.p == pytest.approx(stats.t.sf(2 / (0.5 / math.sqrt(3)), 2))


@pytest.mark.parametrize("n", [4, 6, 20])
def test_6_equal_answers_are_no_certain_middle_or_correlation(n: int) -> None:
    """The middle half of equal answers varies as much as their mean does, and r of answers that are
    right together leaves n - 2 times that of their squares open.
    """
    seeds, right = tuple(range(n)), np.repeat([0.0, 1.0], n // 2)
    table = {("a", "x"): Sample(np.ones(n), seeds), ("b", "x"): Sample(right, seeds)}
    middle = decided(Iqm(measure="x", arms=("a",), above=0.7), table)
    together = decided(Correlation(measures=("x", "x"), arms=("b",), above=0.0), table)
    deviation = min(0.5, 2 / math.sqrt(n))
    r = math.sqrt(1 - (n - 2) * deviation**2 / np.sum((right - 0.5) ** 2))

    assert middle.p > 0.05
    assert together.p == pytest.approx(stats.t.sf(r * math.sqrt((n - 2) / (1 - r**2)), n - 2))


@pytest.mark.parametrize("n", [16, 17, 20, 60, 400])
def test_6_many_equal_answers_leave_little_open(n: int) -> None:
    """Of n items that are all solved, the share that n successes just show is not shown, and one a
    little lower is; up to 16 the deviation is half of the resolution.
    """
    shown = 0.05 ** (1 / n)  # the binomial test of n successes has p = .05 here

    def p(bound: float) -> float:
        table = {("a", "x"): Sample([1.0] * n, tuple(range(n)))}
        return decided(Threshold(measure="x", arms=("a",), above=bound), table).p

    assert p(shown) > 0.05
    assert p(1 - 1.5 * (1 - shown)) < 0.05
    deviation = min(0.5, 2 / math.sqrt(n))
    assert p(0.9) == pytest.approx(stats.t.sf(0.1 / (deviation / math.sqrt(n)), n - 1))


def test_7_a_repeated_value_is_a_fault(tabled: Tabled) -> None:
    """The same value of a measure without a resolution on every seed makes a finding invalid, and so
    do the same values of two arms.
    """
    values = [0.25, 0.5, 0.375]
    equal = Equivalence(measure="x", arms=("a", "b"), margin=1.0)

    assert decided(ABOVE, tabled(a=[0.25, 0.25, 0.25])).verdict == "invalid"
    assert decided(equal, tabled(a=values, b=values)).verdict == "invalid"


def test_8_a_share_of_seeds_is_clopper_and_pearsons(tabled: Tabled) -> None:
    """The interval of a share is SciPy's exact one, its p that of the binomial test."""
    share = Share(measure="x", arms=("a",), above=0.5, more_than=0.3)
    found = decided(share, tabled(a=[0.9, 0.8, 0.7, 0.2, 0.95, 0.85]))
    expected = stats.binomtest(5, 6, 0.3, alternative="greater")
    interval = stats.binomtest(5, 6).proportion_ci(0.95, method="exact")

    assert found.p == pytest.approx(expected.pvalue)
    assert (found.effects[0].low, found.effects[0].high) == pytest.approx(tuple(interval))


def test_9_all_at_the_full_alpha_any_refutation_by_holm(claimed: Claimed, tabled: Tabled) -> None:
    """Two assertions with p between alpha / 2 and alpha hold; two opposites with the same p do not
    refute.
    """
    base = np.array([0.2, 0.9, 0.4])
    step = np.array([0.1, 0.26, 0.2])

    assert 0.025 < greater(step) < 0.05
    assert judge(claimed(UP, UP), tabled(a=base, b=base + step)).verdict == "holds"
    assert judge(claimed(UP, UP), tabled(a=base, b=base - step)).verdict == "inconclusive"


def test_10_any_and_at_least_share_alpha(table: Table) -> None:
    """p is that of the k-th strongest of m parts times m - k + 1; against, the number needed times
    the p of the part that leaves too few.
    """
    steps = [
        Order(measure="x", arms=pair, direction="ascending")
        for pair in (("dfa", "cb"), ("vec", "cb"), ("vec", "dfa"))
    ]
    ps = sorted(decided(step, table).p for step in steps)
    against = sorted(decided(step, table).p_against for step in steps)

    one, two = decided(Any(of=tuple(steps)), table), decided(AtLeast(k=2, of=tuple(steps)), table)

    assert (one.p, two.p) == pytest.approx((3 * ps[0], min(2 * ps[1], 1)))
    assert (one.p_against, two.p_against) == pytest.approx((against[2], 2 * against[1]), rel=1e-6)


def test_11_cells_share_alpha_of_a_refutation(claimed: Claimed, tabled: Tabled) -> None:
    """What refutes a claim with one cell does not refute one cell of four."""
    base = np.array([0.2, 0.9, 0.4])
    table = tabled(a=base, b=base - np.array([0.1, 0.26, 0.2]))

    assert judge(claimed(UP), table).verdict == "refuted"
    assert judge(replace(claimed(UP), cells=4), table).verdict == "inconclusive"


def test_12_a_reversed_step_refutes_a_trend(tabled: Tabled) -> None:
    """Means of 1, 2, 4 and 3 are no trend, though their ranks have one."""
    noise = np.array([0.01, -0.008, 0.003])
    table = tabled(a=1 + noise, b=2 - noise, c=4 + noise[::-1], d=3 + noise)
    stated = {"measure": "x", "arms": ("a", "b", "c", "d"), "direction": "increasing"}

    found = decided(Trend(**stated), table)

    assert found.verdict == "refuted"
    assert "d - c" in found.reason
    assert decided(RankTrend(**stated), table).verdict == "holds"


def test_12_ranks_need_alike_noise() -> None:
    """Where two pairs of arms share their noise, equal means err in a tenth of the cases by ranks, and in
    fewer than alpha by steps.
    """
    rng, n, trials = np.random.default_rng(1963), 3, 5000
    shared = rng.normal(size=(2, trials, n))[[0, 0, 1, 1]]
    values = math.sqrt(0.8) * shared + math.sqrt(0.2) * rng.normal(size=(4, trials, n))
    drawn = {(arm, "x"): Sample(own, (1, 2, 3)) for arm, own in zip("abcd", values, strict=True)}
    stated = {"measure": "x", "arms": ("a", "b", "c", "d"), "direction": "increasing"}
    ranks, steps = (kind(**stated).evidence(Measurements(drawn)).p for kind in (RankTrend, Trend))

    assert np.mean(ranks <= 0.05) == pytest.approx(0.1, abs=0.015)
    assert np.mean(steps <= 0.05) <= 0.05


def test_13_a_ratio_divides_nothing(tabled: Tabled) -> None:
    """p is the t of a - r b, or twice that of the denominator's sign, unless the sign is stated."""
    arms, table = ("a", "b"), tabled(a=ORACLE, b=CB)
    linear, sign = greater(ORACLE - 1.5 * CB), 2 * greater(CB)

    assert decided(Ratio(measure="x", arms=arms, above=1.5), table).p == pytest.approx(
        max(linear, sign)
    )
    stated = Ratio(measure="x", arms=arms, above=1.5, sign="positive")
    assert decided(stated, table).p == pytest.approx(linear)
    assert linear < sign
    tiny = tabled(a=1e-13 * ORACLE, b=1e-13 * CB)
    assert decided(Ratio(measure="x", arms=arms, above=1.5), tiny).verdict == "invalid"
    assert decided(Ratio(measure="x", arms=arms, above=1.5, guard=1e-20), tiny).verdict == "holds"


def test_14_not_different_is_not_equal(tabled: Tabled) -> None:
    """Arms that do not differ significantly are not equal where the interval is wider than the
    margin; a range is two one-sided tests.
    """
    table = tabled(a=VEC, b=VEC[::-1])
    inside = decided(Range(measure="x", arms=("a",), low=0.1, high=0.9), table)

    assert stats.ttest_rel(VEC, VEC[::-1]).pvalue > 0.05
    equal = Equivalence(measure="x", arms=("a", "b"), margin=0.02)
    assert decided(equal, table).verdict == "inconclusive"
    assert inside.p == pytest.approx(max(greater(VEC, 0.1), greater(-VEC, -0.9)))
