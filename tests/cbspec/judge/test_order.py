from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Extremum, Order, RankTrend, Trend
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decided, greater

Tabled = Callable[..., Table]


def test_order_is_the_weakest_paired_t(table: Table) -> None:
    """p is SciPy's paired t of the weakest step; one reversed step refutes with Bonferroni over the
    steps.
    """
    up = decided(Order(measure="x", arms=("dfa", "cb", "vec"), direction="ascending"), table)
    down = decided(Order(measure="x", arms=("oracle", "cb", "vec"), direction="descending"), table)

    steps = [stats.ttest_rel(b, a, alternative="greater").pvalue for a, b in ((DFA, CB), (CB, VEC))]
    assert ("holds", pytest.approx(max(steps))) == (up.verdict, up.p)
    assert ("refuted", pytest.approx(2 * steps[1])) == (down.verdict, down.p_against)


def test_order_margin_moves_the_bound(table: Table) -> None:
    """A step has to exceed the margin, and is refuted when it is shown to fall short of it."""
    near = decided(
        Order(measure="x", arms=("dfa", "vec"), direction="ascending", margin=0.1), table
    )
    far = decided(Order(measure="x", arms=("dfa", "vec"), direction="ascending", margin=0.9), table)

    assert ("holds", pytest.approx(greater(VEC - DFA, 0.1))) == (near.verdict, near.p)
    assert ("refuted", pytest.approx(greater(DFA - VEC, -0.9))) == (far.verdict, far.p_against)


def test_exact_order_enumerates_signs(table: Table) -> None:
    """With test: exact, six seeds that all agree give 1/64."""
    found = decided(
        Order(measure="x", arms=("cb", "oracle"), direction="ascending", test="exact"), table
    )

    assert (found.verdict, found.p) == ("holds", 1 / 64)


def test_rank_trend_is_pages_test(table: Table) -> None:
    """p is SciPy's exact Page p; a falling trend refutes a rising one."""
    expected = stats.page_trend_test(np.stack([DFA, CB, VEC], axis=1), method="exact").pvalue
    rising = decided(
        RankTrend(measure="x", arms=("dfa", "cb", "vec"), direction="increasing"), table
    )
    falling = decided(
        RankTrend(measure="x", arms=("dfa", "cb", "vec"), direction="decreasing"), table
    )

    assert ("holds", pytest.approx(expected)) == (rising.verdict, rising.p)
    assert ("refuted", pytest.approx(expected)) == (falling.verdict, falling.p_against)


def test_a_trend_shows_every_step(tabled: Tabled, rng: np.random.Generator) -> None:
    """A plateau between two arms is a trend of ranks, but none of the measure, strict or not."""
    table = tabled(a=DFA, b=VEC, c=VEC + 1e-3 * rng.normal(size=6), d=ORACLE)
    stated = {"measure": "x", "arms": ("a", "b", "c", "d"), "direction": "increasing"}
    kinds = (RankTrend(**stated), Trend(**stated), Trend(**stated, strict=True))

    verdicts = [decided(kind, table).verdict for kind in kinds]

    assert verdicts == ["holds", "inconclusive", "inconclusive"]


def test_extremum_beats_each_other_arm(table: Table) -> None:
    """The highest is shown above each other arm by the margin; a higher one refutes, with
    Bonferroni over the others.
    """
    highest = decided(
        Extremum(
            measure="x", arm="vec", among=("dfa", "vec", "cb"), extremum="highest", margin=0.05
        ),
        table,
    )
    lowest = decided(
        Extremum(measure="x", arm="vec", among=("dfa", "vec", "oracle"), extremum="lowest"), table
    )

    assert ("holds", pytest.approx(max(greater(VEC - DFA, 0.05), greater(VEC - CB, 0.05)))) == (
        highest.verdict,
        highest.p,
    )
    assert ("refuted", pytest.approx(2 * greater(VEC - DFA))) == (lowest.verdict, lowest.p_against)
