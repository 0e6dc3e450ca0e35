"""Claims that are just false: each case stands on the boundary of its null hypothesis, so both error
rates are largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cbspec.kinds import (
    All,
    Any,
    Assertion,
    AtLeast,
    Collapse,
    Correlation,
    Equivalence,
    Extremum,
    Interaction,
    Iqm,
    Order,
    Published,
    Quantile,
    Range,
    RankTrend,
    Ratio,
    Share,
    Sign,
    Sooner,
    Threshold,
    Trend,
    Unpaired,
    Z,
)
from cbspec.statistics.sample import Array
from tests.cbspec.judge.noise import NOISE

FAR = 30.0  # standard deviations: the part of a conjunction that is not in doubt


@dataclass(frozen=True)
class BoundaryCase:
    """An assertion and the arms' true means that put it on its boundary.

    Attributes:
        logs: the boundary is that of geometric means where noise is a factor.
        noises: those that the boundary is one for; all by default.
        trials, seeds: at most so many, where one test takes long.
        boundary: whether the opposite is no error either; else the assertion is false.
    """

    assertion: Assertion
    means: Mapping[str, float]
    logs: bool = False
    noises: frozenset[str] = field(default_factory=lambda: frozenset(NOISE) - {"lognormal"})
    trials: int = 100_000
    seeds: int = 12
    boundary: bool = True

    def drawn(self, noise: str, n: int, trials: int, rng: np.random.Generator) -> dict[str, Array]:
        """Arm -> values `[trial, seed]`."""
        values = NOISE[noise].draw(rng, (len(self.means), trials, n))
        drawn = {}
        for (arm, mean), own in zip(self.means.items(), values, strict=True):
            drawn[arm] = mean * np.exp(0.5 * own) if noise == "lognormal" else mean + own
        return drawn


def stated(kind: type, **fields: object) -> Assertion:
    """An assertion about the measure x."""
    return kind(measure="x", **fields)


EVERYWHERE = frozenset(NOISE)
SYMMETRIC = frozenset({"normal", "arms correlated .8", "discrete to 1e-4", "heavy"})
CONTINUOUS = frozenset({"normal", "discrete to 1e-4"})

_above, _level = (
    stated(Sign, arms=("a",), sign="positive"),
    stated(Threshold, arms=("b",), above=2.0),
)


CASES: Mapping[str, BoundaryCase] = {
    "order": BoundaryCase(
        stated(Order, arms=("a", "b", "c"), direction="ascending"),
        {"a": 1, "b": 1e9, "c": 1e9},
        noises=EVERYWHERE - {"ties"},
    ),
    "order, margin": BoundaryCase(
        stated(Order, arms=("a", "b"), direction="descending", margin=2.0), {"a": 2, "b": 0}
    ),
    "order, exact": BoundaryCase(
        stated(Order, arms=("a", "b"), direction="ascending", test="exact"), {"a": 0, "b": 0}
    ),
    "trend": BoundaryCase(
        stated(Trend, arms=("a", "b", "c"), direction="decreasing"), {"a": FAR, "b": 0, "c": 0}
    ),
    "trend, one step reversed": BoundaryCase(
        stated(Trend, arms=("a", "b", "c", "d"), direction="increasing"),
        {"a": 0, "b": 2, "c": 4, "d": 3},
        noises=SYMMETRIC,
        boundary=False,
    ),
    "rank_trend": BoundaryCase(
        stated(RankTrend, arms=("a", "b", "c"), direction="increasing"), {"a": 0, "b": 0, "c": 0}
    ),
    "threshold": BoundaryCase(
        stated(Threshold, arms=("a", "b"), above=1.0),
        {"a": 1, "b": 1e9},
        noises=EVERYWHERE - {"ties"},
    ),
    "threshold, exact": BoundaryCase(
        stated(Threshold, arms=("a",), above=1.0, test="exact"), {"a": 1}, noises=SYMMETRIC
    ),
    "threshold, robust": BoundaryCase(
        stated(Threshold, arms=("a",), below=1.0, test="robust"), {"a": 1}
    ),
    "range": BoundaryCase(stated(Range, arms=("a",), low=0.0, high=FAR), {"a": FAR}),
    "sign": BoundaryCase(stated(Sign, arms=("a",), sign="negative"), {"a": 0}),
    "equivalence": BoundaryCase(stated(Equivalence, arms=("a", "b"), margin=10.0), {"a": 0, "b": 10}),
    "equivalence, narrow": BoundaryCase(stated(Equivalence, arms=("a", "b"), margin=1.0), {"a": 0, "b": 1}),
    "equivalence, to": BoundaryCase(stated(Equivalence, arms=("a",), margin=10.0, to=3.0), {"a": 13}),
    "equivalence, below": BoundaryCase(
        stated(Equivalence, arms=("a", "b"), margin=1.0, side="below"), {"a": 0, "b": 1}
    ),
    "collapse": BoundaryCase(
        stated(Collapse, arms=("a",), reference="b", retain=0.5),
        {"a": FAR, "b": 2 * FAR},
        noises=EVERYWHERE,
    ),
    "ratio": BoundaryCase(
        stated(Ratio, arms=("a", "b"), above=3.0), {"a": 30, "b": 10}, noises=EVERYWHERE
    ),
    "ratio, near zero": BoundaryCase(stated(Ratio, arms=("a", "b"), above=3.0), {"a": 1.5, "b": 0.5}),
    "ratio, sign stated": BoundaryCase(
        stated(Ratio, arms=("a", "b"), above=3.0, sign="positive"), {"a": 1.5, "b": 0.5}
    ),
    "ratio, negative": BoundaryCase(stated(Ratio, arms=("a", "b"), below=3.0), {"a": -6, "b": -2}),
    "extremum": BoundaryCase(
        stated(Extremum, arm="a", among=("a", "b", "c"), extremum="highest"),
        {"a": FAR, "b": FAR, "c": 1e-9},
        noises=EVERYWHERE,
    ),
    "interaction": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"))), {"a": 3, "b": 1, "c": 2, "d": 0}
    ),
    "interaction, slope": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"), ("e", "f")), levels=(0.0, 1.0, 4.0)),
        dict.fromkeys("abcdef", 0),
    ),
    "interaction, reverses": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d")), reverses=True),
        {"a": FAR, "b": 0, "c": 0, "d": 0},
    ),
    "all": BoundaryCase(All(of=(_above, _level)), {"a": 0, "b": FAR}),
    "any": BoundaryCase(Any(of=(_above, _level)), {"a": 0, "b": 2}),
    "at_least": BoundaryCase(
        AtLeast(k=2, of=(_above, _level, stated(Sign, arms=("c",), sign="positive"))),
        {"a": 0, "b": 2, "c": FAR},
    ),
    "share": BoundaryCase(
        stated(Share, arms=("a",), above=0.0, more_than=0.5), {"a": 0}, noises=SYMMETRIC
    ),
    "quantile": BoundaryCase(stated(Quantile, arms=("a",), above=0.0), {"a": 0}, noises=SYMMETRIC),
    "iqm": BoundaryCase(stated(Iqm, arms=("a",), minus="b", above=0.0), {"a": 0, "b": 0}),
    "published": BoundaryCase(
        stated(Published, arms=("a",), mean=0.0, sd=1e-9, n=100, above=0.0), {"a": 0}
    ),
    "z": BoundaryCase(
        stated(Z, arms=("a",), sigma=1.0, above=0.0), {"a": 0}, noises=frozenset({"normal"})
    ),
    "correlation": BoundaryCase(
        Correlation(measures=("x", "y"), arms=("a",), above=0.0), {"a": 0, "a y": 0},
        noises=CONTINUOUS,
    ),
    "unpaired, welch": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0), {"a": 0, "b": 0}, noises=CONTINUOUS
    ),
    "unpaired, permutation": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0, by="permutation"),
        {"a": 0, "b": 0},
        noises=CONTINUOUS,
        trials=500,
        seeds=6,
    ),
    "unpaired, mann_whitney": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0, by="mann_whitney"),
        {"a": 0, "b": 0},
        noises=CONTINUOUS,
        trials=5000,
    ),
    "sooner": BoundaryCase(
        stated(Sooner, arms=("a", "b"), limit=2.5),
        {"a": 2, "b": 2},
        noises=CONTINUOUS,
        trials=500,
        seeds=6,
    ),
}  # fmt: skip
