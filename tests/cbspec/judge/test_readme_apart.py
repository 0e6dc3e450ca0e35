"""Numbered statements 24 and 25 of ``cbspec/judge/README.md``: printed numbers, arms over own runs."""

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Sample
from cbspec.kinds import Stated
from cbspec.stage import Summary
from cbspec.statistics import independent
from tests.cbspec.judge.arms import decided


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


def test_25_ties_share_their_ranks() -> None:
    """Of runs that tie, Mann and Whitney's p is that of all splits, whatever an approximation says."""
    one, other = np.array([1.0, 2.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 2.0])
    exact = stats.permutation_test(
        (one, other),
        lambda first, second: stats.mannwhitneyu(first, second).statistic,
        n_resamples=np.inf,
        alternative="greater",
    ).pvalue

    assert float(independent.mann_whitney(one, other, 0.0, 1)) == pytest.approx(exact)
    assert exact > stats.mannwhitneyu(one, other, alternative="greater").pvalue + 0.02


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
