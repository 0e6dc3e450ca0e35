import itertools

import numpy as np
import pytest
from scipy import stats

from cbspec.statistics import page

# Page 1963, table 2: the least L significant at 0.05 and at 0.01, by arms and seeds.
CRITICAL = {
    (3, 3): (41, 42),
    (3, 4): (54, 55),
    (3, 5): (66, 68),
    (4, 2): (58, 60),
    (4, 3): (84, 87),
    (4, 5): (137, 141),
}


def _tails_at(arms: int, seeds: int, statistic: int) -> float:
    pattern = ((tuple(2 * rank for rank in range(1, arms + 1))),) * seeds
    return page._tails(pattern, 2 * statistic)[0]


@pytest.mark.parametrize(("shape", "least"), CRITICAL.items())
def test_published_critical_values(shape: tuple[int, int], least: tuple[int, int]) -> None:
    """Page's printed critical values are the smallest L whose exact tail is within the level."""
    for level, statistic in zip((0.05, 0.01), least, strict=True):
        assert _tails_at(*shape, statistic) <= level < _tails_at(*shape, statistic - 1)


@pytest.mark.parametrize(("seeds", "arms"), [(2, 3), (3, 4), (5, 3), (4, 5)])
def test_agrees_with_scipy(seeds: int, arms: int) -> None:
    """Statistic and exact p are SciPy's."""
    values = np.random.default_rng(seeds).normal(size=(seeds, arms)) + 0.3 * np.arange(arms)
    expected = stats.page_trend_test(values, method="exact")

    ranked = page.ranks(values.T)

    assert expected.statistic == page.statistic(ranked)
    assert expected.pvalue == pytest.approx(float(page.tails(ranked)[0]), abs=1e-12)


def test_ties_by_enumeration() -> None:
    """With tied values both tails are those of all orders of the shared ranks."""
    # [seed, arm]
    values = np.array([[1.0, 2.0, 2.0, 3.0], [5.0, 5.0, 5.0, 6.0], [1.0, 2.0, 3.0, 4.0]])
    ranked = page.ranks(values.T)
    weights = np.arange(1, 5)
    blocks = [
        [float(np.dot(weights, order)) for order in itertools.permutations(column)]
        for column in ranked.T
    ]
    every = np.array([sum(parts) for parts in itertools.product(*blocks)])
    seen = float(page.statistic(ranked))

    above, below = page.tails(ranked)

    np.testing.assert_array_equal(ranked.T[1], [2, 2, 2, 4])
    assert (every >= seen).mean() == pytest.approx(float(above), abs=1e-12)
    assert (every <= seen).mean() == pytest.approx(float(below), abs=1e-12)


def test_all_equal_says_nothing() -> None:
    """Arms that never differ have both tails at 1."""
    above, below = page.tails(page.ranks(np.ones((3, 4))))

    assert (float(above), float(below)) == (1.0, 1.0)


def test_rounding_is_no_trend() -> None:
    """Arms that differ by the last digits of a sum are tied, at any size."""
    noise = 1 + np.finfo(np.float64).eps * np.arange(3)[:, None]

    for size in (1e-150, 1.0, -1e150):
        above, below = page.tails(page.ranks(size * noise * np.ones((3, 6))))
        assert (float(above), float(below)) == (1.0, 1.0)


def test_batch_is_row_by_row() -> None:
    """Leading axes are independent tests."""
    values = np.random.default_rng(0).normal(size=(7, 3, 5))

    together = page.tails(page.ranks(values))

    alone = np.array([page.tails(page.ranks(row)) for row in values]).T
    np.testing.assert_allclose(together, alone, atol=1e-15)


def test_needed_seeds_of_a_perfect_order() -> None:
    """Where every seed shows the one order of k!, the seeds needed are those at which k!^-n falls
    to alpha.
    """
    perfect = page.ranks(np.arange(3.0)[:, None] + np.zeros((3, 2)))

    assert page.needed(perfect, 0.05, power=0.8) == 2
    assert page.needed(-perfect, 0.05, power=0.8) is None
