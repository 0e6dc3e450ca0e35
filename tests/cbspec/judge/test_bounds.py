from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Equivalence, Order, Range, Sign, Threshold
from cbspec.stage import Measure
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decide, decided, greater, guarded

Tabled = Callable[..., Table]


@pytest.mark.parametrize(
    ("above", "verdict"), [(0.1, "holds"), (0.35, "inconclusive"), (0.7, "refuted")]
)
def test_threshold_is_scipys_t(table: Table, above: float, verdict: str) -> None:
    """One arm against a constant has SciPy's one-sided p."""
    found = decided(Threshold(measure="x", arms=("vec",), above=above), table)

    assert (verdict, pytest.approx(greater(VEC, above))) == (found.verdict, found.p)
    assert pytest.approx(greater(-VEC, -above)) == found.p_against


def test_threshold_below_mirrors_above(table: Table, tabled: Tabled) -> None:
    """Below a value is above it for negated values."""
    below = decided(Threshold(measure="x", arms=("dfa", "cb"), below=0.3), table)
    above = decided(
        Threshold(measure="x", arms=("dfa", "cb"), above=-0.3), tabled(dfa=-DFA, cb=-CB)
    )

    assert (below.verdict, below.p, below.p_against) == (above.verdict, above.p, above.p_against)


def test_range_is_two_one_sided_tests(table: Table) -> None:
    """Inside is shown from both ends; outside, with Bonferroni over the ends, refutes."""
    inside = decided(Range(measure="x", arms=("vec",), low=0.1, high=0.9), table)
    outside = decided(Range(measure="x", arms=("oracle",), low=0.1, high=0.8), table)

    assert ("holds", pytest.approx(max(greater(VEC, 0.1), greater(-VEC, -0.9)))) == (
        inside.verdict,
        inside.p,
    )
    assert ("refuted", pytest.approx(2 * greater(ORACLE, 0.8))) == (
        outside.verdict,
        outside.p_against,
    )


def test_sign_is_a_threshold_of_zero(table: Table) -> None:
    """Every arm has to have the sign; the weakest decides."""
    positive = decided(Sign(measure="x", arms=("cb", "vec", "oracle"), sign="positive"), table)
    negative = decided(Sign(measure="x", arms=("dfa", "oracle"), sign="negative"), table)

    assert ("holds", pytest.approx(max(greater(CB), greater(VEC), greater(ORACLE)))) == (
        positive.verdict,
        positive.p,
    )
    assert ("refuted", pytest.approx(2 * greater(ORACLE))) == (negative.verdict, negative.p_against)


@pytest.mark.parametrize("side", ["both", "above", "below"])
def test_equivalence_is_schuirmanns(tabled: Tabled, rng: np.random.Generator, side: str) -> None:
    """Two one-sided paired tests against the margin; one of them where only one side is asserted."""
    other = VEC + 0.02 * rng.normal(size=6)
    found = decided(
        Equivalence(measure="x", arms=("vec", "other"), margin=0.08, side=side),
        tabled(vec=VEC, other=other),
    )
    lower, upper = greater(other - VEC, -0.08), greater(VEC - other, -0.08)

    expected = {"both": max(lower, upper), "above": lower, "below": upper}[side]
    assert ("holds", pytest.approx(expected)) == (found.verdict, found.p)


def test_not_different_is_not_equal(tabled: Tabled, rng: np.random.Generator) -> None:
    """A difference that is not significant does not hold as equal where the interval is wider than
    the margin.
    """
    a = rng.normal(size=6)
    b = a[::-1]
    found = decided(Equivalence(measure="x", arms=("a", "b"), margin=0.2), tabled(a=a, b=b))

    assert stats.ttest_rel(a, b).pvalue > 0.05
    assert found.verdict == "inconclusive"


def test_equivalence_refuted_beyond_the_margin(table: Table) -> None:
    """A difference shown to exceed the margin refutes; one to a constant is measured from the
    constant.
    """
    pair = decided(Equivalence(measure="x", arms=("vec", "oracle"), margin=0.1), table)
    constant = decided(Equivalence(measure="x", arms=("dfa",), margin=0.15, to=0.02), table)

    assert ("refuted", pytest.approx(2 * greater(ORACLE - VEC, 0.1))) == (
        pair.verdict,
        pair.p_against,
    )
    expected = max(greater(DFA, 0.02 - 0.15), greater(-DFA, -0.02 - 0.15))
    assert ("holds", pytest.approx(expected)) == (constant.verdict, constant.p)


@pytest.mark.parametrize("asked", ["test: robust", "heavy noise"])
def test_robust_holds_one_arm_to_exponential_noise_too(table: Table, asked: str) -> None:
    """Asked for, or of a measure with heavy noise, one arm against a constant has the larger of
    SciPy's p and that under exponential noise; a difference of arms needs no guard.
    """
    test = "robust" if asked == "test: robust" else "t"
    measure = Measure("", "", noise="heavy" if asked == "heavy noise" else "normal")
    alone = Threshold(measure="x", arms=("vec",), above=0.3, test=test)
    paired = Order(measure="x", arms=("dfa", "vec"), direction="ascending", test=test)

    lone, pair = (
        decide(assertion, table, alpha=0.05, measures={"x": measure})
        for assertion in (alone, paired)
    )

    assert guarded(VEC, 0.3) > greater(VEC, 0.3)
    assert lone.p == pytest.approx(guarded(VEC, 0.3))
    assert "guarded against skew" in lone.reason
    assert pair.p == pytest.approx(greater(VEC - DFA))
