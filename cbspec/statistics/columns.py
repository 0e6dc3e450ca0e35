"""The columns of a claim's values, in the form for judging."""

from __future__ import annotations

import math

import numpy as np

from cbspec.model.values import Values
from cbspec.stage import Summary
from cbspec.statistics.sample import NoColumn, Sample, Table


class _Columns(dict[tuple[str, str], Sample]):
    """A table that tells its missing columns from the missing keys of whoever reads it."""

    def __missing__(self, name: tuple[str, str]) -> Sample:
        raise NoColumn(*name)


def table_of(values: Values) -> Table:
    """Return the columns of a claim's values, one for each arm and measure.

    Reading any other column raises `NoColumn`.
    """
    table = _Columns()
    for arm, measures in values.arms.items():
        diverged = {int(seed): reason for seed, reason in values.diverged.get(arm, {}).items()}
        for measure, column in measures.items():
            reasons = values.undefined.get(arm, {}).get(measure, {})
            undefined = {int(seed): reason for seed, reason in reasons.items()}
            runs = values.own.get(arm, len(values.seeds))
            table[arm, measure] = Sample(column[:runs], values.seeds[:runs], undefined, diverged)
    for arm, known in values.summaries.items():
        for measure, summary in known.items():
            table[arm, measure] = _standing_in(summary)
    return table


def _standing_in(summary: Summary) -> Sample:
    """Return evenly spaced values with a published mean and spread.

    Student's, Welch's and the z test depend on mean, spread and number alone, so any other values
    with the same three would give the same verdict.
    """
    n = summary.n or 1
    seeds = tuple(range(1, n + 1))
    unit = math.sqrt(n * (n + 1) / 12)  # standard deviation of 1, 2, ..., n
    places = (np.array(seeds, dtype=np.float64) - (n + 1) / 2) / unit
    return Sample(summary.mean + (summary.sd or 0.0) * places, seeds, summary=summary)
