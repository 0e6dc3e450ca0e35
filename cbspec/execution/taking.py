"""Results that a shared store has already: a run takes them from there in place of computing
them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from cbspec.errors import ConfigError, RemoteError
from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import JobEvent
from cbspec.execution.plan import Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.stage import plain
from cbspec.store import Expected, Pull, Remote, Store

# Files of a run: that its remote is left alone, and the keys that were asked for
UNREACHED = "unreached"
ASKED = "asked"
TURN_SECONDS = 0.1


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

    def take(self, cells: Iterable[Cell], planner: Planner) -> None:
        """Store those of these cells that are not stored and that the remote has; and of what the
        others are computed from the same.

        Each is asked for once in a run, by one process at a time.

        Raises:
            Stopped: the run was asked to stop.
            StoreError: the store cannot be written.
        """
        absent = self._absent(cells)
        if not absent or self._left:
            return
        with self._turn():
            self._learn()
            self._ask(self._absent(absent), planner)
            self._ask(closure(self._absent(absent, again=True)), planner)

    def _absent(self, cells: Iterable[Cell], *, again: bool = False) -> list[Cell]:
        """Return the cells that are not stored, and that nobody has asked for unless `again`."""
        absent = []
        for cell in dict.fromkeys(cells):
            if (again or cell.key not in self._asked) and not self._store.has(cell.key):
                absent.append(cell)
        return absent

    def _ask(self, cells: Iterable[Cell], planner: Planner) -> None:
        fresh = {cell.key: cell for cell in self._absent(cells)}
        if not fresh or self._left:
            return
        began = time.monotonic()
        taken: list[Cell] = []
        try:
            wanted = [expected(cell, planner) for cell in fresh.values()]
            for moved in self._opened().move(wanted):
                self._run.raise_if_stopped()
                if moved.state == "moved":
                    taken.append(fresh[moved.key])
                elif moved.state == "refused":
                    warnings.warn(moved.reason, stacklevel=1)
            self._remember(fresh)
        except (RemoteError, ConfigError) as error:
            self._leave(str(error))
        if taken:
            keep_code(taken, planner, self._store)
            self._tell(len(taken), time.monotonic() - began)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other process of the run takes."""
        name = f"taking {self._run.path.name}"
        while not (lock := self._store.try_lock(name)):
            self._run.raise_if_stopped()
            time.sleep(TURN_SECONDS)
        with lock:
            yield

    def _learn(self) -> None:
        """Take in what other processes of the run have asked for."""
        with suppress(FileNotFoundError):
            self._asked.update((self._run.path / ASKED).read_text().split())

    def _remember(self, keys: Iterable[str]) -> None:
        self._asked.update(keys)
        self._run.path.mkdir(parents=True, exist_ok=True)
        with (self._run.path / ASKED).open("a") as asked:
            asked.write("".join(f"{key}\n" for key in keys))

    @property
    def _left(self) -> bool:
        """Tell whether the remote is left alone for the rest of the run."""
        return (self._run.path / UNREACHED).exists()

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

    def _tell(self, number: int, seconds: float) -> None:
        self._run.record(
            JobEvent(
                worker=self._run.worker,
                job="1 result" if number == 1 else f"{number} results",
                seconds=seconds,
                outcome=f"taken from {self._opened().remote.url}",
                taken=number,
            )
        )
