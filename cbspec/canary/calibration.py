"""Deriving tolerances from the spread of the canary over platforms: they follow from what was
measured, and are never chosen.

Two platforms that compute the same code add up in another order, or fuse a product and a sum. How
far that moves a figure depends on the experiment: a cosine after ten steps moves in its sixth
digit, the accuracy of a run that is about to diverge in its first. So each measure of each claim
has its own spread, the largest difference between any two platforms over the claim's arms and
seeds. A claim whose figures happened to agree on the platforms at hand would be held to the last
bit by that; it gets what is usual for the measure of its stage instead: the spread below which three
quarters of all claims lie. Measures of the same name that other stages declare, or in another unit,
are other measures. A share of a count, such as an accuracy, stays as it is on most platforms and then
moves by a whole count: its spread is taken as one count at least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from cbspec.canary.platforms import (
    ClaimMeasure,
    Name,
    PlatformRun,
    column,
    names_of,
    one_sided,
    platform,
    spread_and_size,
)
from cbspec.canary.record import USUAL, Calibration, Tolerance, Unheld, not_exceeded

# A multiple of the spread over platforms. These are few, and another platform may lie beyond them
FACTOR = 10.0
# The spacing of float32 numbers between 1 and 2, since no value is more exact than the arithmetic
FLOAT32 = 2.0**-23
MEANINGLESS = 0.5  # relative to the value; a tolerance beyond that would let anything pass
COUNT = 100_000  # the greatest number of test images of which a value is taken to be a share
FEW = 100  # the smallest; below it, a few values would be shares of some count by chance

METHOD = (
    f"atol is {FACTOR:g} times the largest difference between platforms over the claim's arms and "
    f"seeds, or {FACTOR:g} times the spread that {USUAL:.0%} of all claims do not exceed for the "
    f"measure of the same stage, or, of a share, {FACTOR:g} times one count, whichever is the "
    f"largest; rtol is {FACTOR:g} times the spacing of float32; an arm whose own spread times "
    f"{FACTOR:g}, or whose atol, exceeds {MEANINGLESS:.0%} of its figures is not held"
)

Origin = tuple[str, str]
"""(stage, unit): what a measure is of, besides its name."""
Pool = tuple[Origin, str]
"""(origin, measure): the figures that are alike."""
UNKNOWN = ("", "")


def calibrated(
    runs: Sequence[PlatformRun],
    *,
    date: str,
    commit: str | None,
    origins: Mapping[Name, Origin] | None = None,
) -> Calibration:
    """Derive the tolerances from runs of the same code on several platforms.

    Args:
        runs: at least two runs. Differing values are counted against the first one.
        date: the date of the calibration.
        commit: the commit of the code.
        origins: (claim, arm, measure) -> the stage that the arm measures, and the unit.
    """
    unheld: dict[Name, str] = {}
    spreads: dict[Name, float] = {}
    sizes: dict[Name, float] = {}
    for name in names_of(runs):
        if reason := one_sided(runs, name):
            unheld[name] = reason
        else:
            spreads[name], sizes[name] = spread_and_size(runs, name)
    pools = {name: _pool(name, origins or {}) for name in names_of(runs)}
    allowances = _allowances(spreads, pools, _counts(runs, pools))
    unheld |= _moving(spreads, sizes)
    unheld |= _too_wide(allowances, sizes, unheld)
    held = {name: spread for name, spread in spreads.items() if name not in unheld}
    reasons = []
    for (claim, arm, measure), reason in sorted(unheld.items()):
        reasons.append(Unheld(claim=claim, arm=arm, measure=measure, reason=reason))
    return Calibration(
        date=date,
        commit=commit,
        factor=FACTOR,
        method=METHOD,
        platforms=tuple(platform(run, runs[0]) for run in runs),
        tolerances=_tolerances(held, allowances, pools),
        unheld=tuple(reasons),
    )


def _pool(name: Name, origins: Mapping[Name, Origin]) -> Pool:
    return origins.get(name, UNKNOWN), name[2]


def _allowances(
    spreads: Mapping[Name, float], pools: Mapping[Name, Pool], counts: Mapping[ClaimMeasure, float]
) -> dict[Name, float]:
    """Return how far the figures of each arm may move: by the factor times its own spread, the usual
    one or one count, whichever is the largest.

    Args:
        spreads: (claim, arm, measure) -> spread. Those that are not held count for what is usual.
        counts: (claim, measure) -> the value of one count; see `_counts`.
    """
    usual = _usual(spreads, pools)
    allowances = {}
    for name, spread in spreads.items():
        claim, _, measure = name
        allowances[name] = FACTOR * max(spread, usual[pools[name]], counts[claim, measure])
    return allowances


def _moving(spreads: Mapping[Name, float], sizes: Mapping[Name, float]) -> dict[Name, str]:
    """Return why arms are not held whose own spread alone is too wide for their figures."""
    reasons = {}
    for name, spread in spreads.items():
        if FACTOR * spread > MEANINGLESS * sizes[name]:
            reasons[name] = (
                f"moves by {spread:.2g} between platforms, at a size of {sizes[name]:.2g}"
            )
    return reasons


def _too_wide(
    allowances: Mapping[Name, float], sizes: Mapping[Name, float], unheld: Mapping[Name, str]
) -> dict[Name, str]:
    """Return why arms are not held whose tolerance would let anything pass.

    The tolerance of a measure is that of the held arm that may move most. Figures that are all 0 have
    no size to compare it with, and are held.
    """
    widest: dict[ClaimMeasure, float] = {}
    for (claim, arm, measure), allowance in allowances.items():
        if (claim, arm, measure) not in unheld:
            widest[claim, measure] = max(allowance, widest.get((claim, measure), 0.0))
    reasons = {}
    for (claim, arm, measure), size in sizes.items():
        atol = widest.get((claim, measure), 0.0)
        if (claim, arm, measure) not in unheld and atol > MEANINGLESS * size > 0:
            reasons[claim, arm, measure] = f"may move by {atol:.2g}, at a size of {size:.2g}"
    return reasons


def _tolerances(
    held: Mapping[Name, float], allowances: Mapping[Name, float], pools: Mapping[Name, Pool]
) -> tuple[Tolerance, ...]:
    """Return the tolerance of each measure of each claim, by the held arm that moves most.

    Args:
        held: (claim, arm, measure) -> spread, of what is held.
    """
    by_measure: dict[ClaimMeasure, list[Name]] = {}
    for name in held:
        by_measure.setdefault((name[0], name[2]), []).append(name)
    tolerances = []
    for (claim, measure), alike in sorted(by_measure.items()):
        stages = {pools[name][0][0] for name in alike} - {""}
        tolerances.append(
            Tolerance(
                claim=claim,
                measure=measure,
                atol=_rounded_up(max(allowances[name] for name in alike)),
                rtol=_rounded_up(FACTOR * FLOAT32),
                spread=_rounded_up(max(held[name] for name in alike)),
                stages=tuple(sorted(stages)),
            )
        )
    return tuple(tolerances)


def _usual(spreads: Mapping[Name, float], pools: Mapping[Name, Pool]) -> dict[Pool, float]:
    """Return pool -> the spread that a share `USUAL` of its spreads do not exceed."""
    by_pool: dict[Pool, list[float]] = {}
    for name, spread in spreads.items():
        by_pool.setdefault(pools[name], []).append(spread)
    return {pool: not_exceeded(known, USUAL) for pool, known in by_pool.items()}


def _counts(runs: Sequence[PlatformRun], pools: Mapping[Name, Pool]) -> dict[ClaimMeasure, float]:
    """Return (claim, measure) -> the value of one count, if all values are shares of one number.

    It is 0 for any other measure. If a claim has too few values to tell, the smallest number of the
    other claims of its pool is used.
    """
    values: dict[ClaimMeasure, list[float]] = {}
    pool_of: dict[ClaimMeasure, Pool] = {}
    for name in names_of(runs):
        claim, _, measure = name
        pool_of[claim, measure] = pools[name]
        defined = values.setdefault((claim, measure), [])
        for run in runs:
            defined += [value for value in column(run, name) if value is not None]
    shared: dict[ClaimMeasure, int] = {}
    smallest: dict[Pool, int] = {}
    for key, defined in values.items():
        count = shared[key] = _shared_count(defined)
        if count >= FEW:
            smallest[pool_of[key]] = min(count, smallest.get(pool_of[key], count))
    counts: dict[ClaimMeasure, float] = {}
    for key, count in shared.items():
        counts[key] = 0.0
        if count >= FEW:
            counts[key] = 1 / count
        elif count and pool_of[key] in smallest:
            counts[key] = 1 / smallest[pool_of[key]]
    return counts


def _shared_count(values: Sequence[float]) -> int:
    """Return the smallest number n for which all values are k / n to the last bit; 0 if none is."""
    count = 1
    for value in values:
        share = Fraction(value).limit_denominator(COUNT)
        if float(share) != value:
            return 0
        count = math.lcm(count, share.denominator)
        if count > COUNT:
            return 0
    return count


def _rounded_up(value: float) -> float:
    """Round a tolerance up to two significant digits, since it is no more exact than that."""
    if value == 0.0:
        return 0.0
    places = 1 - math.floor(math.log10(value))
    scaled = math.ceil(value * 10.0**places - 1e-9)
    return float(f"{scaled / 10.0**places:.2g}")
