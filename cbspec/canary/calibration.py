"""Deriving tolerances from the spread of the canary over platforms: they follow from what was
measured, and are never chosen.

Two platforms that compute the same code add up in another order, or fuse a product and a sum. How
far that moves a figure depends on the experiment: a cosine after ten steps moves in its sixth
digit, the accuracy of a run that is about to diverge in its first. So each measure of each claim
has its own spread, the largest difference between any two platforms over the claim's arms and
seeds. A claim whose figures happened to agree on the platforms at hand would be held to the last
bit by that; it gets what is usual for the measure instead: the spread below which three quarters of
all claims lie. A share of a count, such as an accuracy, stays as it is on most platforms and then
moves by a whole count: its spread is taken as one count at least.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cbspec.canary.record import (
    USUAL,
    Calibration,
    Figures,
    Platform,
    Tolerance,
    Unheld,
    not_exceeded,
)
from cbspec.model.values import Values

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
    f"measure, or, of a share, {FACTOR:g} times one count, whichever is the largest; rtol is "
    f"{FACTOR:g} times the spacing of float32; an arm whose own spread times {FACTOR:g} exceeds "
    f"{MEANINGLESS:.0%} of its figures is not held"
)

Name = tuple[str, str, str]
"""(claim, arm, measure)."""
ClaimMeasure = tuple[str, str]


@dataclass(frozen=True)
class PlatformRun:
    """The canaries of all claims on one platform."""

    name: str
    torch: str
    figures: Mapping[str, Figures]


def calibrated(runs: Sequence[PlatformRun], *, date: str, commit: str | None) -> Calibration:
    """Derive the tolerances from runs of the same code on several platforms.

    Args:
        runs: at least two runs. Differing values are counted against the first one.
        date: the date of the calibration.
        commit: the commit of the code.
    """
    spreads: dict[Name, float] = {}
    unheld: dict[Name, str] = {}
    for name in _names(runs):
        spread, size = _spread(runs, name)
        unheld[name] = _one_sided(runs, name)
        if not unheld[name]:
            spreads[name] = spread
            if FACTOR * spread > MEANINGLESS * size:
                unheld[name] = f"moves by {spread:.2g} between platforms, at a size of {size:.2g}"
    reasons = []
    for (claim, arm, measure), reason in sorted(unheld.items()):
        if reason:
            reasons.append(Unheld(claim=claim, arm=arm, measure=measure, reason=reason))
    return Calibration(
        date=date,
        commit=commit,
        factor=FACTOR,
        method=METHOD,
        platforms=tuple(_platform(run, runs[0]) for run in runs),
        tolerances=_tolerances(spreads, unheld, _counts(runs)),
        unheld=tuple(reasons),
    )


def _tolerances(
    spreads: Mapping[Name, float], unheld: Mapping[Name, str], counts: Mapping[ClaimMeasure, float]
) -> tuple[Tolerance, ...]:
    """Return the tolerance of each measure of each claim, by the held arm that moves most.

    Args:
        spreads: (claim, arm, measure) -> spread. Those that are not held count for what is usual.
        unheld: (claim, arm, measure) -> why it is not held; empty if it is held.
        counts: (claim, measure) -> the value of one count; see `_counts`.
    """
    usual = _usual(spreads)
    tolerances: dict[ClaimMeasure, Tolerance] = {}
    for (claim, arm, measure), spread in spreads.items():
        if unheld[claim, arm, measure]:
            continue
        largest = spread
        if known := tolerances.get((claim, measure)):
            largest = max(spread, known.spread)
        tolerances[claim, measure] = Tolerance(
            claim=claim,
            measure=measure,
            atol=_rounded_up(FACTOR * max(largest, usual[measure], counts[claim, measure])),
            rtol=_rounded_up(FACTOR * FLOAT32),
            spread=_rounded_up(largest),
        )
    return tuple(tolerances[key] for key in sorted(tolerances))


def _names(runs: Sequence[PlatformRun]) -> Iterable[Name]:
    """Yield every (claim, arm, measure) that all platforms have."""
    for claim, figures in sorted(runs[0].figures.items()):
        if all(claim in run.figures for run in runs):
            for arm, measures in sorted(figures.values.arms.items()):
                for measure in sorted(measures):
                    yield claim, arm, measure


def _column(run: PlatformRun, name: Name) -> Sequence[float | None]:
    claim, arm, measure = name
    return run.figures[claim].values.arms[arm][measure]


def _one_sided(runs: Sequence[PlatformRun], name: Name) -> str:
    """Return why a value cannot be held: some platforms have a number and others have none.

    Empty if it can be held.
    """
    claim = name[0]
    for index, _ in enumerate(runs[0].figures[claim].values.seeds):
        defined = [_column(run, name)[index] is not None for run in runs]
        if any(defined) and not all(defined):
            where = runs[defined.index(False)]
            reason = _reason(where.figures[claim].values, name, index)
            return f"undefined on {where.name} and a number elsewhere: {reason}"
    return ""


def _reason(values: Values, name: Name, index: int) -> str | None:
    return values.reason(name[1], name[2], values.seeds[index])


def _spread(runs: Sequence[PlatformRun], name: Name) -> tuple[float, float]:
    """Return the largest difference between two platforms for one seed, and the largest size."""
    spread = size = 0.0
    for values in zip(*(_column(run, name) for run in runs), strict=True):
        defined = [value for value in values if value is not None]
        if defined:
            spread = max(spread, max(defined) - min(defined))
            size = max(size, *map(abs, defined))
    return spread, size


def _usual(spreads: Mapping[Name, float]) -> dict[str, float]:
    """Return measure -> the spread that a share `USUAL` of its spreads do not exceed."""
    by_measure: dict[str, list[float]] = {}
    for (_, _, measure), spread in spreads.items():
        by_measure.setdefault(measure, []).append(spread)
    return {measure: not_exceeded(known, USUAL) for measure, known in by_measure.items()}


def _counts(runs: Sequence[PlatformRun]) -> dict[ClaimMeasure, float]:
    """Return (claim, measure) -> the value of one count, if all values are shares of one number.

    It is 0 for any other measure. If a claim has too few values to tell, the smallest number of the
    other claims with this measure is used.
    """
    values: dict[ClaimMeasure, list[float]] = {}
    for claim, arm, measure in _names(runs):
        defined = values.setdefault((claim, measure), [])
        for run in runs:
            for value in _column(run, (claim, arm, measure)):
                if value is not None:
                    defined.append(value)
    shared: dict[ClaimMeasure, int] = {}
    smallest: dict[str, int] = {}
    for (claim, measure), defined in values.items():
        count = _shared_count(defined)
        shared[claim, measure] = count
        if count >= FEW:
            smallest[measure] = min(count, smallest.get(measure, count))
    counts: dict[ClaimMeasure, float] = {}
    for (claim, measure), count in shared.items():
        counts[claim, measure] = 0.0
        if count >= FEW:
            counts[claim, measure] = 1 / count
        elif count and measure in smallest:
            counts[claim, measure] = 1 / smallest[measure]
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


def _platform(run: PlatformRun, first: PlatformRun) -> Platform:
    count = differing = 0
    for name in _names([first, run]):
        for before, after in zip(_column(first, name), _column(run, name), strict=True):
            count += 1
            differing += before != after
    return Platform(name=run.name, torch=run.torch, differing=round(differing / max(count, 1), 4))


def _rounded_up(value: float) -> float:
    """Round a tolerance up to two significant digits, since it is no more exact than that."""
    if value == 0.0:
        return 0.0
    places = 1 - math.floor(math.log10(value))
    scaled = math.ceil(value * 10.0**places - 1e-9)
    return float(f"{scaled / 10.0**places:.2g}")
