"""Statistical truth of the judge by simulation: error rates at the boundary, coverage, power, and
what it says of the future.

Run from the repository root as ``python -m tests.bench statistics [TRIALS] [PART...]``. A figure is the worst
over kinds of noise, numbers of seeds and effects, with where it was found. Noise that no measure
declares is promised nothing: its row shows what happens.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from cbspec.claim import Seeds
from cbspec.judge import Sample
from cbspec.kinds import Equivalence
from cbspec.statistics import assurance, student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Level
from cbspec.statistics.location import Location
from cbspec.statistics.sample import Array, Measurements
from tests.bench import repetition
from tests.bench.report import Row, publish
from tests.cbspec.judge.cases import CASES, BoundaryCase, stated
from tests.cbspec.judge.simulation import ALPHA, fixed, named, rates, shown

TRIALS = 4_000
SIZES = (2, 3, 5, 6, 10)
LOOKS = {
    "n=3,6": Seeds(pool=tuple(range(6)), start=3),
    "n=3,6,12": Seeds(pool=tuple(range(12)), start=3),
}
PLANS = {f"n={n}": fixed(n) for n in SIZES} | LOOKS
EFFECTS = (0.5, 1.0, 2.0, 4.0)  # in standard deviations
SUMS = {"a - b": {"a": 1.0, "b": -1.0}, "a": {"a": 1.0}, "a - b/2": {"a": 1.0, "b": -0.5}}
INTERVALS = (
    "ratio",
    "iqm",
    "published",
    "z",
    "correlation",
    "unpaired, welch",
    "share",
    "quantile",
)
# Welch's degrees of freedom, counts, and too few pairs for a coefficient: never below their level
CAUTIOUS = ("unpaired, welch", "correlation", "share", "quantile")
COVERED = 0.01  # off the stated level, at most
OFF = 0.02  # between simulated and computed power, at most
TOLD = 0.05  # below a stated chance to decide, at most
AGAIN = 10  # times as many trials for the worst rate of a case
CLAIMS = 2000

Found = tuple[float, str]
"""A rate and where it was found."""


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Errors of every kind of assertion, coverage of intervals, power, predictions.

    Args:
        arguments: a number of trials, and parts by name: a case, ``intervals``, ``power``, ``again``,
            ``outlook``; all without any.
    """
    trials, wanted = TRIALS, set(arguments)
    for argument in arguments:
        if argument.isdecimal():
            trials = int(argument)
            wanted.remove(argument)
    for name, part in _parts(trials).items():
        if not wanted or name in wanted:
            # Each part has a stream of its own, whatever runs before it
            yield from part(np.random.default_rng([1963, *name.encode()]))


def _parts(trials: int) -> dict[str, Callable[[np.random.Generator], Iterator[Row]]]:
    parts: dict[str, Callable[[np.random.Generator], Iterator[Row]]] = {}
    for name, case in CASES.items():
        parts[name] = partial(_errors, name, case, trials)
    parts["intervals"] = partial(_intervals, trials)
    parts["power"] = partial(_power, trials)
    parts["again"] = repetition.rows
    parts["outlook"] = _outlook
    return parts


def _intervals(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    yield from _coverage(trials, rng)
    for name in INTERVALS:
        yield _interval_of(name, trials, rng)


def _errors(name: str, case: BoundaryCase, trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Verdicts where neither `holds` nor `refuted` is true, as each case stands on its boundary.

    Of some seventy rates the largest is too large by chance: it is measured again, with draws of its
    own, and that rate is held to the aim.
    """
    found: dict[bool, list[tuple[float, str, str]]] = {True: [], False: []}
    for noise in sorted(case.noises):
        for plan, seeds in PLANS.items():
            own = rates(case, noise, seeds, trials, rng)
            found[noise in case.promised].append((max(own.holds, own.refuted), noise, plan))
    measured = f"false verdicts of `{name}` at its boundary, {trials} trials"
    for promised, cells in found.items():
        if not cells:
            continue
        first, noise, plan = max(cells)
        again = replace(case, trials=AGAIN * case.trials)
        own = rates(again, noise, PLANS[plan], AGAIN * min(trials, case.trials), rng)
        rate, word = max((own.holds, "holds"), (own.refuted, "refuted"))
        where = f"{word}, {noise}, {plan}"
        figure = f"{rate:.4f} in {own.trials} ({where}); {first:.4f} as the worst of {len(cells)}"
        if promised:
            yield Row(measured, figure, f"at most {own.bound:.4f}", rate <= own.bound)
        else:
            yield Row(f"{measured}, no promise", figure)


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


def _interval_of(name: str, trials: int, rng: np.random.Generator) -> Row:
    """How often the interval of a kind with a statistic of its own holds its boundary, where its
    true value lies.
    """
    case, found = CASES[name], []
    for n in SIZES:
        drawn = named(case.drawn("normal", n, trials, rng))
        covered = 0
        for trial in range(trials):
            table = {}
            for column, values in drawn.items():
                table[column] = Sample(values[trial], tuple(range(n)))
            [inference] = case.assertion.evidence(Measurements(table)).inferences
            effect = inference.effect(Level(shown=1.0, refuted=1.0))
            covered += effect.low <= inference.bounds[0] <= effect.high
        found.append((covered / trials - 0.95, f"n={n}"))
    measured = f"coverage of the 95 % interval of `{name}`, {trials} trials"
    (low, where), (high, there) = min(found), max(found)
    figure = f"{low:+.4f} ({where}) to {high:+.4f} ({there}) off"
    if name in CAUTIOUS:
        return Row(measured, figure, f"at least -{COVERED}", low >= -COVERED)
    return Row(measured, figure, f"at most {COVERED}", max(-low, high) <= COVERED)


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
