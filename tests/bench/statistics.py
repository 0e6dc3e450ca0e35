"""Statistical truth of the judge by simulation: error rates at the boundary, coverage, power.

Run from the repository root as ``python -m tests.bench.statistics [TRIALS]``. A figure is the worst
over kinds of noise, numbers of seeds and effects, with where it was found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from cbspec.claim import Seeds
from cbspec.statistics import student
from tests.bench.report import Row, publish
from tests.cbspec.judge.simulation import (
    ALPHA,
    CASES,
    NOISE,
    Case,
    Rates,
    coverage,
    fixed,
    rates,
    shown,
    stated,
)

TRIALS = 20_000
SIZES = (3, 5, 10)
EFFECTS = (0.5, 1.0, 2.0, 4.0)  # in standard deviations
PLANS = {f"n={n}": fixed(n) for n in SIZES} | {"n=3..12": Seeds(pool=tuple(range(12)), start=3)}
SUMS = {"a - b": {"a": 1.0, "b": -1.0}, "a": {"a": 1.0}, "a - b/2": {"a": 1.0, "b": -0.5}}
COVERED = 0.93  # of a 95 % interval, at least
OFF = 0.03  # between simulated and computed power, at most

Found = tuple[float, str]
"""A rate and where it was found."""


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Errors of every kind of assertion, coverage of intervals, power."""
    trials = int(arguments[0]) if arguments else TRIALS
    rng = np.random.default_rng(1963)
    yield from _errors(trials, rng)
    yield from _coverage(trials, rng)
    yield from _power(trials, rng)


def _errors(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Verdicts where neither `holds` nor `refuted` is true, as each case stands on its boundary."""
    bound = Rates(0, 0, trials).bound
    found: dict[str, list[Found]] = {name: [] for name in CASES}
    for noise in NOISE:
        for name, case in CASES.items():
            for plan, seeds in PLANS.items():
                own = rates(case, noise, seeds, trials, rng)
                found[name] += [
                    (own.holds, f"holds, {noise}, {plan}"),
                    (own.refuted, f"refuted, {noise}, {plan}"),
                ]
    for name, each in found.items():
        rate, where = max(each)
        measured = f"false verdicts of `{name}` at its boundary, {trials} trials"
        yield Row(measured, f"{rate:.4f} ({where})", f"at most {bound:.4f}", rate <= bound)


def _coverage(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    found: dict[str, list[Found]] = {name: [] for name in SUMS}
    for noise in NOISE:
        for name, weights in SUMS.items():
            found[name] += [
                (coverage(weights, noise, own, trials, rng), f"{noise}, {plan}")
                for plan, own in PLANS.items()
            ]
    for name, each in found.items():
        rate, where = min(each)
        measured = f"coverage of the 95 % interval of {name}, {trials} trials"
        yield Row(measured, f"{rate:.3f} ({where})", f"at least {COVERED}", rate >= COVERED)


def _power(trials: int, rng: np.random.Generator) -> Iterator[Row]:
    """Power under normal noise, simulated, against the closed form."""
    found: dict[str, list[Found]] = {}
    for n in SIZES:
        for effect in EFFECTS:
            for name, (case, expected) in _cases(n, effect).items():
                seen = shown(case, n, trials, rng)
                found.setdefault(name, []).append(
                    (abs(seen - expected), f"{seen:.3f}, n={n}, {effect:g} sd")
                )
    for name, each in found.items():
        off, where = max(each)
        measured = f"power of `{name}`, simulated against its closed form, {trials} trials"
        yield Row(measured, f"{off:.3f} off ({where})", f"at most {OFF}", off <= OFF)


def _cases(n: int, effect: float) -> dict[str, tuple[Case, float]]:
    """Cases whose effect, in standard deviations, lies beyond the boundary, each with its power."""
    order = Case(CASES["order, margin"].assertion, {"a": 2 + effect * np.sqrt(2), "b": 0})
    sign = Case(CASES["sign"].assertion, {"a": -effect})
    within = Case(
        stated(type(CASES["equivalence"].assertion), arms=("a", "b"), margin=effect),
        {"a": 0, "b": 0},
    )
    one = {"low": 0.0, "high": np.inf}
    return {
        "order": (order, student.power(effect, 1, n, ALPHA, **one)),
        "sign": (sign, student.power(effect, 1, n, ALPHA, **one, guarded=True)),
        "equivalence": (within, student.power(0, np.sqrt(2), n, ALPHA, low=-effect, high=effect)),
    }


if __name__ == "__main__":
    sys.exit(publish("statistics", main(sys.argv[1:])))
