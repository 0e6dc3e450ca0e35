"""How long a stage takes per unit of its cost, learnt from what was computed; for forecasts and the longest path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from cbspec.store.record import seal, unseal
from cbspec.store.scratch import Scratch

NEWEST = 50  # enough for a steady median; a machine or an implementation that changed has taken over after as many results


class Rates:
    """Seconds per unit of cost of the newest results, one small file per stage and device family.

    Two processes that add at once may lose one of the two figures: they are for forecasts, no result depends on them.
    """

    def __init__(self, folder: Path, scratch: Scratch) -> None:
        self._folder = folder
        self._scratch = scratch

    def add(self, provenance: Mapping[str, Any]) -> None:
        """Take up what a new result's provenance says; nothing when it does not say stage, seconds and cost."""
        seconds, cost = provenance.get("seconds"), provenance.get("cost")
        if "stage" in provenance and seconds is not None and cost:
            device = provenance.get("numerics", {}).get("device", "cpu")
            path = self._path(provenance["stage"], device)
            self._scratch.replace(path, seal([*_read(path), seconds / cost][-NEWEST:]))

    def median(self, stage: str, device: str) -> float | None:
        """Median seconds per unit of cost, None where nothing was computed yet."""
        rates = _read(self._path(stage, device))
        return median(rates) if rates else None

    def _path(self, stage: str, device: str) -> Path:
        return self._folder / f"{quote(stage, safe='')}.{device}.json"


def _read(path: Path) -> list[float]:
    try:
        return unseal(path.read_bytes(), list[float])
    except (OSError, ValueError):
        return []
