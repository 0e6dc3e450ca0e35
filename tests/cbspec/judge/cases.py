"""Claims that are just false: each case stands on the boundary of its null hypothesis, so both error
rates are largest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

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
from tests.cbspec.judge.noise import BOUNDED, NOISE

EVERYWHERE = frozenset(NOISE) - BOUNDED
SIGMA = 0.5  # of the logarithms of lognormal noise
FACTOR = 1 / math.sqrt(math.expm1(SIGMA**2))  # the mean of a lognormal measure whose sd is 1
FAR = 30.0  # standard deviations: the part of a conjunction that is not in doubt


@dataclass(frozen=True)
class BoundaryCase:
    """An assertion and the arms' true means that put it on its boundary.

    Attributes:
        factors: the means where noise is a factor; `means` by default.
        arithmetic: the boundary is that of arithmetic means there, and not of geometric ones.
        noises: those that the boundary is one for; all by default.
        trials: at most so many, where one test takes long.
        boundary: whether the opposite is no error either; else the assertion is false.
    """

    assertion: Assertion
    means: Mapping[str, float]
    factors: Mapping[str, float] | None = None
    arithmetic: bool = False
    noises: frozenset[str] = field(default_factory=lambda: EVERYWHERE)
    trials: int = 100_000
    boundary: bool = True

    @property
    def promised(self) -> frozenset[str]:
        """Noises for which error rates are promised."""
        return frozenset(noise for noise in self.noises if NOISE[noise].promised)

    def drawn(self, noise: str, n: int, trials: int, rng: np.random.Generator) -> dict[str, Array]:
        """Arm -> values `[trial, seed]`."""
        values = NOISE[noise].draw(rng, (len(self.means), trials, n))
        drawn = {}
        if noise != "lognormal":
            for (arm, mean), own in zip(self.means.items(), values, strict=True):
                drawn[arm] = mean + own
            return drawn
        for (arm, mean), own in zip((self.factors or self.means).items(), values, strict=True):
            drawn[arm] = mean * np.exp(SIGMA * own - self.arithmetic * SIGMA**2 / 2)
        return drawn


def stated(kind: type, **fields: object) -> Assertion:
    """An assertion about the measure x."""
    return kind(measure="x", **fields)


# Where every distribution of the noise is symmetric, or the medians of which are at 0
SYMMETRIC = frozenset({"normal", "arms correlated .8", "discrete to 1e-4", "heavy"})
APART = EVERYWHERE - {"arms correlated .8"}  # runs of their own share nothing
# Of a lognormal measure 0 and below is no boundary, and no difference is compared with an amount
POSITIVE = EVERYWHERE - {"lognormal"}

_above = stated(Threshold, arms=("a",), above=1.0)
_level = stated(Threshold, arms=("b",), above=2.0)


CASES: Mapping[str, BoundaryCase] = {
    "order": BoundaryCase(
        stated(Order, arms=("a", "b", "c"), direction="ascending"),
        {"a": 1, "b": 1e9, "c": 1e9},
        noises=EVERYWHERE - {"ties"},
    ),
    "order, margin": BoundaryCase(
        stated(Order, arms=("a", "b"), direction="descending", margin=2.0),
        {"a": 2, "b": 0}, noises=POSITIVE,
    ),
    "order, exact": BoundaryCase(
        stated(Order, arms=("a", "b"), direction="ascending", test="exact"), {"a": 1, "b": 1}
    ),
    "trend": BoundaryCase(
        stated(Trend, arms=("a", "b", "c"), direction="decreasing"), {"a": FAR, "b": 0, "c": 0}, factors={"a": 1e9, "b": 1, "c": 1},
    ),
    "trend, one step reversed": BoundaryCase(
        stated(Trend, arms=("a", "b", "c", "d"), direction="increasing"),
        {"a": 1, "b": 3, "c": 5, "d": 4}, boundary=False,
    ),
    "rank_trend": BoundaryCase(
        stated(RankTrend, arms=("a", "b", "c"), direction="increasing"), {"a": 1, "b": 1, "c": 1}
    ),
    "threshold": BoundaryCase(
        stated(Threshold, arms=("a", "b"), above=1.0),
        {"a": 1, "b": 1e9},
        noises=EVERYWHERE - {"ties"},
    ),
    "threshold, exact": BoundaryCase(
        stated(Threshold, arms=("a",), above=1.0, test="exact"), {"a": 1}
    ),
    "threshold, bounded": BoundaryCase(
        stated(Threshold, arms=("a",), above=1.0), {"a": 1}, noises=BOUNDED
    ),
    "threshold, bounded and robust": BoundaryCase(
        stated(Threshold, arms=("a",), above=1.0, test="robust"), {"a": 1}, noises=BOUNDED
    ),
    "order, bounded": BoundaryCase(
        stated(Order, arms=("a", "b"), direction="ascending"), {"a": 1, "b": 1}, noises=BOUNDED
    ),
    "threshold, robust": BoundaryCase(
        stated(Threshold, arms=("a",), below=1.0, test="robust"), {"a": 1}
    ),
    "range": BoundaryCase(stated(Range, arms=("a",), low=0.0, high=FAR), {"a": FAR}),
    "sign": BoundaryCase(stated(Sign, arms=("a",), sign="negative"), {"a": 0}, noises=POSITIVE),
    "equivalence": BoundaryCase(stated(Equivalence, arms=("a", "b"), margin=10.0),
        {"a": 0, "b": 10}, noises=POSITIVE,
    ),
    "equivalence, narrow": BoundaryCase(stated(Equivalence, arms=("a", "b"), margin=1.0), {"a": 0, "b": 1}, noises=POSITIVE),
    "equivalence, to": BoundaryCase(stated(Equivalence, arms=("a",), margin=10.0, to=3.0), {"a": 13}),
    "equivalence, below": BoundaryCase(
        stated(Equivalence, arms=("a", "b"), margin=1.0, side="below"), {"a": 0, "b": 1}, noises=POSITIVE
    ),
    "collapse": BoundaryCase(
        stated(Collapse, arms=("a",), reference="b", retain=0.5), {"a": FAR, "b": 2 * FAR}
    ),
    "ratio": BoundaryCase(
        stated(Ratio, arms=("a", "b"), above=3.0), {"a": 30, "b": 10}
    ),
    "ratio, near zero": BoundaryCase(stated(Ratio, arms=("a", "b"), above=3.0), {"a": 1.5, "b": 0.5}),
    "ratio, sign stated": BoundaryCase(
        stated(Ratio, arms=("a", "b"), above=3.0, sign="positive"), {"a": 1.5, "b": 0.5}
    ),
    "ratio, negative": BoundaryCase(stated(Ratio, arms=("a", "b"), below=3.0), {"a": -6, "b": -2}, noises=POSITIVE),
    "extremum": BoundaryCase(
        stated(Extremum, arm="a", among=("a", "b", "c"), extremum="highest"), {"a": FAR, "b": FAR, "c": 1e-9}
    ),
    "interaction": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"))), {"a": 3, "b": 1, "c": 2, "d": 0},
        noises=POSITIVE,
    ),
    "interaction, slope": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"), ("e", "f")), levels=(0.0, 1.0, 4.0)),
        dict.fromkeys("abcdef", 10), noises=POSITIVE,
    ),
    "interaction, reverses": BoundaryCase(
        stated(Interaction, pairs=(("a", "b"), ("c", "d")), reverses=True),
        {"a": FAR, "b": 0, "c": 0, "d": 0}, factors={"a": 1e9, "b": 1, "c": 1, "d": 1},
    ),
    "all": BoundaryCase(All(of=(_above, _level)), {"a": 1, "b": 1e9}),
    "any": BoundaryCase(Any(of=(_above, _level)), {"a": 1, "b": 2}),
    "at_least": BoundaryCase(
        AtLeast(k=2, of=(_above, _level, stated(Threshold, arms=("c",), above=1.0))),
        {"a": 1, "b": 2, "c": 1e9},
    ),
    "all within any": BoundaryCase(
        Any(of=(All(of=(_above, stated(Threshold, arms=("c",), above=1.0))), _level)),
        {"a": 1, "b": 2, "c": 1e9},
    ),
    "share": BoundaryCase(
        stated(Share, arms=("a",), above=1.0, more_than=0.5), {"a": 1},
        noises=SYMMETRIC | {"lognormal"},
    ),
    "share, rare mode": BoundaryCase(
        stated(Share, arms=("a",), above=-1.0, less_than=0.8), {"a": 0},
        noises=frozenset({"rare mode of 1/5"}),
    ),
    "share, ties": BoundaryCase(
        stated(Share, arms=("a",), above=0.5, more_than=float(stats.norm.sf(0.5))), {"a": 0},
        noises=frozenset({"ties"}),
    ),
    "share, skewed": BoundaryCase(
        stated(Share, arms=("a",), above=0.0, more_than=math.exp(-1)), {"a": 0},
        noises=frozenset({"skewed", "exponential, undeclared"}),
    ),
    "quantile": BoundaryCase(
        stated(Quantile, arms=("a",), above=1.0), {"a": 1},
        noises=SYMMETRIC | {"lognormal", "ties"},
    ),
    "quantile, skewed": BoundaryCase(
        stated(Quantile, arms=("a",), below=math.log(2) - 1), {"a": 0},
        noises=frozenset({"skewed", "exponential, undeclared"}),
    ),
    "quantile, rare mode": BoundaryCase(
        stated(Quantile, arms=("a",), above=0.5 + 0.01 * float(stats.norm.ppf(3 / 8))), {"a": 0},
        noises=frozenset({"rare mode of 1/5"}),
    ),
    "iqm, one arm": BoundaryCase(
        stated(Iqm, arms=("a",), below=10.0), {"a": 10}, noises=SYMMETRIC - {"heavy"} | {"lognormal", "ties"}
    ),
    "iqm": BoundaryCase(stated(Iqm, arms=("a",), minus="b", above=0.0), {"a": 10, "b": 10}),
    "published": BoundaryCase(
        stated(Published, arms=("a",), mean=10.0, sd=1e-9, n=100, above=0.0), {"a": 10}, noises=POSITIVE
    ),
    "published, lognormal": BoundaryCase(
        stated(Published, arms=("a",), mean=10.0, sd=10 / FACTOR, n=10**6, above=0.0), {"a": 10},
        arithmetic=True, noises=frozenset({"lognormal"}),
    ),
    "published, of few runs": BoundaryCase(
        stated(Published, arms=("a",), mean=10.0, sd=1e-9, n=2, below=0.5), {"a": 10.5},
        arithmetic=True,
    ),
    "z": BoundaryCase(
        stated(Z, arms=("a",), sigma=1.0, above=FACTOR), {"a": FACTOR}, arithmetic=True
    ),
    "correlation": BoundaryCase(
        Correlation(measures=("x", "y"), arms=("a",), above=0.0), {"a": 10, "a y": 10},
        noises=APART,
    ),
    "correlation over arms": BoundaryCase(
        Correlation(measures=("x", "y"), arms=("a", "b", "c", "d"), over="arms", below=0.0),
        dict.fromkeys(("a", "b", "c", "d", "a y", "b y", "c y", "d y"), 10),
    ),
    "unpaired, welch": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0), {"a": 10, "b": 10}, noises=APART
    ),
    "unpaired, permutation": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0, by="permutation"), {"a": 10, "b": 10},
        noises=APART, trials=1000,
    ),
    "unpaired, mann_whitney": BoundaryCase(
        stated(Unpaired, arms=("a", "b"), above=0.0, by="mann_whitney"), {"a": 10, "b": 10},
        noises=APART,
    ),
    "sooner": BoundaryCase(
        stated(Sooner, arms=("a", "b"), limit=10_002.0),
        {"a": 10_000, "b": 10_000},  # far from 0, where no time can be below
        noises=APART,
        trials=1000,
    ),
}  # fmt: skip
