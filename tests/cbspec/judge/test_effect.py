from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Collapse, Order, Range, Ratio, Sign, Trend
from cbspec.stage import Measure
from tests.cbspec.judge.arms import DFA, VEC, decide

Tabled = Callable[..., Table]


def test_effect_is_scipys_interval(table: Table) -> None:
    """The effect of a step has SciPy's paired 95 % interval, its seeds, and the memo's difference."""
    assertion = Order(measure="x", arms=("dfa", "vec"), direction="ascending")
    [effect] = decide(
        assertion,
        table,
        alpha=0.05,
        measures={"x": Measure("cosine", "")},
        reported={"x": {"dfa": 0.009, "vec": 0.378}},
    ).effects
    expected = stats.ttest_rel(VEC, DFA).confidence_interval(0.95)

    assert (effect.label, effect.unit, effect.n, effect.needed) == ("vec - dfa", "cosine", 6, None)
    assert effect.reported == pytest.approx(0.369)
    assert (effect.low, effect.high) == pytest.approx((expected.low, expected.high))
    assert effect.estimate == pytest.approx((VEC - DFA).mean())


@pytest.mark.parametrize(
    ("assertion", "compared"),
    [
        (Order(measure="x", arms=("a", "b"), direction="ascending"), lambda a, b, c: b - a),
        (Range(measure="x", arms=("b",), low=0.0, high=1.0), lambda a, b, c: b),
        (Trend(measure="x", arms=("a", "b", "c"), direction="increasing"), lambda a, b, c: b - a),
        (
            Collapse(measure="x", arms=("a",), reference="c", retain=0.5),
            lambda a, b, c: a - 0.5 * c,
        ),
        (
            Ratio(measure="x", arms=("a", "b"), above=0.1),
            lambda a, b, c: (a - a.mean() / b.mean() * b) / b.mean(),
        ),
    ],
)
def test_spread_over_seeds(tabled, assertion, compared) -> None:
    """An effect carries the sample standard deviation over seeds of what it is the mean of, a ratio
    to first order.
    """
    arms = {
        "a": np.array([0.2, 0.3, 0.5]),
        "b": np.array([0.4, 0.9, 0.7]),
        "c": np.array([0.8, 1.3, 2.0]),
    }

    finding = decide(assertion, tabled(**arms), alpha=0.05)

    assert finding.effects[0].spread == pytest.approx(np.std(compared(**arms), ddof=1))


def test_one_seed_has_no_spread(tabled) -> None:
    """A single seed says nothing of the spread; equal counts have that of their rounding."""
    assertion = Sign(measure="x", arms=("a",), sign="positive")

    assert decide(assertion, tabled(a=[0.2]), alpha=0.05).effects[0].spread is None
    assert decide(assertion, tabled(a=[2.0, 2.0]), alpha=0.05).effects[0].spread == 0.5
