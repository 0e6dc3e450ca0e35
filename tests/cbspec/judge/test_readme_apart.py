"""Numbered statements 24 to 29 of ``cbspec/judge/README.md``: printed numbers, arms over runs of their
own, statistics other than means.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Sample, Table
from cbspec.kinds import Published, Quantile, Sooner, Stated, Z
from cbspec.stage import Summary
from cbspec.statistics import independent, pearson, survival, trimmed
from tests.cbspec.judge.arms import VEC, decided

Tabled = Callable[..., Table]


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


def test_25_published_is_welchs_and_z_takes_the_spread_as_known(tabled: Tabled) -> None:
    """Their p are those of SciPy, from mean, sd and n."""
    table = tabled(a=VEC)
    reported = Published(measure="x", arms=("a",), mean=0.25, sd=0.04, n=5, above=0.0)
    known = Z(measure="x", arms=("a",), sigma=0.08, above=0.25)
    own = (VEC.mean(), VEC.std(ddof=1), 6)
    welch = stats.ttest_ind_from_stats(
        *own, 0.25, 0.04, 5, equal_var=False, alternative="greater"
    ).pvalue

    assert decided(reported, table).p == pytest.approx(welch)
    assert decided(known, table).p == pytest.approx(
        stats.norm.sf((VEC.mean() - 0.25) / (0.08 / math.sqrt(6)))
    )


@pytest.mark.parametrize(("above", "p"), [(0.2, 22 / 64), (0.1, 7 / 64)])
def test_26_a_quantile_is_a_sign_test(tabled: Tabled, above: float, p: float) -> None:
    """Of six seeds those at or below the bound count against a median above it; three seeds leave the
    interval open on both sides.
    """
    values = [0.1, 0.3, 0.35, 0.4, 0.5, 0.2]
    median = Quantile(measure="x", arms=("a",), above=above)
    few, many = tabled(a=values[:3]), tabled(a=values)
    [effect], [open_] = decided(median, many).effects, decided(median, few).effects

    assert decided(median, many).p == pytest.approx(p)
    assert (effect.low, effect.high) == (0.1, 0.5)
    assert (open_.low, open_.high) == (-math.inf, math.inf)


@pytest.mark.parametrize(("n", "low", "high"), [(4, 0.057, 0.064), (8, 0.057, 0.064)])
def test_27_the_t_of_a_middle_half_is_not_students(n: int, low: float, high: float) -> None:
    """Held to Student's t it errs in 0.06 of the cases; held to its own distribution in alpha."""
    values = np.random.default_rng(1963).normal(size=(40_000, n))
    mean, error = trimmed.moments(values)
    students = stats.t.sf(mean / error, n - 2 * (n // 4) - 1)

    assert low <= np.mean(students <= 0.05) <= high
    assert np.mean(trimmed.tail(values, 0.0, 1) <= 0.05) == pytest.approx(0.05, abs=0.003)


def test_28_log_rank_scores_are_permuted() -> None:
    """The p of two arms that do not overlap is one of the six splits, with a run that never arrives too;
    the normal approximation takes that sixth for less than alpha.
    """
    one, other = np.array([3.0, 5.0]), np.array([6.0, 7.0])
    near = stats.logrank(one, other, alternative="greater").pvalue

    assert float(survival.tail(one, other, 0.0, 1)) == pytest.approx(1 / 6)
    assert float(survival.tail(one, np.array([6.0, np.inf]), 0.0, 1)) == pytest.approx(1 / 6)
    assert near < 0.05
    assert not Sooner(measure="x", arms=("a", "b"), limit=9.0).by_run


@pytest.mark.parametrize(("over", "bound"), [("seeds", 0.4), ("arms", 0.2)])
def test_29_coefficients_keep_their_level(over: str, bound: float) -> None:
    """At the true coefficient either side is shown in alpha of the cases, over seeds exactly."""
    rng, arms, n = np.random.default_rng(1966), 4, 6
    shape = (20_000, n) if over == "seeds" else (20_000, n, arms)
    one = rng.normal(size=shape)
    other = bound * one + math.sqrt(1 - bound**2) * rng.normal(size=shape)
    r = pearson.coefficient(one, other)
    if over == "seeds":
        p = pearson.tail(r, n, bound, 1)
    else:
        z = np.arctanh(r)
        bound = math.tanh(float(np.mean(z)))  # what the seeds' z are about
        p = pearson.mean_tail(z, np.zeros(len(z)), bound, 1)

    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.006)
