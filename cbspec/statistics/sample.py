"""Measured values as judging takes them: one column per arm and measure, over the claim's seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cbspec.model.values import Values

Array: TypeAlias = NDArray[np.float64]
ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Values that differ by less of their sizes' sum differ by the order of summation alone, and count
as equal.
"""


class Unmeasured(Exception):
    """A value that an assertion reads does not exist; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measure of one arm.

    Attributes:
        values: shape `[seed]`, in seed order, in the measure's unit; None or NaN where there is
            none. Leading axes (`[trial, seed]`) are allowed in simulations.
        seeds: the training seeds, equal for all arms of a claim: what makes comparisons paired.
        undefined: seed -> why the measure has no value (reference gradient below resolution, ...).
        diverged: seed -> where its run left the finite numbers.
    """

    values: Sequence[float | None] | Array
    seeds: tuple[int, ...]
    undefined: Mapping[int, str] = field(default_factory=dict)
    diverged: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = np.asarray(self.values, dtype=np.float64).shape
        if shape[-1:] != (len(self.seeds),):
            raise ValueError(f"values of shape {shape} for {len(self.seeds)} seeds")

    def column(self, arm: str, measure: str) -> Array:
        """Return the values as an array, shape `[..., seed]`.

        Raises:
            Unmeasured: some seed has no finite value.
        """
        values: Array = np.asarray(self.values, dtype=np.float64)
        absent = [
            seed
            for seed, finite in zip(self.seeds, self._finite(values), strict=True)
            if not finite
        ]
        if not absent:
            return values
        others = f" (and {len(absent) - 1} more of its seeds)" if len(absent) > 1 else ""
        raise Unmeasured(f"{self._why(absent[0], measure)} for {arm} x seed {absent[0]}{others}")

    def _finite(self, values: Array) -> list[bool]:
        lost = self.undefined.keys() | self.diverged.keys()
        return [
            seed not in lost and bool(np.all(np.isfinite(values[..., i])))
            for i, seed in enumerate(self.seeds)
        ]

    def _why(self, seed: int, measure: str) -> str:
        if seed in self.diverged:
            return f"diverged ({self.diverged[seed]})" if self.diverged[seed] else "diverged"
        return self.undefined.get(seed, f"{measure} has no finite value")


Table: TypeAlias = Mapping[tuple[str, str], Sample]
"""(arm, measure) -> `Sample`."""


def table_of(values: Values) -> Table:
    """Return the columns of a claim's values, one for each arm and measure."""
    table: dict[tuple[str, str], Sample] = {}
    for arm, measures in values.arms.items():
        diverged = {int(seed): reason for seed, reason in values.diverged.get(arm, {}).items()}
        for measure, column in measures.items():
            reasons = values.undefined.get(arm, {}).get(measure, {})
            undefined = {int(seed): reason for seed, reason in reasons.items()}
            table[arm, measure] = Sample(column, values.seeds, undefined, diverged)
    return table


@dataclass(frozen=True)
class Measurements:
    """What the kinds read: columns, units and the figures that the memo reported (measure -> arm ->
    value).
    """

    table: Table
    units: Mapping[str, str] = field(default_factory=dict)
    reported: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def column(self, arm: str, measure: str) -> Array:
        """Return one arm's values, shape `[..., seed]`.

        Raises:
            Unmeasured: a value does not exist.
            KeyError: the table has no such column, a mistake of the caller.
        """
        return self.table[arm, measure].column(arm, measure)

    def unit(self, measure: str) -> str:
        return self.units.get(measure, "")

    def figure(self, measure: str, arm: str) -> float | None:
        return self.reported.get(measure, {}).get(arm)
