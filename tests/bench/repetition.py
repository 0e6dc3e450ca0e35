"""How often a verdict repeats, against what the judge says of it: claims of every kind and design,
each run again with fresh noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
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
APART = ("unpaired", "sooner")  # kinds whose arms have runs of their own
SLOW = ("order, exact", "threshold, exact")  # minutes for a thousand trials of twelve seeds
NOISES = frozenset({"normal", "arms correlated .8", "discrete to 1e-4", "lognormal"})
CONTROL, LARGEST = "control", 40.0

Name = tuple[str, str]


def rows(rng: np.random.Generator) -> Iterator[Row]:
    """Yield how far statement and rate are apart: of one simple claim over two ranges of spreads,
    and of claims of every kind.

    Over the narrow range the spread lies within a factor of e either way, which the flat prior behind
    the statement does not know; over the wide one that prior is nearly true.
    """
    for word, effects, spreads in (("narrow", 6.0, 1.0), ("wide", 60.0, 4.0)):
        yield _row(f"{word} range of spreads", _signs(effects, spreads, rng))
    yield _row("every kind, n and control, effects of 0 to 10 sd", _designs(_even, rng))
    yield _row(
        "every kind, n and control, half within 1.2 sd of the boundary", _designs(_near, rng)
    )


def _row(what: str, pairs: Iterator[tuple[float, float]]) -> Row:
    told, repeated = np.array(list(pairs)).T
    off, where = max(_off(told, repeated))
    measured = f"probability of the same verdict against its rate in each tenth, {CLAIMS} claims"
    return Row(f"{measured}, {what}", f"{off:.3f} off ({where})", f"at most {TOLD}", off <= TOLD)


def _off(told: Array, repeated: Array) -> Iterator[tuple[float, str]]:
    """How far statement and rate are apart in each tenth that has enough claims to tell."""
    tenths = np.minimum((10 * told).astype(int), 9)
    for tenth in range(10):
        own = tenths == tenth
        if own.sum() >= ENOUGH:
            off = abs(np.mean(told[own]) - np.mean(repeated[own]))
            yield float(off), f"{tenth}/10, {own.sum()} claims"


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


def _even(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 10))


def _near(rng: np.random.Generator) -> float:
    return math.exp(rng.uniform(math.log(0.05), math.log(30)))


def _designs(
    effect: Callable[[np.random.Generator], float], rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Statement and rate of claims of every kind: spreads over a factor of twenty, a third with a
    control that may fail.

    Args:
        effect: draws how far from the boundary means lie, in standard deviations.
    """
    cases = [name for name, case in CASES.items() if "normal" in case.noises and name not in SLOW]
    for index in range(CLAIMS):
        name = cases[index % len(cases)]
        noise = str(rng.choice(sorted(CASES[name].noises & NOISES)))
        design = Design(name, noise, PLANS[rng.integers(len(PLANS))], effect(rng), rng)
        yield _told_and_seen(design.claim, design.drawn(1), design.drawn(RERUNS))


class Design:
    """A claim with true means and a spread of its own."""

    def __init__(
        self, name: str, noise: str, seeds: Seeds, effect: float, rng: np.random.Generator
    ) -> None:
        case = CASES[name]
        controlled = rng.random() < 1 / 3
        if controlled:
            case = replace(case, means={**case.means, CONTROL: FAR}, factors=_with_control(case))
        self.sd = math.exp(rng.uniform(-1.5, 1.5))
        self.shifts = {arm: self.sd * rng.normal(0, effect) for arm in case.means}
        self.case, self.noise, self.n, self.rng = case, noise, len(seeds.pool), rng
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
