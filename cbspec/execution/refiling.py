"""Files that a run was first to see a stage load: what the next run will know of them.

A stage may load a file of the project that no code names, such as a table or a plugin. From then on
the file counts as part of the stage's code, so later runs look for its results under another key,
and the record has it.
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
from cbspec.stage import Call, Stage, stages_of
from cbspec.store import Store

REFILED = "refiled"  # the provenance entry that names the first key


def keep_loaded(store: Store, task: StageTask, outcome: TaskOutcome) -> str:
    """Record the files that a stage loaded and no code names; return a remark for the log."""
    for name in outcome.loaded:
        store.loaded.keep(task.stage.implementation, name)
    if not outcome.loaded:
        return ""
    files = ", ".join(outcome.loaded)
    return f"; {task.stage.name} loaded {files}: part of its code from now on"


class Refiling:
    """Tells code and keys as the next run will have them.

    Args:
        store: holds the results, and which files stages were seen to load.
        code: the project's code as it was when the run began.
    """

    def __init__(self, store: Store, code: Code) -> None:
        self._store = store
        self._code = code
        self._began = time.time_ns()

    def code(self, calls: Iterable[Call]) -> dict[str, str]:
        """Return stage name -> digest of its code as the next run has it.

        If a file was edited since the run began, it is that of this run: the next one differs.

        Args:
            calls: stage calls, which count with their inputs.
        """
        digests = {}
        for name, stage in stages_of(calls).items():
            code = self._code
            if code.outgrown(stage.implementation) and not self._edited(stage):
                code = code.renewed()
            digests[name] = code.fingerprint(stage.implementation).digest
        return digests

    def file(self, cells: Iterable[Cell], planner: Planner) -> None:
        """Store results once more under their new keys, where these differ.

        A result is left out if one of the files was edited since the run began, because it may have
        been computed with either version.

        Args:
            cells: the cells that this process has computed.
            planner: the planner that they come from.
        """
        renewed = Planner(self._code.renewed().fingerprint, planner.numerics, planner.surroundings)
        for cell in cells:
            anew = renewed.cell(cell.call, cell.seed)
            entry = self._store.get(cell.key) if anew.key != cell.key else None
            stages = stages_of([cell.call]).values()
            if entry is None or any(map(self._edited, stages)):
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

    def _edited(self, stage: Stage) -> bool:
        """Tell whether a file that no code names was written or removed since the run began."""
        for name in self._store.loaded.of(stage.implementation):
            path = Path(self._code.root, name)
            # The file may have been removed since; the time of its folder shows that
            now = signature(path) or signature(path.parent)
            if now is None or max(now[:2]) >= self._began:
                return True
        return False
