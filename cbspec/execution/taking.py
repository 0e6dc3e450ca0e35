"""Results that a shared store has already: a run takes them from there in place of computing
them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence

from cbspec.errors import ConfigError, RemoteError
from cbspec.execution.cell import Cell
from cbspec.execution.messages import JobEvent
from cbspec.execution.plan import PlannedJob, Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.stage import plain
from cbspec.store import Expected, Pull, Remote, Store

UNREACHED = "unreached"  # the file of a run that says that its remote is left alone


def expected(cell: Cell, planner: Planner) -> Expected:
    """Return what is known of a cell's result before it is there."""
    call = cell.call
    about = {
        "stage": call.stage.name,
        "parameters": plain(call.parameters),
        "seed": cell.seed,
        "lane": cell.lane,
        "inputs": {name: source.key for name, source in cell.inputs.items()},
        "code": planner.fingerprint(call.stage.implementation).digest,
        "numerics": planner.numerics.as_dict(),
        "dependencies": planner.surroundings.of(call),
    }
    return Expected(cell.key, about, tuple(call.stage.measures))


def keep_code(cells: Iterable[Cell], planner: Planner, store: Store) -> None:
    """Keep the definitions behind the code of results that were computed elsewhere.

    Raises:
        StoreError: the store cannot be written.
    """
    for implementation in {cell.call.stage.implementation for cell in cells}:
        fingerprint = planner.fingerprint(implementation)
        store.codes.keep(fingerprint.digest, fingerprint.definitions)


class Taking:
    """What one process of a run takes from a remote. It only reads there.

    A remote that cannot be reached costs one warning, and is then left alone for the rest of the
    run.

    Args:
        url: of the remote.
        adopted: whether results are taken that were adopted from other code.
    """

    def __init__(self, url: str, store: Store, run: RunDirectory, *, adopted: bool = True) -> None:
        self._url = url
        self._store = store
        self._run = run
        self._adopted = adopted
        self._pull: Pull | None = None
        self._asked: set[str] = set()

    def take(self, cells: Sequence[Cell], planner: Planner) -> None:
        """Store those of these cells that the remote has; each is asked for once.

        Raises:
            StoreError: the store cannot be written.
        """
        fresh = [cell for cell in cells if cell.key not in self._asked]
        if not fresh or (self._run.path / UNREACHED).exists():
            return
        self._asked.update(cell.key for cell in fresh)
        began = time.monotonic()
        taken: list[Cell] = []
        by_key = {cell.key: cell for cell in fresh}
        try:
            for moved in self._opened().move([expected(cell, planner) for cell in fresh]):
                if moved.state == "moved":
                    taken.append(by_key[moved.key])
                elif moved.state == "refused":
                    warnings.warn(moved.reason, stacklevel=1)
        except (RemoteError, ConfigError) as error:
            self._leave(str(error))
        if taken:
            keep_code(taken, planner, self._store)
            self._tell(taken, time.monotonic() - began)

    def _opened(self) -> Pull:
        if self._pull is None:
            remote = Remote(self._url)
            self._pull = Pull(self._store, remote, adopted=self._adopted)
        return self._pull

    def _leave(self, reason: str) -> None:
        """Have no process of this run ask again, and say why, once."""
        self._run.path.mkdir(parents=True, exist_ok=True)
        try:
            (self._run.path / UNREACHED).touch(exist_ok=False)
        except FileExistsError:
            return
        warnings.warn(f"{reason}; this run computes what it could have taken", stacklevel=1)

    def _tell(self, cells: Sequence[Cell], seconds: float) -> None:
        self._run.record(
            JobEvent(
                worker=self._run.worker,
                job=str(PlannedJob(tuple(cells))),
                seconds=seconds,
                outcome=f"taken from {self._opened().remote.url}",
                taken=len(cells),
            )
        )
