"""Fresh runs: drawn with the covariance of those at hand, however many there are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Sample, again, judge, with_again
from cbspec.kinds import Equivalence, Share
from tests.cbspec.judge.cases import CASES, BoundaryCase, stated
from tests.cbspec.judge.simulation import claim_of, fixed


def test_many_runs_are_drawn_as_few_are(monkeypatch):
    """Means, spreads and covariance of fresh runs are those of weights for each single run, and need
    no room that grows with the square of their number.
    """
    seen = np.random.default_rng(3).normal(size=(again.MANY + 1, 2)) @ [[1, 0.5], [0, 2]] + [3, 5]
    turned = again._predicted(seen, np.zeros(2), len(seen), 6_000, np.random.default_rng(1))
    monkeypatch.setattr(again, "MANY", 100)
    weighted = again._predicted(seen, np.zeros(2), len(seen), 6_000, np.random.default_rng(2))

    for mean, other in (
        (turned.mean(axis=1), weighted.mean(axis=1)),
        (turned[:, 0], weighted[:, 0]),
    ):
        assert mean.mean(axis=0) == pytest.approx(other.mean(axis=0), abs=0.1)
        assert mean.std(axis=0) == pytest.approx(other.std(axis=0), rel=0.05)
        # Of 6000 draws a correlation has a standard error of 0.013
        assert np.corrcoef(mean.T) == pytest.approx(np.corrcoef(other.T), abs=0.05)
    spreads, others = turned.std(axis=1), weighted.std(axis=1)
    assert spreads.mean(axis=0) == pytest.approx(others.mean(axis=0), rel=0.05)


def test_runs_beyond_any_double_decide_as_large_ones_do():
    """Two runs of a lognormal measure leave its spread so open that fresh ones leave the doubles: the
    statement is made all the same.
    """
    case = CASES["unpaired, welch"]
    own = dict.fromkeys(case.means, (0, 1))
    claim = replace(claim_of(case, "lognormal", fixed(2)), independent_runs=own)
    table = {
        ("a", "x"): Sample([1e-3, 1e3], (0, 1)),
        ("b", "x"): Sample([1e-3, 2e3], (0, 1)),
    }
    told = with_again(judge(claim, table), claim, table)

    assert told.verdict == "inconclusive"
    assert told.again == pytest.approx(0.87, abs=0.04)


@pytest.mark.parametrize("n", [4, 60])
def test_equal_values_are_drawn_to_their_resolution(n):
    """A column that varies less than it is known is drawn with the spread of what is known, beside one
    that varies more and keeps its own.
    """
    rng = np.random.default_rng(5)
    seen = np.stack([np.ones(n), 3 * rng.normal(size=n)], axis=-1)
    drawn = again._predicted(seen, np.array([0.5, 0.1]), 60, 5_000, rng)
    squares = np.mean((drawn - drawn.mean(axis=1, keepdims=True)) ** 2, axis=1)

    assert np.median(squares[:, 0]) == pytest.approx(
        0.25 * (n - 1) / stats.chi2.median(n - 1), rel=0.05
    )
    assert np.median(squares[:, 0] / squares[:, 1]) == pytest.approx(
        0.25 / np.var(seen[:, 1], ddof=1), rel=0.05
    )


@pytest.mark.parametrize("right", [2, 5, 6])
def test_answers_are_drawn_as_answers(right):
    """Of six answers the statement is that of a flat prior on the share of right ones: the verdicts of
    beta-binomial counts (seven of thirteen, for six of six).
    """
    share = stated(Share, arms=("a",), above=0.5, more_than=0.5)
    claim = claim_of(BoundaryCase(share, {"a": 1.0}), "ties", fixed(6))
    answers = [1.0] * right + [0.0] * (6 - right)
    table = {("a", "x"): Sample(answers, tuple(range(6)))}
    told = with_again(judge(claim, table), claim, table)
    counts = stats.betabinom(6, right + 1, 7 - right)
    expected = counts.pmf(6) if right == 6 else 1 - counts.pmf(6) - counts.pmf(0)

    assert told.verdict == ("holds" if right == 6 else "inconclusive")
    assert told.again == pytest.approx(expected, abs=0.05)


def test_compared_answers_keep_what_arms_share():
    """Where arms are compared, answers are drawn with their covariance: arms that agree on every seed
    still differ by less than what either varies by.
    """
    order = stated(Equivalence, arms=("a", "b"), margin=0.9)
    claim = claim_of(BoundaryCase(order, {"a": 1.0, "b": 1.0}), "ties", fixed(6))
    answers = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    table = {(arm, "x"): Sample(answers, tuple(range(6))) for arm in "ab"}
    drawn = again.fresh(claim, table, np.random.default_rng(1), 200)

    assert drawn is not None
    assert np.array_equal(drawn["a", "x"], drawn["b", "x"])
