"""A task: cells that one process computes together now. And how a task can end.

Both travel between processes, and between machines: a task names stages, parameters and keys, and
holds neither code nor results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from cbspec.execution.cell import Cell
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.surroundings import Surroundings
from cbspec.fingerprint import Fingerprint
from cbspec.fingerprint.signature import Watch
from cbspec.stage import Stage


@dataclass(frozen=True, eq=False)
class StageTask:
    """Cells of one stage that are computed together, as one tensor program.

    Attributes:
        label: what people read, such as ``"train_bp seeds 42,123 for 6A.a vec_m4"``.
        cells: what is wanted; none of it is stored, and all that it needs is.
        numerics: what it is computed with.
        code: implementation -> digest of its code, of every stage that the cells reach. A process
            that would compute with other code refuses.
        surroundings: the declared files, versions and environment variables, as they were read when
            the cells were named.
        timeout: how many seconds each of its lanes may take; None for any number.
        watch: tells whether the code changed since that digest was taken; None where nothing is
            watched.
    """

    label: str
    cells: tuple[Cell, ...]
    numerics: Numerics
    code: Mapping[str, str]
    surroundings: Surroundings
    watch: Watch | None = None
    timeout: float | None = None

    @property
    def stage(self) -> Stage:
        return self.cells[0].call.stage

    @property
    def lanes(self) -> tuple[str, ...]:
        """Return the lanes of the cells, each once."""
        return tuple(dict.fromkeys(cell.lane for cell in self.cells))

    @property
    def points(self) -> list[int]:
        """Return the points that are wanted, in order."""
        return sorted({cell.call.point for cell in self.cells})

    @property
    def limit(self) -> float | None:
        """Return how many seconds it may take: as often the limit as it has lanes."""
        if self.timeout is None:
            return None
        return self.timeout * len(self.lanes)

    @property
    def files(self) -> list[Path]:
        """Return the declared files that the stage reads."""
        places = []
        for cell in self.cells:
            for name in cell.call.files:
                places.append(self.surroundings.place(name, cell.call))
        return places

    def changed(self) -> Path | None:
        """Return a file of the stage's code, or one that it reads, that changed since the cells were
        named; None where none did.
        """
        path = self.watch.changed() if self.watch else None
        for cell in self.cells:
            path = path or self.surroundings.changed(cell.call)
        return path

    def planner(self) -> Planner:
        """Return what names the cells of these lanes at other points."""
        return Planner(
            lambda name: Fingerprint(self.code[name], {}), self.numerics, self.surroundings
        )


def longest(limits: Iterable[float | None]) -> float | None:
    """Return the longest of some time limits; None, no limit, is longer than any."""
    seconds = list(limits)
    if None in seconds:
        return None
    return max(limit for limit in seconds if limit is not None)


Ending = Literal["done", "failed", "refused", "lost input", "stopped", "store", "unsuited"]


class TaskOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ended.

    Attributes:
        ending: ``"failed"``: the stage raised, or its process died; another attempt may succeed.
            ``"refused"``: the harness found a mistake that another attempt would repeat.
            ``"lost input"``: something that it needs has to be computed again. ``"store"``: the
            store cannot be used, which ends the run. ``"unsuited"``: nothing was computed, for
            another stage has left something in the process; a fresh one can.
        reason: what happened, in words.
        traceback: of what was raised.
        key: of the input that was lost.
        loaded: files of the project that the stage loaded and its key does not count.
        damages: stored results that were found damaged on the way.
        node: the machine that computed it, where it is another one than this; for people.
        memory: the most bytes of main memory that its process has held; 0 where nobody looked.
    """

    ending: Ending
    reason: str = ""
    traceback: str = ""
    key: str = ""
    loaded: tuple[str, ...] = ()
    damages: tuple[str, ...] = ()
    node: str = ""
    memory: int = 0
