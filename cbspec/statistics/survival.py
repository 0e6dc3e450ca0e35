"""Times to a target, of which some are not reached: log-rank scores (Peto and Peto 1972).

Mantel's log-rank statistic is the sum of one arm's scores. Its normal approximation errs in a sixth
of the cases with two runs an arm, so the scores are permuted between the arms instead, exactly.
"""

from __future__ import annotations

import numpy as np

from cbspec.statistics import independent
from cbspec.statistics.sample import Array

CELLS = 2**22  # of a table of runs by runs that is held at once


def tail(sooner: Array, later: Array, bound: float, side: int) -> Array:
    """Return the one-sided p of the first arm being sooner (side 1) or later (side -1).

    Args:
        sooner, later: times `[..., run]`, infinite where the target was not reached.
        bound: of the difference of mean scores, 0.
    """
    first = sooner.shape[-1]
    times = np.concatenate([sooner, later], axis=-1)
    rows, runs = times.reshape(-1, times.shape[-1]), times.shape[-1]
    scored = np.empty(rows.shape)
    batch = max(1, CELLS // runs**2)
    for start in range(0, len(rows), batch):
        scored[start : start + batch] = scores(rows[start : start + batch])
    shape = times.shape[:-1]
    one, other = scored[:, :first], scored[:, first:]
    return independent.permutation(one, other, bound, side).reshape(shape)


def scores(times: Array) -> Array:
    """Return 1 for each time that reached its target, less the cumulative hazard by then (Nelson
    and Aalen), shape `[..., run]`.
    """
    # Hazard by a time: over the runs that had reached the target by then, 1 / (runs that had not
    # just before), in a table of each run against each other one
    reached = np.isfinite(times).astype(np.float64)
    at_risk = np.sum(times[..., None, :] >= times[..., :, None], axis=-1)
    by_then = times[..., None, :] <= times[..., :, None]
    hazard = np.sum(by_then * (reached / at_risk)[..., None, :], axis=-1)
    return np.asarray(reached - hazard)
