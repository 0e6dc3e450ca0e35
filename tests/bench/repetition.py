"""How often a verdict repeats, against what the judge says of it: claims of every kind and design,
each run again with fresh noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, judge, next_analysis, with_again
from cbspec.judge.again import verdicts
from cbspec.kinds import Sign, Threshold
from cbspec.model.finding import Judgement
from cbspec.statistics.sample import Array
from tests.bench.report import Row
from tests.cbspec.judge.cases import CASES, FAR, SIGMA, BoundaryCase, stated
from tests.cbspec.judge.simulation import claim_of, fixed, named

TOLD = 0.05  # between a stated probability and the rate, in any tenth
ENOUGH = 50  # claims of a tenth, fewer of which tell no rate
CLAIMS = 2000
RERUNS = 100  # of each claim; one each would leave a tenth of 100 claims an error of a twentieth
PLANS = (
    fixed(3),
    fixed(5),
    fixed(6),
    fixed(10),
    Seeds(pool=tuple(range(6)), start=3),
    Seeds(pool=tuple(range(12)), start=3),
)
MIXED = (*(fixed(n) for n in range(3, 13)), *PLANS[-2:])
APART = ("unpaired", "sooner")  # kinds whose arms have runs of their own
SLOW = ("order, exact", "threshold, exact")  # minutes for a thousand trials of twelve seeds
NOISES = frozenset({"normal", "arms correlated .8", "discrete to 1e-4", "lognormal"})
CONTROL, LARGEST = "control", 40.0

Name = tuple[str, str]

Shifts = Callable[[np.random.Generator, int, int], Array]
"""Draws how far from the boundary the means of some arms lie, in standard deviations, at n seeds."""


def rows(rng: np.random.Generator) -> Iterator[Row]:
    """Yield how far statement and rate are apart: of one simple claim over two ranges of spreads,
    and of claims of every kind over four distributions of effects.

    Over the narrow range the spread lies within a factor of e either way, which the prior of the
    statement does not know; over the wide one the flat prior is nearly true. Of claims of which half
    stand exactly on the boundary nothing is promised: what is just decided there is chance, where
    effects have no gap it is not, and from the seeds of one claim nobody can tell which.
    """
    for word, effects, spreads in (("narrow", 6.0, 1.0), ("wide", 60.0, 4.0)):
        yield _row(f"{word} range of spreads", _signs(effects, spreads, rng))
    yield _row("every kind, n and control, effects of 0 to 10 sd", _designs(_even, rng))
    yield _row(
        "every kind, n and control, half within 1.2 sd of the boundary", _designs(_near, rng)
    )
    within = _designs(_within, rng, MIXED)
    yield _row("every kind, n of 3 to 12, effects even within 4 standard errors", within)
    on = _row("every kind, n of 3 to 12, half exactly on the boundary", _designs(_at, rng, MIXED))
    yield Row(f"{on.measured}, no promise", on.figure)


def _row(what: str, pairs: Iterator[tuple[float, float]]) -> Row:
    """Return the tenth that is off by most. What exceeds twice the standard error of the simulation
    counts, in every tenth.
    """
    told, repeated = np.array(list(pairs)).T
    tenths = list(_off(told, repeated))
    off, error, where = max(tenths)
    beyond = max(apart - 2 * its_error for apart, its_error, _ in tenths)
    measured = f"probability of the same verdict against its rate in each tenth, {CLAIMS} claims"
    figure = f"{off:.3f} off, standard error {error:.3f} ({where}); {max(beyond, 0):.3f} beyond two"
    wanted = f"at most {TOLD} beyond two standard errors"
    return Row(f"{measured}, {what}", figure, wanted, beyond <= TOLD)


def _off(told: Array, repeated: Array) -> Iterator[tuple[float, float, str]]:
    """Yield how far statement and rate are apart in each tenth that has enough claims to tell, with the
    standard error of that.
    """
    tenths = np.minimum((10 * told).astype(int), 9)
    for tenth in range(10):
        own = tenths == tenth
        count = int(own.sum())
        if count >= ENOUGH:
            apart = told[own] - repeated[own]
            error = float(np.std(apart)) / math.sqrt(count)
            yield abs(float(np.mean(apart))), error, f"{tenth}/10, {count} claims"


def _signs(
    effects: float, spreads: float, rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Statement and rate of one arm's sign, at three seeds and six."""
    case = BoundaryCase(stated(Sign, arms=("a",), sign="positive"), {"a": 0.0})
    claim = claim_of(case, "normal", Seeds(pool=tuple(range(6)), start=3))
    for _ in range(CLAIMS):
        mean, sd = rng.uniform(-effects, effects), math.exp(rng.uniform(-spreads, spreads))
        first = {("a", "x"): mean + sd * rng.normal(size=(1, 6))}
        again = {("a", "x"): mean + sd * rng.normal(size=(RERUNS, 6))}
        yield _told_and_seen(claim, first, again)


def _even(rng: np.random.Generator, arms: int, n: int) -> Array:
    return rng.normal(0, rng.uniform(0, 10), arms)


def _near(rng: np.random.Generator, arms: int, n: int) -> Array:
    return rng.normal(0, math.exp(rng.uniform(math.log(0.05), math.log(30))), arms)


def _within(rng: np.random.Generator, arms: int, n: int) -> Array:
    return rng.uniform(-4, 4, arms) / math.sqrt(n)


def _at(rng: np.random.Generator, arms: int, n: int) -> Array:
    return rng.choice((0, 30), p=(0.5, 0.5)) * rng.choice((-1, 1), arms)


def _designs(
    shifts: Shifts, rng: np.random.Generator, plans: Sequence[Seeds] = PLANS
) -> Iterator[tuple[float, float]]:
    """Statement and rate of claims of every kind: spreads over a factor of twenty, a third with a
    control that may fail.

    Args:
        shifts: draws how far from the boundary means lie, in standard deviations.
        plans: the plans of looks.
    """
    cases = [name for name, case in CASES.items() if "normal" in case.noises and name not in SLOW]
    for index in range(CLAIMS):
        name = cases[index % len(cases)]
        noise = str(rng.choice(sorted(CASES[name].noises & NOISES)))
        design = Design(name, noise, plans[rng.integers(len(plans))], shifts, rng)
        yield _told_and_seen(design.claim, design.drawn(1), design.drawn(RERUNS))


class Design:
    """A claim with true means and a spread of its own."""

    def __init__(
        self, name: str, noise: str, seeds: Seeds, shifts: Shifts, rng: np.random.Generator
    ) -> None:
        case = CASES[name]
        controlled = rng.random() < 1 / 3
        if controlled:
            case = replace(case, means={**case.means, CONTROL: FAR}, factors=_with_control(case))
        self.sd = math.exp(rng.uniform(-1.5, 1.5))
        self.case, self.noise, self.n, self.rng = case, noise, len(seeds.pool), rng
        moved = self.sd * shifts(rng, len(case.means), self.n)
        self.shifts = dict(zip(case.means, moved.tolist(), strict=True))
        self.claim = claim_of(case, noise, seeds)
        if controlled:
            height = FAR + 3 * rng.normal()
            control = stated(Threshold, arms=(CONTROL,), above=height)
            self.claim = replace(self.claim, controls=(control,))
        if name.startswith(APART):
            own = {arm: tuple(range(self.n)) for arm in case.means}
            self.claim = replace(self.claim, independent_runs=own)

    def drawn(self, trials: int) -> dict[tuple[str, str], Array]:
        """Return (arm, measure) -> values `[trial, seed]`."""
        drawn = self.case.drawn(self.noise, self.n, trials, self.rng)
        means: Mapping[str, float] = self.case.means
        if self.noise == "lognormal":
            means = self.case.factors or means
        for arm, values in drawn.items():
            if self.noise == "lognormal":
                moved = math.exp(SIGMA * max(-LARGEST, min(self.shifts[arm], LARGEST)))
                drawn[arm] = means[arm] * moved * (values / means[arm]) ** self.sd
            else:
                drawn[arm] = means[arm] + self.shifts[arm] + self.sd * (values - means[arm])
        return named(drawn)


def _with_control(case: BoundaryCase) -> dict[str, float] | None:
    if case.factors is None:
        return None
    return {**case.factors, CONTROL: FAR}


def _told_and_seen(
    claim: Claim, first: Mapping[Name, Array], again: dict[Name, Array]
) -> tuple[float, float]:
    """What the verdict of a first run says of its repetition, and how often reruns repeat it."""
    judgement, table = _reached(claim, first)
    stated_again = with_again(judgement, claim, table).again
    assert stated_again is not None
    repeated = verdicts(claim, again, len(judgement.seeds)) == judgement.verdict
    return stated_again, float(np.mean(repeated))


def _reached(claim: Claim, values: Mapping[Name, Array]) -> tuple[Judgement, Table]:
    """The verdict at the look that decides, and its table."""
    count: int | None = claim.seeds.start
    while count is not None:
        table = {}
        for name, column in values.items():
            table[name] = Sample(column[0, :count], claim.seeds.pool[:count])
        judgement = judge(claim, table)
        count = next_analysis(judgement, claim.seeds)
    return judgement, table
