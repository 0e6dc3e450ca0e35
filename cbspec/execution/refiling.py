"""Results of stages that were seen to load files which nothing names: they are stored under the key
that counts these files, too, where every later run looks for them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from cbspec.execution.cell import Cell
from cbspec.execution.plan import Planner
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.fingerprint import Code
from cbspec.fingerprint.signature import signature
from cbspec.stage import stages_of
from cbspec.store import Store

REFILED = "refiled"  # the provenance entry that names the key of before


def keep_loaded(store: Store, task: StageTask, outcome: TaskOutcome) -> str:
    """Keep which files a stage loaded though nothing names them; return what the log says of them."""
    for name in outcome.loaded:
        store.loaded.keep(task.stage.implementation, name)
    if not outcome.loaded:
        return ""
    files = ", ".join(outcome.loaded)
    return f"; {task.stage.name} loaded {files}: part of its code from now on"


class Refiling:
    """What one process of a run has computed, until its end.

    Args:
        store: where the results lie, and what stages were seen to load.
        code: as it was when the run began.
    """

    def __init__(self, store: Store, code: Code) -> None:
        self._store = store
        self._code = code
        self._began = time.time_ns()

    def file(self, cells: Iterable[Cell], planner: Planner) -> None:
        """Store results under their new keys as well, where these are others.

        One whose files were edited since the run began is left out: which version it was computed
        with is not known.

        Args:
            planner: named the cells.
        """
        renewed = Planner(self._code.renewed().fingerprint, planner.numerics, planner.surroundings)
        for cell in cells:
            anew = renewed.cell(cell.call, cell.seed)
            entry = self._store.get(cell.key) if anew.key != cell.key else None
            if entry is None or self._edited(cell):
                continue
            fingerprint = renewed.fingerprint(cell.call.stage.implementation)
            self._store.codes.keep(fingerprint.digest, fingerprint.definitions)
            provenance = {
                **entry.provenance,
                "lane": anew.lane,
                "inputs": {name: source.key for name, source in anew.inputs.items()},
                "code": fingerprint.digest,
                REFILED: cell.key,
            }
            self._store.copy(cell.key, anew.key, provenance)

    def _edited(self, cell: Cell) -> bool:
        """Tell whether a file that nothing names was written or removed since the run began."""
        for stage in stages_of([cell.call]).values():
            for name in self._store.loaded.of(stage.implementation):
                path = Path(self._code.root, name)
                # A file that is not there may have been until just now: its folder tells
                now = signature(path) or signature(path.parent)
                if now is None or max(now[:2]) >= self._began:
                    return True
        return False
