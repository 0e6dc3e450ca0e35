"""Deriving the noise of measures from what was measured for other ends: over seeds from the evidence
of verdicts, by rounding from the canary's platforms.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cbspec.canary.record import USUAL, Calibration, not_exceeded
from cbspec.ledger import Evidence
from cbspec.ledger.entry import Device
from cbspec.ledger.measured_noise import MeasureNoise, NoiseRecord, RoundingNoise, SeedNoise

LEAST = 0.25  # the share of differences that the least one is not below
FEWEST = 2  # values, which have a spread
DIGITS = 3  # a spread is no more exact than that

Place = tuple[str, str, Device]
"""(measure, scale, device)."""
Column = tuple[float, ...]


def noise_of(
    evidence: Iterable[Evidence],
    calibration: Calibration | None,
    units: Mapping[str, str],
    date: str,
) -> NoiseRecord:
    """Return the noise of every measure.

    Args:
        calibration: of the canary; None where it was never calibrated.
        units: measure -> its unit; others are left out.
        date: of today.
    """
    seeds = _over_seeds(evidence)
    rounding = _by_rounding(calibration) if calibration else {}
    measures = []
    for measure in sorted(seeds.keys() | rounding.keys()):
        if measure in units:
            noise = MeasureNoise(
                measure=measure,
                unit=units[measure],
                seeds=tuple(seeds[measure]),
                rounding=rounding.get(measure),
            )
            measures.append(noise)
    return NoiseRecord(date=date, measures=tuple(measures))


def _over_seeds(evidence: Iterable[Evidence]) -> dict[str, list[SeedNoise]]:
    columns: dict[Place, set[Column]] = defaultdict(set)
    differences: dict[Place, set[Column]] = defaultdict(set)
    for item in evidence:
        arms = item.values.arms.values()
        for measure in sorted(set(itertools.chain.from_iterable(arms))):
            place = measure, item.scale, item.device
            alike = [_defined(arm[measure]) for arm in arms if measure in arm]
            columns[place].update(alike)
            for one, other in itertools.combinations(alike, 2):
                if len(one) == len(other):
                    differences[place].add(tuple(np.subtract(one, other).tolist()))
    noise: dict[str, list[SeedNoise]] = defaultdict(list)
    for (measure, scale, device), known in sorted(columns.items()):
        arms_known = [column for column in known if len(column) >= FEWEST]
        if arms_known:
            pairs = [pair for pair in differences[measure, scale, device] if len(pair) >= FEWEST]
            noise[measure].append(
                SeedNoise(
                    scale=scale,
                    device=device,
                    sd=_pooled(arms_known),
                    arms=len(arms_known),
                    values=sum(map(len, arms_known)),
                    least_difference=_least(pairs),
                    differences=len(pairs),
                )
            )
    return noise


def _defined(column: Sequence[float | None]) -> Column:
    return tuple(value for value in column if value is not None)


def _pooled(columns: Iterable[Column]) -> float:
    """Return the standard deviation within columns, each about its own mean."""
    squares = degrees = 0.0
    for column in columns:
        squares += float(np.var(column)) * len(column)
        degrees += len(column) - 1
    return _rounded(math.sqrt(squares / degrees))


def _least(differences: Sequence[Column]) -> float | None:
    if not differences:
        return None
    spreads = [float(np.std(difference, ddof=1)) for difference in differences]
    return _rounded(not_exceeded(spreads, LEAST))


def _by_rounding(calibration: Calibration) -> dict[str, RoundingNoise]:
    spreads: dict[str, list[float]] = defaultdict(list)
    for tolerance in calibration.tolerances:
        spreads[tolerance.measure].append(tolerance.spread)
    noise = {}
    for measure, known in spreads.items():
        noise[measure] = RoundingNoise(
            usual=not_exceeded(known, USUAL),
            largest=max(known),
            claims=len(known),
            platforms=len(calibration.platforms),
        )
    return noise


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
