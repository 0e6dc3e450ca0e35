"""Statistical truth of the judge by simulation: error rates at the boundary, coverage, power.

Run from the repository root as ``python -m tests.bench.statistics [trials]``; exits with 1 where a rate breaks its bound.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from tabulate import tabulate

from cbspec.claim import Seeds
from cbspec.judge import student
from tests.cbspec.judge.simulation import ALPHA, CASES, NOISE, Case, Rates, coverage, fixed, rates, shown, stated

TRIALS = 20_000
SIZES = (3, 5, 10)
ESCALATION = Seeds(pool=tuple(range(12)), start=3)


def main(arguments: Sequence[str] = ()) -> int:
    trials = int(arguments[0]) if arguments else TRIALS
    rng = np.random.default_rng(1963)
    broken = _errors(trials, rng) + _coverage(trials, rng) + _power(trials, rng)
    print(f"\n{broken or 'no'} figure{'s' if broken != 1 else ''} beyond the bound")
    return int(broken > 0)


def _errors(trials: int, rng: np.random.Generator) -> int:
    plans = [(f"n={n}", fixed(n)) for n in SIZES] + [("3..12", ESCALATION)]
    broken = 0
    for noise in NOISE:
        rows = []
        for name, case in CASES.items():
            found = [rates(case, noise, seeds, trials, rng) for _, seeds in plans]
            rows.append([name, *(_marked(r.holds, r) for r in found), *(_marked(r.refuted, r) for r in found)])
            broken += sum((r.holds > r.bound) + (r.refuted > r.bound) for r in found)
        names = [name for name, _ in plans]
        header = ["kind", *(f"holds {name}" for name in names), *(f"refuted {name}" for name in names)]
        bound = Rates(0, 0, trials).bound
        print(f"\n{noise} noise: verdicts at the boundary, {trials} trials, bound {bound:.4f} (! where broken)")
        print(tabulate(rows, headers=header, disable_numparse=True))
    return broken


def _coverage(trials: int, rng: np.random.Generator) -> int:
    sums = {"a - b": {"a": 1.0, "b": -1.0}, "a": {"a": 1.0}, "a - b/2": {"a": 1.0, "b": -0.5}}
    plans = [(f"n={n}", fixed(n)) for n in SIZES] + [("3..12", ESCALATION)]
    rows, broken = [], 0
    for noise in NOISE:
        for name, weights in sums.items():
            found = [coverage(weights, noise, seeds, trials, rng) for _, seeds in plans]
            rows.append([noise, name, *(f"{c:.3f}{' !' if c < 0.93 else ''}" for c in found)])
            broken += sum(c < 0.93 for c in found)
    print("\ncoverage of the 95 % interval, at least 0.93")
    print(tabulate(rows, headers=["noise", "sum", *(name for name, _ in plans)], disable_numparse=True))
    return broken


def _power(trials: int, rng: np.random.Generator) -> int:
    rows, broken = [], 0
    for n in SIZES:
        for effect in (0.5, 1.0, 2.0, 4.0):
            order = Case(CASES["order, margin"].assertion, {"a": 2 + effect * np.sqrt(2), "b": 0})
            sign = Case(CASES["sign"].assertion, {"a": -effect})
            within = Case(stated(type(CASES["equivalence"].assertion), arms=("a", "b"), margin=effect), {"a": 0, "b": 0})
            one = {"low": 0.0, "high": np.inf}
            for name, case, expected in (
                ("order", order, student.power(effect, 1, n, ALPHA, **one)),
                ("sign", sign, student.power(effect, 1, n, ALPHA, **one, guarded=True)),
                ("equivalence", within, student.power(0, np.sqrt(2), n, ALPHA, low=-effect, high=effect)),
            ):
                seen = shown(case, n, trials, rng)
                off = abs(seen - expected) > 0.03
                rows.append([name, n, effect, f"{expected:.3f}", f"{seen:.3f}{' !' if off else ''}"])
                broken += off
    print("\npower under normal noise: closed form and simulation, within 0.03")
    print(tabulate(rows, headers=["kind", "n", "effect / sd", "closed form", "simulated"], disable_numparse=True))
    return broken


def _marked(rate: float, found: Rates) -> str:
    return f"{rate:.4f}{' !' if rate > found.bound else ''}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
