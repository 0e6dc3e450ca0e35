"""Fetching results from a shared store, which spares a run computing them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from cbspec.errors import ConfigError, RemoteError
from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import JobEvent
from cbspec.execution.plan import Planner
from cbspec.execution.provenance import keyed_provenance
from cbspec.execution.rundir import RunDirectory
from cbspec.model.number import count
from cbspec.store import Expected, Pull, Remote, Store

# Files in the run directory
UNREACHED = "unreached"  # is there if the remote could not be reached: nobody asks again
ASKED = "asked"  # the keys that some process has asked for, one a line
TURN_SECONDS = 0.1  # between two looks whether another process has finished asking


def expected(cell: Cell, planner: Planner) -> Expected:
    """Return all that is known of a cell's result before it arrives, to check it against."""
    stage = cell.call.stage
    code = planner.fingerprint(stage.implementation).digest
    about = keyed_provenance(cell, code, planner.numerics, planner.surroundings)
    return Expected(cell.key, about, tuple(stage.measures))


def keep_code(cells: Iterable[Cell], planner: Planner, store: Store) -> None:
    """Store the code definitions of results.

    `cbspec explain` needs them to say which definition changed.

    Raises:
        StoreError: the store cannot be written.
    """
    for implementation in {cell.call.stage.implementation for cell in cells}:
        fingerprint = planner.fingerprint(implementation)
        store.codes.keep(fingerprint.digest, fingerprint.definitions)


class Taking:
    """Fetches results from a remote into the store of a run. It never writes to the remote.

    If the remote cannot be reached, the run warns once and computes everything itself.

    Args:
        url: the URL of the remote.
        store: takes the results.
        run: the messages between the processes of this run.
        adopted: whether to take results that were adopted from other code.
    """

    def __init__(self, url: str, store: Store, run: RunDirectory, *, adopted: bool = True) -> None:
        self._url = url
        self._store = store
        self._run = run
        self._adopted = adopted
        self._pull: Pull | None = None
        self._asked: set[str] = set()

    def take(self, cells: Iterable[Cell], planner: Planner) -> None:
        """Fetch the missing results of some cells; for those the remote lacks, fetch their inputs.

        Every result is asked for once in a run, by one process at a time.

        Raises:
            Stopped: the run was asked to stop.
            StoreError: the store cannot be written.
        """
        absent = self._absent(cells)
        if not absent or self._given_up:
            return
        with self._turn():
            self._load_asked()
            self._ask(self._absent(absent), planner)
            self._ask(closure(self._absent(absent, again=True)), planner)

    def _absent(self, cells: Iterable[Cell], *, again: bool = False) -> list[Cell]:
        """Return the cells that are neither stored nor asked for before.

        Args:
            cells: the cells to look at.
            again: include those that were asked for before.
        """
        absent = []
        for cell in dict.fromkeys(cells):
            if (again or cell.key not in self._asked) and not self._store.has(cell.key):
                absent.append(cell)
        return absent

    def _ask(self, cells: Iterable[Cell], planner: Planner) -> None:
        fresh = {cell.key: cell for cell in self._absent(cells)}
        if not fresh or self._given_up:
            return
        began = time.monotonic()
        taken: list[Cell] = []
        try:
            wanted = [expected(cell, planner) for cell in fresh.values()]
            for moved in self._opened_pull().move(wanted):
                self._run.raise_if_stopped()
                if moved.state == "moved":
                    taken.append(fresh[moved.key])
                elif moved.state == "refused":
                    warnings.warn(moved.reason, stacklevel=1)
            self._note_asked(fresh)
        except (RemoteError, ConfigError) as error:
            self._give_up(str(error))
        if taken:
            keep_code(taken, planner, self._store)
            self._record(len(taken), time.monotonic() - began)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other process of the run is asking the remote."""
        name = f"taking {self._run.path.name}"
        while not (lock := self._store.try_lock(name)):
            self._run.raise_if_stopped()
            time.sleep(TURN_SECONDS)
        with lock:
            yield

    def _load_asked(self) -> None:
        """Read which results other processes of the run have asked for."""
        with suppress(FileNotFoundError):
            self._asked.update((self._run.path / ASKED).read_text().split())

    def _note_asked(self, keys: Iterable[str]) -> None:
        self._asked.update(keys)
        self._run.path.mkdir(parents=True, exist_ok=True)
        with (self._run.path / ASKED).open("a") as asked:
            asked.write("".join(f"{key}\n" for key in keys))

    @property
    def _given_up(self) -> bool:
        """Tell whether this run asks the remote no more."""
        return (self._run.path / UNREACHED).exists()

    def _opened_pull(self) -> Pull:
        if self._pull is None:
            remote = Remote(self._url)
            self._pull = Pull(self._store, remote, adopted=self._adopted)
        return self._pull

    def _give_up(self, reason: str) -> None:
        """Make every process of this run stop asking the remote, and warn once."""
        self._run.path.mkdir(parents=True, exist_ok=True)
        try:
            (self._run.path / UNREACHED).touch(exist_ok=False)
        except FileExistsError:
            return
        warnings.warn(f"{reason}; this run computes what it could have taken", stacklevel=1)

    def _record(self, number: int, seconds: float) -> None:
        self._run.record(
            JobEvent(
                worker=self._run.worker,
                job=count(number, "result"),
                seconds=seconds,
                outcome=f"taken from {self._opened_pull().remote.url}",
                taken=number,
            )
        )
