"""Finding the results behind a verdict that were adopted from earlier code."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.execution.cell import Cell, closure
from cbspec.store import ADOPTED, Store


class Adopted:
    """Tells which stored results were adopted. Each result is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._origins: dict[str, str] = {}

    def stages(self, cells: Iterable[Cell]) -> dict[str, str]:
        """Return stage -> digest of the code that computed it, for stages with adopted results.

        Args:
            cells: the cells that a verdict reads. Their inputs count as well.
        """
        stages: dict[str, str] = {}
        for cell in closure(cells):
            if code := self._origin(cell):
                stages[cell.call.stage.name] = code
        return stages

    def _origin(self, cell: Cell) -> str:
        if cell.key not in self._origins:
            entry = self._store.get(cell.key, touch=False)
            origin = ""
            if entry is not None:
                origin = entry.provenance.get(ADOPTED, {}).get("code", "")
            self._origins[cell.key] = origin
        return self._origins[cell.key]
