"""Each numbered statement of ``cbspec/judge/README.md``, by its number."""

import math
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim, Seeds
from cbspec.judge import Table, alpha_at, decide, judge, with_again
from cbspec.judge.again import verdicts
from cbspec.judge.wording import clustered
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
    Stated,
    Threshold,
    Trend,
    Unpaired,
    Z,
)
from cbspec.ledger import compare, expected_changes
from cbspec.stage import Measure, Summary
from cbspec.statistics import assurance, independent, skew, trimmed
from cbspec.statistics.assurance import Seen
from cbspec.statistics.sample import Sample
from engine.catalog import STAGES
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decided, greater
from tests.cbspec.judge.cases import CASES
from tests.cbspec.judge.simulation import claim_of, fixed, named, rates
from tests.support.specimen import make_effect, make_entry, make_finding, make_judgement

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


def test_2_lognormal_noise_on_logarithms(tabled: Tabled) -> None:
    """A bound that has an image on the logarithmic scale is tested there, a margin is not."""
    table = tabled(a=VEC, b=ORACLE)
    bound = decide(
        Threshold(measure="x", arms=("a",), above=0.2),
        table,
        alpha=0.05,
        measures=with_noise("lognormal"),
    )
    margin = Order(measure="x", arms=("a", "b"), direction="ascending", margin=0.1)
    plain = decide(margin, table, alpha=0.05, measures=with_noise("lognormal"))

    assert bound.p == pytest.approx(greater(np.log(VEC), math.log(0.2)))
    assert bound.effects[0].estimate == pytest.approx(stats.gmean(VEC))
    assert plain.p == pytest.approx(greater(ORACLE - VEC, 0.1))


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
    """A published mean and a known sigma are held to exponential noise where noise is heavy."""
    plain = decided(assertion, table)
    found = decide(assertion, table, alpha=0.05, measures=with_noise("heavy"))
    statistic = (VEC.mean() - 0.3) * math.sqrt(6)
    tails = {
        "published": float(skew.tail(np.array(statistic / VEC.std(ddof=1)), 6)),
        "z": stats.gamma.sf(6 + statistic / 0.1 * math.sqrt(6), 6),
    }

    assert found.p == pytest.approx(tails[assertion.kind])
    assert found.p > plain.p
    assert found.effects[0].low <= plain.effects[0].low
    assert "guarded against skew" in found.reason


@pytest.mark.parametrize(
    ("name", "noise", "n", "low", "high"),
    [
        ("equivalence", "lognormal", 6, 0.07, 0.10),
        ("correlation", "skewed", 5, 0.06, 0.09),
    ],
)
def test_2_and_3_what_is_not_promised(
    name: str, noise: str, n: int, low: float, high: float
) -> None:
    """Where no image and no symmetry helps, Student's t errs as often as the page says."""
    case, rng = CASES[name], np.random.default_rng(1908)
    found = rates(case, noise, fixed(n), 10_000, rng)

    assert noise in case.plain
    assert low <= max(found.holds, found.refuted) <= high


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


def test_5_every_noise_has_a_reason() -> None:
    """A measure of this engine whose noise is not normal says why."""
    for stage in STAGES:
        for name, measure in stage.measures.items():
            assert measure.noise == "normal" or measure.why, name


def test_6_equal_values_end_in_no_infinite_t(tabled: Tabled) -> None:
    """Three equal counts vary by half of one: t is the distance in those standard errors."""
    found = decided(ABOVE, tabled(a=[2.0, 2.0, 2.0]))

    assert found.p == pytest.approx(stats.t.sf(2 / (0.5 / math.sqrt(3)), 2))


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
    """The same value of a measure without a resolution on every seed makes a finding invalid."""
    assert decided(ABOVE, tabled(a=[0.25, 0.25, 0.25])).verdict == "invalid"


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

    assert decided(Trend(**stated), table).verdict == "refuted"
    assert decided(RankTrend(**stated), table).verdict == "holds"


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


def test_15_the_levels_of_looks_are_exact() -> None:
    """At 3 and 6 seeds the first look spends alpha log(1 + (e - 1) / 2); the second has more than
    what a bound would leave it.
    """
    seeds = Seeds(pool=tuple(range(6)), start=3)
    first = 0.05 * math.log(1 + (math.e - 1) / 2)

    assert alpha_at(3, seeds, 0.05) == pytest.approx(first, rel=0.01)
    assert alpha_at(6, seeds, 0.05) > 1.2 * (0.05 - first)


def test_15_a_third_look_takes_from_the_first_two() -> None:
    """With a look at 12 the looks at 3 and at 6 have less than without, so that a claim which never
    gets there is judged otherwise, too.
    """
    two, three = (Seeds(pool=tuple(range(most)), start=3) for most in (6, 12))

    for n in (3, 6):
        assert alpha_at(n, three, 0.05) < 0.8 * alpha_at(n, two, 0.05)


def test_16_the_interval_has_the_level_that_it_says(claimed: Claimed, tabled: Tabled) -> None:
    """At an early look the interval is wider than 95 %, says so, and is Student's at that level; an
    estimate is printed with the digits that tell it from its bound.
    """
    base, step = np.array([0.2, 0.9, 0.4]), np.array([0.25, 0.35, 0.30])
    judgement = judge(claimed(UP, start=3, most=6), tabled(a=base, b=base + step))
    [effect] = judgement.findings[0].effects
    low = stats.ttest_1samp(step, 0).confidence_interval(effect.confidence).low

    assert 0.95 < effect.confidence < 0.98
    assert effect.low == pytest.approx(low)
    near = decided(
        Threshold(measure="x", arms=("a",), below=3.28), tabled(a=[3.2783, 3.2784, 3.2781])
    )
    assert near.reason.startswith("x: a = 3.2783 [")


def test_17_a_look_that_is_left_out_spends_nothing() -> None:
    """A sign begins with three seeds whatever they show; looked at from six on, a claim at its bound
    errs less often, at the level that the second look has anyway.
    """
    seeds = Seeds(pool=tuple(range(6)), start=3)
    case = CASES["sign"]
    claim = claim_of(case, "normal", seeds)
    drawn = named(case.drawn("normal", 6, 20_000, np.random.default_rng(17)))
    both, later = (np.mean(verdicts(claim, drawn, first) != "inconclusive") for first in (0, 6))
    level = alpha_at(6, seeds, 0.05)

    assert case.assertion.begins_with(with_noise("normal")) == 1
    assert both == pytest.approx(2 * 0.05, abs=0.007)
    assert later == pytest.approx(2 * level, abs=0.005)
    assert level < 0.035


def test_18_again_is_the_rate_of_a_fresh_run(claimed: Claimed, tabled: Tabled) -> None:
    """A verdict far from its bound comes again nearly always, one at its bound in about half."""
    base = np.array([0.2, 0.9, 0.4, 0.3, 0.8, 0.6])
    noise = np.array([0.1, -0.2, 0.05, -0.05, 0.2, -0.1])
    claim = claimed(UP, start=6, most=6)
    at_bound = noise.std(ddof=1) / math.sqrt(6) * stats.t.isf(0.05, 5)
    far, near = (
        with_again(judge(claim, table), claim, table)
        for table in (
            tabled(a=base, b=base + 2 + noise),
            tabled(a=base, b=base + 1.001 * at_bound + noise),
        )
    )

    assert (far.verdict, near.verdict) == ("holds", "holds")
    assert far.again is not None
    assert far.again > 0.99
    assert near.again == pytest.approx(0.5, abs=0.06)


def test_19_seeds_that_would_decide_have_predictive_power() -> None:
    """Extended by draws from the predictive distribution, the seeds named decide in half and in 0.8
    of the cases.
    """
    even, likely = assurance.needed(Seen(6, low=-0.5, high=math.inf), 0.05, 0.05) or (0, 0)
    rng = np.random.default_rng(18)
    trials, n = 20_000, 6
    sd = np.sqrt((n - 1) / rng.chisquare(n - 1, trials))
    mean = 0.5 + sd * rng.normal(size=trials) / math.sqrt(n)
    seen = stats.norm.ppf((np.arange(n) + 0.5) / n)
    seen = 0.5 + (seen - seen.mean()) / seen.std(ddof=1)
    for count, power in ((even, 0.5), (likely, 0.8)):
        fresh = mean[:, None] + sd[:, None] * rng.normal(size=(trials, count - n))
        values = np.concatenate([np.tile(seen, (trials, 1)), fresh], axis=1)
        p = stats.ttest_1samp(values, 0, axis=1, alternative="greater").pvalue

        assert np.mean((p <= 0.05) | (p >= 0.95)) == pytest.approx(power, abs=0.05)


def test_20_a_reason_shows_test_values_and_clusters(tabled: Tabled) -> None:
    """The reason names its test and each seed's value, and says where they lie in two clusters."""
    found = decided(ABOVE, tabled(a=[0.91, 0.9, 0.92, 0.93, 0.4, 0.38]))

    assert "t test, p = " in found.reason
    assert "6 seeds: 0.91, 0.9, 0.92, 0.93, 0.4, 0.38" in found.reason
    assert "in two clusters: 2 up to 0.4, 4 from 0.9" in found.reason
    assert clustered(np.array([0.1, 0.2, 0.35, 0.5])) == ""


@pytest.mark.parametrize(
    ("errors", "change"), [(0.05, "same"), (0.5, "drift"), (1.9, "drift"), (2.1, "shift")]
)
def test_21_moves_are_graded_in_standard_errors(errors: float, change: str) -> None:
    """An effect may move by a tenth of its standard error unseen, by two as a drift."""

    def recorded(estimate: float):
        effect = make_effect(estimate=estimate, low=0.1, high=0.9, n=4, spread=0.2)
        return make_entry(judgement=make_judgement(findings=(make_finding(effects=(effect,)),)))

    assert compare(recorded(0.5), recorded(0.5 + errors * 0.1)).change == change


@pytest.mark.parametrize(
    ("again", "errors", "change"),
    [(0.7, 0.5, "wobble"), (0.99, 0.5, "weakened"), (0.7, 2.5, "weakened")],
)
def test_22_noise_explains_a_wobble(again: float, errors: float, change: str) -> None:
    """A fragile verdict that changed while its effect moved by less than two standard errors
    wobbles, and tells the probability of that.
    """

    def recorded(verdict: str, estimate: float, evidence: str):
        effect = make_effect(estimate=estimate, low=0.1, high=0.9, n=4, spread=0.2)
        finding = make_finding(verdict=verdict, effects=(effect,))
        judgement = make_judgement(verdict, findings=(finding,), again=again)
        return msgspec.structs.replace(make_entry(judgement=judgement), evidence=evidence)

    comparison = compare(
        recorded("holds", 0.5, "a" * 16), recorded("inconclusive", 0.5 + errors * 0.1, "b" * 16)
    )

    assert comparison.change == change
    if change == "wobble":
        assert comparison.headline.endswith("(noise alone would change it with probability 0.3)")


def test_22_noise_explains_no_error() -> None:
    """A fragile verdict that ends in an error, or without a value that it had, has not wobbled."""
    old = make_entry(judgement=make_judgement("holds", again=0.7))
    error = make_entry(judgement=make_judgement("error", findings=()))
    lost = make_finding(verdict="invalid", effects=())
    diverged = make_entry(judgement=make_judgement("invalid", findings=(lost,)))

    assert compare(old, error).change == "weakened"
    assert compare(old, diverged).change == "weakened"


def test_23_the_expected_changes_are_a_sum() -> None:
    """Three verdicts that come again with .9, .75 and 1 change in .35 cases on average."""
    entries = [make_entry(judgement=make_judgement(again=again)) for again in (0.9, 0.75, 1.0)]

    assert expected_changes(entries) == (pytest.approx(0.35), 3)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [(2.6, "holds"), (2.7, "inconclusive"), (2.8, "refuted")],
)
def test_24_bare_numbers_are_compared_to_their_last_digit(other: float, verdict: str) -> None:
    """9.5 over 2.6 exceeds 3.5 whatever the digits leave open; over 2.7 that is not known."""
    table = {}
    for arm, number in {"a": 9.5, "b": other}.items():
        printed = Summary(mean=number, sd=None, n=None, digit=0.1)
        table[arm, "x"] = Sample([number], (1,), summary=printed)
    finding = decided(Stated(measure="x", arms=("a", "b"), above=3.5, by="ratio"), table)

    (effect,) = finding.effects
    ends = (9.45 / (other + 0.05), 9.55 / (other - 0.05))
    assert finding.verdict == verdict
    assert (finding.p, finding.p_against) in [(0, 1), (1, 0), (1, 1)]
    assert (effect.low, effect.high) == pytest.approx(ends)
    assert "without a test" in finding.reason


@pytest.mark.parametrize(
    ("by", "runs", "low", "high"),
    [
        ("welch", (5, 20), 0.03, 0.06),
        ("welch", (2, 7), 0.06, 0.08),
        ("permutation", (5, 20), 0.13, 0.19),
        ("mann_whitney", (5, 20), 0.08, 0.13),
    ],
)
def test_25_unequal_spreads_are_for_welch(
    by: str, runs: tuple[int, int], low: float, high: float
) -> None:
    """Of arms with one mean, the smaller of which varies three times as much, Welch's test errs as it
    says, and tests of one distribution do not.
    """
    rng = np.random.default_rng(1947)
    one, other = rng.normal(size=(3000, runs[0])), rng.normal(size=(3000, runs[1])) / 3
    wrong = float(np.mean(independent.TESTS[by](one, other, 0.0, 1) <= 0.05))

    assert low <= wrong <= high
