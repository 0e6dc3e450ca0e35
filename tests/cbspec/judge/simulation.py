"""Claims that are just false, and just true, drawn by the thousand: how often does each kind err?

Every case stands on the boundary of its null hypothesis, so both error rates are largest: `holds`
and `refuted` may each occur in at most alpha of the trials. Noise has mean 0 and standard deviation
1 in every arm and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cbspec.claim import Seeds
from cbspec.judge.decision import weigh
from cbspec.judge.escalation import share
from cbspec.kinds import (
    All,
    Any,
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
from cbspec.statistics.contrast import Contrast, Location
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.sample import Array, Measurements, Sample

ALPHA = 0.05
FAR = 30.0  # standard deviations: the part of a conjunction that is not in doubt

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

NOISE: Mapping[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape) - 1,
    "-exponential": lambda rng, shape: 1 - rng.exponential(size=shape),
    # Skewness 1.75
    "lognormal": lambda rng, shape: (
        (rng.lognormal(0, 0.5, size=shape) - np.exp(0.125)) / 0.6039005332
    ),
}


@dataclass(frozen=True)
class Case:
    """An assertion and the arms' true means that put it on its boundary; `multiplicative`: noise
    scales the means instead.
    """

    assertion: Assertion
    means: Mapping[str, float]
    multiplicative: float = 0.0


def stated(kind: type, **fields: object) -> Assertion:
    """An assertion about the measure x."""
    return kind(measure="x", **fields)


_above, _level = (
    stated(Sign, arms=("a",), sign="positive"),
    stated(Threshold, arms=("b",), above=2.0),
)

CASES: Mapping[str, Case] = {
    "order": Case(
        stated(Order, arms=("a", "b", "c"), direction="ascending"), {"a": 0, "b": FAR, "c": FAR}
    ),
    "order, margin": Case(
        stated(Order, arms=("a", "b"), direction="descending", margin=2.0), {"a": 2, "b": 0}
    ),
    "order, exact": Case(
        stated(Order, arms=("a", "b"), direction="ascending", test="exact"), {"a": 0, "b": 0}
    ),
    "trend": Case(
        stated(Trend, arms=("a", "b", "c"), direction="increasing"), {"a": 0, "b": 0, "c": 0}
    ),
    "trend, strict": Case(
        stated(Trend, arms=("a", "b", "c"), direction="decreasing", strict=True),
        {"a": FAR, "b": 0, "c": 0},
    ),
    "threshold": Case(stated(Threshold, arms=("a", "b"), above=1.0), {"a": 1, "b": FAR}),
    "threshold, exact": Case(stated(Threshold, arms=("a",), above=1.0, test="exact"), {"a": 1}),
    "range": Case(stated(Range, arms=("a",), low=0.0, high=FAR), {"a": FAR}),
    "sign": Case(stated(Sign, arms=("a",), sign="negative"), {"a": 0}),
    "equivalence": Case(stated(Equivalence, arms=("a", "b"), margin=10.0), {"a": 0, "b": 10}),
    "equivalence, narrow": Case(stated(Equivalence, arms=("a", "b"), margin=1.0), {"a": 0, "b": 1}),
    "equivalence, to": Case(stated(Equivalence, arms=("a",), margin=10.0, to=3.0), {"a": 13}),
    "equivalence, below": Case(
        stated(Equivalence, arms=("a", "b"), margin=1.0, side="below"), {"a": 0, "b": 1}
    ),
    "collapse": Case(
        stated(Collapse, arms=("a",), reference="b", floor=5.0, retain=0.5),
        {"a": 5 + FAR, "b": 5 + 2 * FAR},
    ),
    "ratio": Case(stated(Ratio, arms=("a", "b"), above=3.0), {"a": 3, "b": 1}, multiplicative=0.3),
    "ratio, near zero": Case(stated(Ratio, arms=("a", "b"), above=3.0), {"a": 1.5, "b": 0.5}),
    "ratio, mixed": Case(stated(Ratio, arms=("a", "b"), above=3.0), {"a": 4.5, "b": 1.5}),
    "ratio, below": Case(stated(Ratio, arms=("a", "b"), below=3.0), {"a": 6, "b": 2}),
    "extremum": Case(
        stated(Extremum, arm="a", among=("a", "b", "c"), extremum="highest"),
        {"a": FAR, "b": FAR, "c": 0},
    ),
    "interaction": Case(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"))), {"a": 3, "b": 1, "c": 2, "d": 0}
    ),
    "interaction, slope": Case(
        stated(Interaction, pairs=(("a", "b"), ("c", "d"), ("e", "f")), levels=(0.0, 1.0, 4.0)),
        dict.fromkeys("abcdef", 0),
    ),
    "interaction, reverses": Case(
        stated(Interaction, pairs=(("a", "b"), ("c", "d")), reverses=True),
        {"a": FAR, "b": 0, "c": 0, "d": 0},
    ),
    "all": Case(All(of=(_above, _level)), {"a": 0, "b": FAR}),
    "any": Case(Any(of=(_above, _level)), {"a": 0, "b": 2}),
}


@dataclass(frozen=True)
class Rates:
    """Fractions of trials; `errors` is one standard error of a rate that equals alpha."""

    holds: float
    refuted: float
    trials: int

    @property
    def bound(self) -> float:
        """alpha + 3 standard errors of the simulation."""
        return ALPHA + 3 * float(np.sqrt(ALPHA * (1 - ALPHA) / self.trials))


def draw(case: Case, noise: str, n: int, trials: int, rng: np.random.Generator) -> dict[str, Array]:
    """Arm -> values `[trial, seed]`."""
    drawn = {}
    for arm, mean in case.means.items():
        each = NOISE[noise](rng, (trials, n))
        drawn[arm] = (
            mean * np.exp(case.multiplicative * each) if case.multiplicative else mean + each
        )
    return drawn


def rates(case: Case, noise: str, seeds: Seeds, trials: int, rng: np.random.Generator) -> Rates:
    """How often the case is said to hold, and to be refuted, at any look."""
    drawn = draw(case, noise, len(seeds.pool), trials, rng)
    waiting, holds, refuted = np.ones(trials, bool), np.zeros(trials, bool), np.zeros(trials, bool)
    for n in seeds.analyses:
        level = ALPHA * share(n, seeds)
        for rows, evidence in _evidence(
            case.assertion, {arm: values[:, :n] for arm, values in drawn.items()}
        ):
            valid = ~np.any(
                [premise.fails(level) for premise in evidence.premises]
                or [np.zeros(rows.sum(), bool)],
                axis=0,
            )
            shown, against = evidence.p <= level, evidence.against <= level
            holds[rows] |= waiting[rows] & valid & shown & ~against
            refuted[rows] |= waiting[rows] & valid & against & ~shown
        waiting &= ~(holds | refuted)
    return Rates(float(holds.mean()), float(refuted.mean()), trials)


def coverage(
    weights: Mapping[str, float], noise: str, seeds: Seeds, trials: int, rng: np.random.Generator
) -> float:
    """How often the 95 % interval of a sum of arm means holds its true value, 0, where its sign is
    decided or seeds end.
    """
    case = Case(_above, dict.fromkeys(weights, 0.0))
    drawn = draw(case, noise, len(seeds.pool), trials, rng)
    waiting, covered = np.ones(trials, bool), np.zeros(trials, bool)
    for n in seeds.analyses:
        part = share(n, seeds)
        sum_ = Contrast(label="", measure="x", weights=weights, low=0.0)
        located = Location(
            sum_, _measured({arm: values[:, :n] for arm, values in drawn.items()}), exact=False
        )
        low, high = located.interval(0.05 * part)
        covered = np.where(waiting, (low <= 0) & (high >= 0), covered)
        waiting &= (located.p > ALPHA * part) & (located.against > ALPHA * part)
    return float(covered.mean())


def shown(case: Case, n: int, trials: int, rng: np.random.Generator) -> float:
    """How often the case is shown at one look under normal noise: its power, where the means lie
    beyond the boundary.
    """
    [(_, evidence)] = _evidence(case.assertion, draw(case, "normal", n, trials, rng))
    return float((evidence.p <= ALPHA).mean())


def fixed(n: int) -> Seeds:
    """n seeds at once."""
    return Seeds(pool=tuple(range(n)), start=n)


def _evidence(
    assertion: Assertion, drawn: Mapping[str, Array]
) -> list[tuple[Array, StatisticalEvidence]]:
    """(rows, their evidence): all at once, but for ratios, whose form depends on the signs seen in
    a trial.
    """
    trials = next(iter(drawn.values())).shape[0]
    groups = [np.ones(trials, bool)]
    if isinstance(assertion, Ratio):
        positive = np.all([(values > 0).all(axis=1) for values in drawn.values()], axis=0)
        groups = [rows for rows in (positive, ~positive) if rows.any()]
    found = []
    for rows in groups:
        evidence = weigh(
            assertion, _measured({arm: values[rows] for arm, values in drawn.items()}), ALPHA
        )
        assert isinstance(evidence, StatisticalEvidence)
        found.append((rows, evidence))
    return found


def _measured(drawn: Mapping[str, Array]) -> Measurements:
    n = next(iter(drawn.values())).shape[1]
    return Measurements(
        {(arm, "x"): Sample(values, tuple(range(n))) for arm, values in drawn.items()}
    )
