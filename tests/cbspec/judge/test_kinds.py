import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cbspec.assertion import (
    All,
    Any,
    Assertion,
    Collapse,
    Equivalence,
    Extremum,
    Interaction,
    Order,
    Range,
    Ratio,
    Sign,
    Threshold,
    Trend,
)
from cbspec.finding import Finding
from cbspec.judge import Sample, Table, decide, skew

Tabled = Callable[..., Table]

RNG = np.random.default_rng(1963)
DFA, CB, VEC, ORACLE = (
    mean + spread * RNG.normal(size=6) for mean, spread in ((0.01, 0.04), (0.12, 0.06), (0.38, 0.09), (1, 0.05))
)


def _greater(values: np.ndarray, bound: float = 0.0) -> float:
    """SciPy's one-sided p of a mean above the bound."""
    return float(stats.ttest_1samp(values, bound, alternative="greater").pvalue)


def _guarded(values: np.ndarray, bound: float = 0.0) -> float:
    """The same for values without a partner: not below the p under exponential noise."""
    t = stats.ttest_1samp(values, bound).statistic
    return max(_greater(values, bound), float(skew.tail(np.array(t), len(values))))


def _decided(assertion: Assertion, table: Table) -> Finding:
    return decide(assertion, table, alpha=0.05)


@pytest.fixture
def table(tabled: Tabled) -> Table:
    return tabled(dfa=DFA, cb=CB, vec=VEC, oracle=ORACLE)


def test_order_is_the_weakest_paired_t(table: Table) -> None:
    """p is SciPy's paired t of the weakest step; one reversed step refutes with Bonferroni over the steps."""
    up = _decided(Order(measure="x", arms=("dfa", "cb", "vec"), direction="ascending"), table)
    down = _decided(Order(measure="x", arms=("oracle", "cb", "vec"), direction="descending"), table)

    steps = [stats.ttest_rel(b, a, alternative="greater").pvalue for a, b in ((DFA, CB), (CB, VEC))]
    assert ("holds", pytest.approx(max(steps))) == (up.verdict, up.p)
    assert ("refuted", pytest.approx(2 * steps[1])) == (down.verdict, down.p_against)


def test_order_margin_moves_the_bound(table: Table) -> None:
    """A step has to exceed the margin, and is refuted when it is shown to fall short of it."""
    near = _decided(Order(measure="x", arms=("dfa", "vec"), direction="ascending", margin=0.1), table)
    far = _decided(Order(measure="x", arms=("dfa", "vec"), direction="ascending", margin=0.9), table)

    assert ("holds", pytest.approx(_greater(VEC - DFA, 0.1))) == (near.verdict, near.p)
    assert ("refuted", pytest.approx(_greater(DFA - VEC, -0.9))) == (far.verdict, far.p_against)


def test_exact_order_enumerates_signs(table: Table) -> None:
    """With test: exact, six seeds that all agree give 1/64."""
    found = _decided(Order(measure="x", arms=("cb", "oracle"), direction="ascending", test="exact"), table)

    assert (found.verdict, found.p) == ("holds", 1 / 64)


def test_effect_is_scipys_interval(table: Table) -> None:
    """The effect of a step has SciPy's paired 95 % interval, its seeds, and the memo's difference."""
    assertion = Order(measure="x", arms=("dfa", "vec"), direction="ascending")
    [effect] = decide(assertion, table, alpha=0.05, units={"x": "cosine"}, reported={"x": {"dfa": 0.009, "vec": 0.378}}).effects
    expected = stats.ttest_rel(VEC, DFA).confidence_interval(0.95)

    assert (effect.label, effect.unit, effect.n, effect.needed) == ("vec - dfa", "cosine", 6, None)
    assert effect.reported == pytest.approx(0.369)
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))
    assert effect.estimate == pytest.approx((VEC - DFA).mean())


def test_headroom_is_the_distance_to_the_critical_t(table: Table) -> None:
    """Headroom counts standard errors from the estimate to where the verdict would change."""
    [effect] = _decided(Order(measure="x", arms=("dfa", "cb"), direction="ascending"), table).effects
    t = stats.ttest_rel(CB, DFA).statistic

    assert effect.headroom == pytest.approx(t - stats.t.ppf(0.95, 5))


def test_trend_is_pages_test(table: Table) -> None:
    """p is SciPy's exact Page p; a falling trend refutes a rising one."""
    expected = stats.page_trend_test(np.stack([DFA, CB, VEC], axis=1), method="exact").pvalue
    rising = _decided(Trend(measure="x", arms=("dfa", "cb", "vec"), direction="increasing"), table)
    falling = _decided(Trend(measure="x", arms=("dfa", "cb", "vec"), direction="decreasing"), table)

    assert ("holds", pytest.approx(expected)) == (rising.verdict, rising.p)
    assert ("refuted", pytest.approx(expected)) == (falling.verdict, falling.p_against)


def test_strict_trend_shows_every_step(tabled: Tabled) -> None:
    """A plateau between two arms is a trend but no strict one."""
    table = tabled(a=DFA, b=VEC, c=VEC + 1e-3 * RNG.normal(size=6), d=ORACLE)
    loose = Trend(measure="x", arms=("a", "b", "c", "d"), direction="increasing")
    strict = Trend(measure="x", arms=("a", "b", "c", "d"), direction="increasing", strict=True)

    assert (_decided(loose, table).verdict, _decided(strict, table).verdict) == ("holds", "inconclusive")


@pytest.mark.parametrize(("above", "verdict"), [(0.1, "holds"), (0.35, "inconclusive"), (0.7, "refuted")])
def test_threshold_is_a_guarded_t(table: Table, above: float, verdict: str) -> None:
    """One arm against a constant has the larger of SciPy's p and that under exponential noise."""
    found = _decided(Threshold(measure="x", arms=("vec",), above=above), table)

    assert (verdict, pytest.approx(_guarded(VEC, above))) == (found.verdict, found.p)
    assert pytest.approx(_guarded(-VEC, -above)) == found.p_against


def test_threshold_below_mirrors_above(table: Table, tabled: Tabled) -> None:
    """Below a value is above it for negated values."""
    below = _decided(Threshold(measure="x", arms=("dfa", "cb"), below=0.3), table)
    above = _decided(Threshold(measure="x", arms=("dfa", "cb"), above=-0.3), tabled(dfa=-DFA, cb=-CB))

    assert (below.verdict, below.p, below.p_against) == (above.verdict, above.p, above.p_against)


def test_range_is_two_one_sided_tests(table: Table) -> None:
    """Inside is shown from both ends; outside, with Bonferroni over the ends, refutes."""
    inside = _decided(Range(measure="x", arms=("vec",), low=0.1, high=0.9), table)
    outside = _decided(Range(measure="x", arms=("oracle",), low=0.1, high=0.8), table)

    assert ("holds", pytest.approx(max(_guarded(VEC, 0.1), _guarded(-VEC, -0.9)))) == (inside.verdict, inside.p)
    assert ("refuted", pytest.approx(2 * _guarded(ORACLE, 0.8))) == (outside.verdict, outside.p_against)


def test_sign_is_a_threshold_of_zero(table: Table) -> None:
    """Every arm has to have the sign; the weakest decides."""
    positive = _decided(Sign(measure="x", arms=("cb", "vec", "oracle"), sign="positive"), table)
    negative = _decided(Sign(measure="x", arms=("dfa", "oracle"), sign="negative"), table)

    assert ("holds", pytest.approx(max(_guarded(CB), _guarded(VEC), _guarded(ORACLE)))) == (positive.verdict, positive.p)
    assert ("refuted", pytest.approx(2 * _guarded(ORACLE))) == (negative.verdict, negative.p_against)


@pytest.mark.parametrize("side", ["both", "above", "below"])
def test_equivalence_is_schuirmanns(tabled: Tabled, side: str) -> None:
    """Two one-sided paired tests against the margin; one of them where only one side is asserted."""
    other = VEC + 0.02 * RNG.normal(size=6)
    found = _decided(Equivalence(measure="x", arms=("vec", "other"), margin=0.08, side=side), tabled(vec=VEC, other=other))
    lower, upper = _greater(other - VEC, -0.08), _greater(VEC - other, -0.08)

    expected = {"both": max(lower, upper), "above": lower, "below": upper}[side]
    assert ("holds", pytest.approx(expected)) == (found.verdict, found.p)


def test_not_different_is_not_equal(tabled: Tabled) -> None:
    """A difference that is not significant does not hold as equal where the interval is wider than the margin."""
    a, b = RNG.normal(0, 1, 6), RNG.normal(0, 1, 6)
    found = _decided(Equivalence(measure="x", arms=("a", "b"), margin=0.2), tabled(a=a, b=b))

    assert stats.ttest_rel(a, b).pvalue > 0.05
    assert found.verdict == "inconclusive"


def test_equivalence_refuted_beyond_the_margin(table: Table) -> None:
    """A difference shown to exceed the margin refutes; one to a constant is measured from the constant."""
    pair = _decided(Equivalence(measure="x", arms=("vec", "oracle"), margin=0.1), table)
    constant = _decided(Equivalence(measure="x", arms=("dfa",), margin=0.15, to=0.02), table)

    assert ("refuted", pytest.approx(2 * _greater(ORACLE - VEC, 0.1))) == (pair.verdict, pair.p_against)
    expected = max(_guarded(DFA, 0.02 - 0.15), _guarded(-DFA, -0.02 - 0.15))
    assert ("holds", pytest.approx(expected)) == (constant.verdict, constant.p)


def test_collapse_keeps_less_than_its_part(table: Table) -> None:
    """(arm - floor) - retain (reference - floor) is shown below 0 for each arm."""
    found = _decided(Collapse(measure="x", arms=("dfa", "cb"), reference="oracle", floor=0.1, retain=0.4), table)

    heights = [0.4 * (ORACLE - 0.1) - (arm - 0.1) for arm in (DFA, CB)]
    assert ("holds", pytest.approx(max(map(_guarded, heights)))) == (found.verdict, found.p)


def test_collapse_needs_height_to_lose(table: Table) -> None:
    """Where the reference is not shown above the floor, nothing can collapse and the finding is invalid."""
    found = _decided(Collapse(measure="x", arms=("cb",), reference="dfa", floor=0.01), table)

    assert (found.verdict, found.reason) == ("invalid", "the reference dfa is not shown above the floor 0.01")


def test_ratio_is_shown_on_logs_and_without(table: Table) -> None:
    """The factor is a paired t on logarithms, its interval a ratio; the linear form has to agree."""
    found = _decided(Ratio(measure="x", arms=("oracle", "vec"), above=1.5), table)
    logs = stats.ttest_rel(np.log(ORACLE), np.log(VEC) + math.log(1.5), alternative="greater").pvalue
    interval = stats.ttest_rel(np.log(ORACLE), np.log(VEC)).confidence_interval()
    ratio, linear = found.effects

    assert found.p == pytest.approx(max(logs, _guarded(ORACLE - 1.5 * VEC)))
    assert (ratio.p, linear.p) == pytest.approx((logs, _guarded(ORACLE - 1.5 * VEC)))
    assert (ratio.unit, ratio.low, ratio.high) == ("ratio", *map(pytest.approx, np.exp([interval.low, interval.high])))


def test_ratio_over_a_denominator_near_zero(tabled: Tabled) -> None:
    """Where the denominator has random sign, a factor is a distance from both of its multiples."""
    near = np.array([0.006, -0.011, 0.009, 0.002, -0.004, 0.001])
    found = _decided(Ratio(measure="x", arms=("vec", "near"), above=3), tabled(vec=VEC, near=near))

    assert ("holds", pytest.approx(max(_guarded(VEC - 3 * near), _guarded(VEC + 3 * near)))) == (found.verdict, found.p)
    assert [effect.label for effect in found.effects] == ["vec - 3 near", "vec + 3 near"]


def test_ratio_below_wants_a_positive_denominator(tabled: Tabled) -> None:
    """A negative denominator neither shows nor refutes that a ratio is small."""
    found = _decided(Ratio(measure="x", arms=("a", "b"), below=2), tabled(a=-VEC - 9, b=-VEC))

    assert (found.verdict, found.p > 0.9) == ("inconclusive", True)


def test_ratio_over_nothing_is_undefined(tabled: Tabled) -> None:
    """A denominator shown to be smaller than the guard makes the ratio invalid."""
    found = _decided(Ratio(measure="x", arms=("a", "b"), above=2, guard=0.01), tabled(a=VEC, b=1e-5 * RNG.normal(size=6)))

    assert (
        found.verdict,
        found.reason,
    ) == ("invalid", "ratio undefined: the denominator b is shown to be below 0.01 in magnitude")


def test_extremum_beats_each_other_arm(table: Table) -> None:
    """The highest is shown above each other arm by the margin; a higher one refutes, with Bonferroni over the others."""
    highest = _decided(Extremum(measure="x", arm="vec", among=("dfa", "vec", "cb"), extremum="highest", margin=0.05), table)
    lowest = _decided(Extremum(measure="x", arm="vec", among=("dfa", "vec", "oracle"), extremum="lowest"), table)

    assert ("holds", pytest.approx(max(_greater(VEC - DFA, 0.05), _greater(VEC - CB, 0.05)))) == (highest.verdict, highest.p)
    assert ("refuted", pytest.approx(2 * _greater(VEC - DFA))) == (lowest.verdict, lowest.p_against)


def test_interaction_is_a_difference_of_differences(table: Table) -> None:
    """Two pairs: the t test of the first difference less the second, on four arms."""
    found = _decided(Interaction(measure="x", pairs=(("oracle", "vec"), ("cb", "dfa")), margin=0.1), table)

    assert ("holds", pytest.approx(_greater((ORACLE - VEC) - (CB - DFA), 0.1))) == (found.verdict, found.p)


def test_interaction_slope_is_least_squares_per_seed(tabled: Tabled) -> None:
    """With levels: the t test of the slope that least squares gives each seed."""
    levels = (0.0, 0.5, 0.7, 1.0)
    gains = [level * 0.4 - 0.1 + 0.05 * RNG.normal(size=6) for level in levels]
    bases = [RNG.normal(size=6) for _ in levels]
    arms = {f"a{i}": base + gain for i, (base, gain) in enumerate(zip(bases, gains, strict=True))}
    arms |= {f"b{i}": base for i, base in enumerate(bases)}
    assertion = Interaction(measure="x", pairs=tuple((f"a{i}", f"b{i}") for i in range(4)), levels=levels)

    found = _decided(assertion, tabled(**arms))

    slopes = np.array([stats.linregress(levels, [gain[seed] for gain in gains]).slope for seed in range(6)])
    assert ("holds", pytest.approx(_greater(slopes))) == (found.verdict, found.p)
    assert found.effects[0].estimate == pytest.approx(slopes.mean())


@pytest.mark.parametrize(("direction", "verdict"), [("increasing", "refuted"), ("decreasing", "holds")])
def test_interaction_reverses(table: Table, direction: str, verdict: str) -> None:
    """A reversal needs both differences shown, each with its own sign."""
    assertion = Interaction(measure="x", pairs=(("dfa", "cb"), ("oracle", "vec")), reverses=True, direction=direction)

    found = _decided(assertion, table)

    steps = sorted([_greater(CB - DFA), _greater(ORACLE - VEC)])
    assert verdict == found.verdict
    assert pytest.approx(steps[1] if verdict == "holds" else 2 * steps[0]) == (found.p if verdict == "holds" else found.p_against)


def test_all_takes_the_weakest_part_any_the_strongest(table: Table) -> None:
    """all has the largest p of its parts, any the smallest times their number; refuting any takes every part."""
    up = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    more = Order(measure="x", arms=("cb", "vec"), direction="ascending")
    down = Order(measure="x", arms=("vec", "cb"), direction="ascending")
    ps = [_greater(CB - DFA), _greater(VEC - CB)]

    both, either, neither = (_decided(kind, table) for kind in (All(of=(up, more)), Any(of=(up, down)), Any(of=(down, down))))

    assert ("holds", pytest.approx(max(ps))) == (both.verdict, both.p)
    assert ("holds", pytest.approx(2 * ps[0])) == (either.verdict, either.p)
    assert ("refuted", pytest.approx(ps[1])) == (neither.verdict, neither.p_against)


def test_a_part_keeps_its_own_alpha(table: Table) -> None:
    """A part with a stricter alpha has to be shown at that."""
    step = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    p = _decided(step, table).p
    own = Order(measure="x", arms=("dfa", "cb"), direction="ascending", alpha=p / 2)

    assert (_decided(All(of=(step,)), table).verdict, _decided(All(of=(own,)), table).verdict) == ("holds", "inconclusive")


CONSTANT = {"low": np.full(3, 0.1), "high": np.full(3, 0.3), "also": np.array([0.1, 0.1, 0.1])}
ON_CONSTANTS = [
    (Order(measure="x", arms=("low", "high"), direction="ascending"), "holds"),
    (Order(measure="x", arms=("low", "also"), direction="ascending"), "inconclusive"),
    (Order(measure="x", arms=("high", "low"), direction="ascending"), "refuted"),
    (Order(measure="x", arms=("low", "high"), direction="ascending", margin=0.2), "inconclusive"),
    (Trend(measure="x", arms=("low", "also", "high"), direction="increasing"), "holds"),
    (Trend(measure="x", arms=("low", "also", "low"), direction="increasing"), "inconclusive"),
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


@pytest.mark.parametrize(("assertion", "verdict"), ON_CONSTANTS, ids=lambda x: x if isinstance(x, str) else type(x).__name__)
def test_values_without_spread(tabled: Tabled, assertion: Assertion, verdict: str) -> None:
    """Equal values over seeds are decided by their side alone, with finite figures and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = _decided(assertion, tabled(**CONSTANT))

    assert verdict == found.verdict
    figures = [(effect.estimate, effect.low, effect.high, effect.p) for effect in found.effects]
    assert np.isfinite([found.p, found.p_against, *np.ravel(figures)]).all()


def test_a_single_seed_decides_nothing(tabled: Tabled) -> None:
    """One seed has no spread to judge by: p is 1 and the interval unbounded."""
    found = _decided(Order(measure="x", arms=("a", "b"), direction="ascending"), tabled(a=[0.1], b=[0.9]))

    assert (found.verdict, found.p, found.p_against) == ("inconclusive", 1.0, 1.0)
    assert (-math.inf, math.inf) == (found.effects[0].low, found.effects[0].high)


def test_missing_values_are_invalid_with_their_reason() -> None:
    """An undefined value, a diverged run and a NaN each make the finding invalid, naming arm and seed."""
    seeds = (42, 123)
    table = {
        ("a", "x"): Sample((None, 1.0), seeds, undefined={42: "reference gradient below float32 resolution"}),
        ("b", "x"): Sample((None, None), seeds, diverged={42: "loss is nan at epoch 3", 123: ""}),
        ("c", "x"): Sample((1.0, math.nan), seeds),
    }
    reasons = [_decided(Sign(measure="x", arms=(arm,), sign="positive"), table).reason for arm in "abc"]

    assert reasons == [
        "reference gradient below float32 resolution for a x seed 42",
        "diverged (loss is nan at epoch 3) for b x seed 42 (and 1 more of its seeds)",
        "x has no finite value for c x seed 123",
    ]


def test_reason_of_the_undecided_names_the_seeds_needed(tabled: Tabled) -> None:
    """An inconclusive finding says how many seeds an effect of the size seen would take."""
    differences = np.array([0.9, 0.1, 0.3, -0.2])
    found = _decided(Order(measure="x", arms=("a", "b"), direction="ascending"), tabled(a=np.zeros(4), b=differences))

    [effect] = found.effects
    d = differences.mean() / differences.std(ddof=1)
    power = [stats.nct.sf(stats.t.ppf(0.95, n - 1), n - 1, d * math.sqrt(n)) for n in (effect.needed - 1, effect.needed)]
    assert power[0] < 0.8 <= power[1]
    assert found.reason.endswith(f"about {effect.needed} seeds would decide an effect of this size")


VALUES = st.lists(st.integers(-1000, 1000).map(lambda i: i / 64), min_size=4, max_size=4)
TRIPLES = st.tuples(VALUES, VALUES, VALUES)
ORDER = Order(measure="x", arms=("a", "b", "c"), direction="ascending")
TREND = Trend(measure="x", arms=("a", "b", "c"), direction="increasing")


def _arms(triple: tuple[list[float], ...]) -> Table:
    return {(arm, "x"): Sample(values, (1, 2, 3, 4)) for arm, values in zip("abc", triple, strict=True)}


@given(TRIPLES)
@settings(max_examples=50, deadline=None)
def test_negation_turns_the_order_round(triple: tuple[list[float], ...]) -> None:
    """Negated values in the opposite direction give the same finding; the opposite direction refutes what holds."""
    ascending = _decided(ORDER, _arms(triple))
    mirrored = _decided(
        Order(measure="x", arms=("a", "b", "c"), direction="descending"), _arms(tuple([-x for x in v] for v in triple))
    )
    opposite = _decided(Order(measure="x", arms=("a", "b", "c"), direction="descending"), _arms(triple))

    assert (ascending.verdict, ascending.p, ascending.p_against) == (mirrored.verdict, mirrored.p, mirrored.p_against)
    assert ascending.verdict != "holds" or opposite.verdict == "refuted"


@given(TRIPLES, st.integers(-8, 8), st.sampled_from([0.25, 2.0, 64.0]), st.permutations(range(4)))
@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("assertion", [ORDER, TREND], ids=["order", "trend"])
def test_shift_scale_and_seed_order_do_not_matter(
    assertion: Assertion, triple: tuple[list[float], ...], shift: int, scale: float, order: list[int]
) -> None:
    """Comparisons between arms depend neither on the measure's zero and unit nor on the order of the seeds."""
    moved = _arms(tuple([shift + scale * values[i] for i in order] for values in triple))
    before, after = _decided(assertion, _arms(triple)), _decided(assertion, moved)

    assert before.verdict == after.verdict
    assert (before.p, before.p_against) == pytest.approx((after.p, after.p_against), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("assertion", "compared"),
    [
        (Order(measure="x", arms=("a", "b"), direction="ascending"), lambda a, b, c: b - a),
        (Range(measure="x", arms=("b",), low=0.0, high=1.0), lambda a, b, c: b),
        (Trend(measure="x", arms=("a", "b", "c"), direction="increasing"), lambda a, b, c: c - a),
        (Collapse(measure="x", arms=("a",), reference="c", retain=0.5), lambda a, b, c: a - 0.5 * c),
        (Ratio(measure="x", arms=("a", "b"), above=0.1), lambda a, b, c: np.log(a / b)),
    ],
)
def test_spread_over_seeds(tabled, assertion, compared) -> None:
    """An effect carries the sample standard deviation over seeds of what it is the mean of, a ratio that of its logarithm."""
    arms = {"a": np.array([0.2, 0.3, 0.5]), "b": np.array([0.4, 0.9, 0.7]), "c": np.array([0.8, 1.3, 2.0])}

    finding = decide(assertion, tabled(**arms), alpha=0.05)

    assert finding.effects[0].spread == pytest.approx(np.std(compared(**arms), ddof=1))


def test_one_seed_has_no_spread(tabled) -> None:
    """A single seed says nothing of the spread; equal seeds say that there is none."""
    assertion = Sign(measure="x", arms=("a",), sign="positive")

    assert decide(assertion, tabled(a=[0.2]), alpha=0.05).effects[0].spread is None
    assert decide(assertion, tabled(a=[0.2, 0.2]), alpha=0.05).effects[0].spread == 0
