"""The rate of a stage: seconds per unit of its cost, learnt from results. Used for forecasts."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from cbspec.store.lock import file_name
from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch

# Results that are kept for each power of ten of the cost. So the rate follows a new machine or a
# changed implementation after as many results
NEWEST = 50
LONG_BYTES = 2**14  # a longer file is shortened to the newest results


class Rates:
    """Seconds and cost of the newest results, in a file for each stage and device family.

    The first line is what remained when the file was last shortened, sealed. Every line after it has
    one result. A damaged line counts as none, since no result of a stage depends on it.
    """

    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self._folder = folder
        self._scratch = scratch

    def add(self, provenance: Mapping[str, Any]) -> None:
        """Add a result, if its provenance names stage, seconds and cost."""
        seconds, cost = provenance.get("seconds"), provenance.get("cost")
        if "stage" in provenance and seconds is not None and cost is not None and cost > 0:
            device = provenance.get("numerics", {}).get("device", "cpu")
            path = self._path(provenance["stage"], device)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Appended, because a new file for each result would cost as much as storing the result
            with path.open("ab") as file:
                # The newline comes first: what a killed process left of a line spoils no other line
                file.write(b"\n" + msgspec.json.encode((seconds, cost)))
                size = file.tell()
            if size > LONG_BYTES:
                self._scratch.replace(path, seal(_newest(path)))

    def median(self, stage: str, device: str) -> float | None:
        """Return the median seconds per unit of cost, weighted by cost; None without results.

        Without the weights, the many results that cost next to nothing, such as a network before
        its first epoch, would set the rate by their setup time.
        """
        results = _newest(self._path(stage, device))
        taken = sorted((seconds / cost, cost) for seconds, cost in results)
        upto = [*accumulate(cost for _, cost in taken)]
        return taken[bisect_left(upto, upto[-1] / 2)][0] if taken else None

    def _path(self, stage: str, device: str) -> Path:
        return self._folder / f"{file_name(stage)}.{device}.json"


def _newest(path: Path) -> list[tuple[float, float]]:
    """Return the last `NEWEST` of each power of ten of the cost, so that cheap results do not evict
    expensive ones.
    """
    counted: Counter[int] = Counter()
    kept = []
    for seconds, cost in reversed(list(_read(path))):
        order = math.floor(math.log10(cost))
        counted[order] += 1
        if counted[order] <= NEWEST:
            kept.append((seconds, cost))
    return kept[::-1]


def _read(path: Path) -> Iterator[tuple[float, float]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for number, line in enumerate(lines):
        try:
            if number == 0 and line:
                yield from unseal(line, list[tuple[float, float]])
            elif line:
                yield msgspec.json.decode(line, type=tuple[float, float])
        except ValueError:
            continue
