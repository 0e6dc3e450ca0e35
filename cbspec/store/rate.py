"""How long a stage takes per unit of its cost, learnt from what was computed; for forecasts and the
longest path.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from cbspec.store.lock import file_name
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch

# Results of one order of cost. After as many, a changed machine or implementation has taken over.
NEWEST = 50


class Rates:
    """Seconds and cost of the newest results, one small file per stage and device family.

    Two processes that add at once may lose one of the two figures: they are for forecasts, no
    result depends on them.
    """

    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self._folder = folder
        self._scratch = scratch

    def add(self, provenance: Mapping[str, Any]) -> None:
        """Take up what a new result's provenance says; nothing when it does not say stage, seconds
        and cost.
        """
        seconds, cost = provenance.get("seconds"), provenance.get("cost")
        if "stage" in provenance and seconds is not None and cost is not None and cost > 0:
            device = provenance.get("numerics", {}).get("device", "cpu")
            path = self._path(provenance["stage"], device)
            self._scratch.replace(path, seal(_newest([*_read(path), (seconds, cost)])))

    def median(self, stage: str, device: str) -> float | None:
        """Return the median seconds per unit of cost, each result weighed by its cost; None if
        nothing was computed yet.

        Without the weights, the many results that cost next to nothing (such as a network before
        its first epoch) would set the rate by their setup time.
        """
        taken = sorted((seconds / cost, cost) for seconds, cost in _read(self._path(stage, device)))
        upto = [*accumulate(cost for _, cost in taken)]
        return taken[bisect_left(upto, upto[-1] / 2)][0] if taken else None

    def _path(self, stage: str, device: str) -> Path:
        return self._folder / f"{file_name(stage)}.{device}.json"


def _newest(results: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the last `NEWEST` of each power of ten of the cost, so that cheap results do not evict
    expensive ones.
    """
    counted: Counter[int] = Counter()
    kept = []
    for seconds, cost in reversed(results):
        order = math.floor(math.log10(cost))
        counted[order] += 1
        if counted[order] <= NEWEST:
            kept.append((seconds, cost))
    return kept[::-1]


def _read(path: Path) -> list[tuple[float, float]]:
    try:
        return unseal(path.read_bytes(), list[tuple[float, float]])
    except (OSError, ValueError):
        return []
