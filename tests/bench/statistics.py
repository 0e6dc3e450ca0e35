"""Statistical truth of the judge by simulation: error rates at the boundary, coverage, power, and
what it says of the future.

Run from the repository root as ``python -m tests.bench statistics [TRIALS | again]``. A figure is the worst
over kinds of noise, numbers of seeds and effects, with where it was found. Noise that no measure
declares is promised nothing: its row shows what happens.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, judge, next_analysis, with_again
from cbspec.judge.again import verdicts
from cbspec.kinds import Equivalence, Sign
from cbspec.model.finding import Judgement
from cbspec.statistics import assurance, student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.location import Location
from cbspec.statistics.sample import Array, Measurements
from tests.bench.report import NO_AIM, Row, publish
from tests.cbspec.judge.cases import CASES, BoundaryCase, stated
from tests.cbspec.judge.noise import NOISE
from tests.cbspec.judge.simulation import ALPHA, ErrorRates, claim_of, fixed, rates, shown

TRIALS = 4_000
SIZES = (2, 3, 5, 6, 10)
LOOKS = {
    "n=3,6": Seeds(pool=tuple(range(6)), start=3),
    "n=3,6,12": Seeds(pool=tuple(range(12)), start=3),
}
PLANS = {f"n={n}": fixed(n) for n in SIZES} | LOOKS
EFFECTS = (0.5, 1.0, 2.0, 4.0)  # in standard deviations
SUMS = {"a - b": {"a": 1.0, "b": -1.0}, "a": {"a": 1.0}, "a - b/2": {"a": 1.0, "b": -0.5}}
COVERED = 0.01  # off the stated level, at most
OFF = 0.02  # between simulated and computed power, at most
TOLD = 0.05  # between a stated probability and the rate, in any tenth
CLAIMS = 2000
RERUNS = 100  # of each claim

Found = tuple[float, str]
"""A rate and where it was found."""


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Errors of every kind of assertion, coverage of intervals, power, predictions; the last alone
    with ``again`` in place of a number of trials.
    """
    rng = np.random.default_rng(1963)
    if list(arguments) == ["again"]:
        yield from _again(rng)
        return
    trials = int(arguments[0]) if arguments else TRIALS
    for name, case in CASES.items():
        yield from _errors(name, case, trials, rng)
    yield from _coverage(trials, rng)
    yield from _power(trials, rng)
    yield from _again(rng)
    yield from _outlook(rng)


def _errors(name: str, case: BoundaryCase, trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Verdicts where neither `holds` nor `refuted` is true, as each case stands on its boundary."""
    trials = min(trials, case.trials)
    promised: list[Found] = []
    others: list[Found] = []
    for noise in sorted(case.noises):
        for plan, seeds in PLANS.items():
            if len(seeds.pool) <= case.seeds:
                own = rates(case, noise, seeds, trials, rng)
                worst = max((own.holds, "holds"), (own.refuted, "refuted"))
                kept = promised if NOISE[noise].promised else others
                kept.append((worst[0], f"{worst[1]}, {noise}, {plan}"))
    bound = ErrorRates(0, 0, trials).bound
    rate, where = max(promised)
    measured = f"false verdicts of `{name}` at its boundary, {trials} trials"
    yield Row(measured, f"{rate:.4f} ({where})", f"at most {bound:.4f}", rate <= bound)
    if others:
        rate, where = max(others)
        yield Row(f"{measured}, undeclared noise", f"{rate:.4f} ({where})", NO_AIM)


def _coverage(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    for name, weights in SUMS.items():
        contrast = Contrast(label="", measure="x", weights=weights, low=0.0)
        found: list[Found] = []
        for n in SIZES:
            table = {}
            for arm in weights:
                values = rng.normal(size=(5 * trials, n))
                table[arm, "x"] = Sample(values, tuple(range(n)))
            low, high = Location(contrast, Measurements(table)).interval(0.05)
            covered = float(np.mean((low <= 0) & (high >= 0)))
            found.append((abs(covered - 0.95), f"{covered:.4f}, n={n}"))
        off, where = max(found)
        measured = f"coverage of the 95 % interval of {name}, {5 * trials} trials"
        yield Row(measured, f"{off:.4f} off ({where})", f"at most {COVERED}", off <= COVERED)


def _power(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Power under normal noise, simulated, against the closed form."""
    for name in ("order", "sign", "equivalence"):
        found: list[Found] = []
        for n in SIZES:
            for effect in EFFECTS:
                case, expected = _beyond(name, n, effect)
                seen = shown(case, n, trials, rng)
                found.append((abs(seen - expected), f"{seen:.3f}, n={n}, {effect:g} sd"))
        off, where = max(found)
        measured = f"power of `{name}`, simulated against its closed form, {trials} trials"
        yield Row(measured, f"{off:.3f} off ({where})", f"at most {OFF}", off <= OFF)


def _beyond(name: str, n: int, effect: float) -> tuple[BoundaryCase, float]:
    """A case whose effect, in standard deviations, lies beyond the boundary, with its power."""
    if name == "equivalence":
        near = stated(Equivalence, arms=("a", "b"), margin=effect)
        equal = student.power(0, math.sqrt(2), n, ALPHA, low=-effect, high=effect)
        return BoundaryCase(near, {"a": 0, "b": 0}), equal
    power = student.power(effect, 1, n, ALPHA, low=0.0, high=math.inf)
    if name == "sign":
        return BoundaryCase(CASES["sign"].assertion, {"a": -effect}), power
    return BoundaryCase(
        CASES["order, margin"].assertion, {"a": 2 + effect * math.sqrt(2), "b": 0}
    ), power


def _again(rng: np.random.Generator) -> Iterator[Row]:
    """Whether verdicts repeat as often as they say: the effect and the spread of each claim are drawn
    anew, and the claim is run again `RERUNS` times, at no fewer seeds than the first run took. One
    rerun each would leave a tenth of 100 claims a standard error of a twentieth.

    Over the narrow range the spread lies within a factor of e either way, which the flat prior behind
    the statement does not know; over the wide one that prior is nearly true.
    """
    case = BoundaryCase(stated(Sign, arms=("a",), sign="positive"), {"a": 0.0})
    claim = claim_of(case, "normal", LOOKS["n=3,6"])
    for word, effects, spreads in (("narrow", 6.0, 1.0), ("wide", 60.0, 4.0)):
        told, repeated = [], []
        for _ in range(CLAIMS):
            mean, sd = rng.uniform(-effects, effects), math.exp(rng.uniform(-spreads, spreads))
            judgement, table = _reached(claim, mean + sd * rng.normal(size=6))
            stated_again = with_again(judgement, claim, table).again
            assert stated_again is not None
            told.append(stated_again)
            reruns = {("a", "x"): mean + sd * rng.normal(size=(RERUNS, 6))}
            again = verdicts(claim, reruns, len(judgement.seeds)) == judgement.verdict
            repeated.append(float(np.mean(again)))
        off, where = max(_off(np.array(told), np.array(repeated)))
        measured = (
            f"probability of the same verdict against its rate in each tenth, {CLAIMS} claims"
        )
        figure = f"{off:.3f} off ({where})"
        yield Row(f"{measured}, {word} range of spreads", figure, f"at most {TOLD}", off <= TOLD)


def _off(told: Array, repeated: Array) -> Iterator[Found]:
    """How far statement and rate are apart in each tenth that has enough claims to tell."""
    tenths = np.minimum((10 * told).astype(int), 9)
    for tenth in range(10):
        own = tenths == tenth
        if own.sum() >= 50:
            off = abs(np.mean(told[own]) - np.mean(repeated[own]))
            yield float(off), f"{tenth}/10, {own.sum()} claims"


def _reached(claim: Claim, values: Array) -> tuple[Judgement, Table]:
    """The verdict at the look that decides, and its table."""
    count: int | None = claim.seeds.start
    while count is not None:
        table = {("a", "x"): Sample(values[:count], claim.seeds.pool[:count])}
        judgement = judge(claim, table)
        count = next_analysis(judgement, claim.seeds)
    return judgement, table


def _outlook(rng: np.random.Generator) -> Iterator[Row]:
    """Whether the seeds that are named decide as often as they say."""
    for n in (3, 6):
        decided: dict[str, list[bool]] = {"0.5": [], "0.8": []}
        for _ in range(CLAIMS):
            mean, sd = rng.uniform(-3, 3), math.exp(rng.uniform(-1, 1))
            values = mean + sd * rng.normal(size=assurance.MOST)
            seen = values[:n]
            low = -float(seen.mean() / seen.std(ddof=1))
            seeds = assurance.needed(assurance.Seen(n, low, math.inf), ALPHA, ALPHA)
            p = _p(seen)
            if seeds is None or min(p, 1 - p) <= ALPHA:
                continue
            for word, count in zip(decided, seeds, strict=True):
                later = _p(values[:count])
                decided[word].append(min(later, 1 - later) <= ALPHA)
        for word, outcomes in decided.items():
            rate = float(np.mean(outcomes))
            measured = f"seeds named with a chance of {word} to decide, after {n}, {CLAIMS} claims"
            wanted = float(word) - TOLD
            yield Row(measured, f"{rate:.3f}", f"at least {wanted:.2f}", rate >= wanted)


def _p(values: Array) -> float:
    t = values.mean() / (values.std(ddof=1) / math.sqrt(values.size))
    return float(student.tail(np.array(t), values.size, guarded=False))


if __name__ == "__main__":
    sys.exit(publish("statistics", main(sys.argv[1:])))
