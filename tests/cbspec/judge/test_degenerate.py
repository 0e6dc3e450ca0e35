import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from cbspec.judge import Sample, Table
from cbspec.kinds import (
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
from tests.cbspec.judge.arms import decided

Tabled = Callable[..., Table]


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


@pytest.mark.parametrize(
    ("assertion", "verdict"),
    ON_CONSTANTS,
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,
)
def test_values_without_spread(tabled: Tabled, assertion: Assertion, verdict: str) -> None:
    """Equal values over seeds are decided by their side alone, with finite figures and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = decided(assertion, tabled(**CONSTANT))

    assert verdict == found.verdict
    figures = [(effect.estimate, effect.low, effect.high, effect.p) for effect in found.effects]
    assert np.isfinite([found.p, found.p_against, *np.ravel(figures)]).all()


def test_a_single_seed_decides_nothing(tabled: Tabled) -> None:
    """One seed has no spread to judge by: p is 1 and the interval unbounded."""
    found = decided(
        Order(measure="x", arms=("a", "b"), direction="ascending"), tabled(a=[0.1], b=[0.9])
    )

    assert (found.verdict, found.p, found.p_against) == ("inconclusive", 1.0, 1.0)
    assert (-math.inf, math.inf) == (found.effects[0].low, found.effects[0].high)


def test_missing_values_are_invalid_with_their_reason() -> None:
    """An undefined value, a diverged run and a NaN each make the finding invalid, naming arm and
    seed.
    """
    seeds = (42, 123)
    table = {
        ("a", "x"): Sample(
            (None, 1.0), seeds, undefined={42: "reference gradient below float32 resolution"}
        ),
        ("b", "x"): Sample((None, None), seeds, diverged={42: "loss is nan at epoch 3", 123: ""}),
        ("c", "x"): Sample((1.0, math.nan), seeds),
    }
    reasons = [
        decided(Sign(measure="x", arms=(arm,), sign="positive"), table).reason for arm in "abc"
    ]

    assert reasons == [
        "reference gradient below float32 resolution for a x seed 42",
        "diverged (loss is nan at epoch 3) for b x seed 42 (and 1 more of its seeds)",
        "x has no finite value for c x seed 123",
    ]
