"""A task, which is the work that one process is given, and the outcome that it reports.

Both are sent between processes and machines. A task names stages, parameters and keys; it holds
neither code nor results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from cbspec.stage import Stage, stages_of


@dataclass(frozen=True, eq=False)
class StageTask:
    """Cells of one stage that one process computes together, as one tensor program.

    Attributes:
        label: a description for people: ``"train_bp seeds 42,123 for 6A.a vec_m4"``.
        cells: the cells to compute. None of them is stored yet, and all their inputs are.
        numerics: device, precision and threads to compute with.
        code: implementation path -> digest of its code, for the stage and those of its inputs. A
            process with other code refuses the task.
        surroundings: the declared files, versions and environment variables, as they were when the
            keys of the cells were computed.
        watch: tells whether the code changed since its digest was taken; None to watch nothing.
        timeout: the seconds that each lane may take; None for no limit.
        until: when its process will be ended by others (`time.time`); None if nobody will.
    """

    label: str
    cells: tuple[Cell, ...]
    numerics: Numerics
    code: Mapping[str, str]
    surroundings: Surroundings
    watch: Watch | None = None
    timeout: float | None = None
    until: float | None = None

    @property
    def stage(self) -> Stage:
        return self.cells[0].call.stage

    @property
    def lanes(self) -> tuple[str, ...]:
        """Return the lane of every cell, each lane once."""
        return tuple(dict.fromkeys(cell.lane for cell in self.cells))

    @property
    def points(self) -> list[int]:
        """Return the points of the cells, in order."""
        return sorted({cell.call.point for cell in self.cells})

    @property
    def limit(self) -> float | None:
        """Return the seconds that the whole task may take: `timeout` times its lanes."""
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
        """Return a file that was edited since the keys of the cells were computed, if one was.

        Files of the stage's code count, and declared files that the stage reads.
        """
        path = self.watch.changed() if self.watch else None
        for cell in self.cells:
            path = path or self.surroundings.changed(cell.call)
        return path

    def planner(self) -> Planner:
        """Return a planner for cells of the same lanes at other points."""
        return Planner(
            lambda name: Fingerprint(self.code[name], {}), self.numerics, self.surroundings
        )


def planned_task(
    cells: Sequence[Cell],
    planner: Planner,
    label: str,
    *,
    watch: Callable[..., Watch] | None,
    timeout: float | None,
) -> StageTask:
    """Return the task of some cells of one job.

    Args:
        cells: the cells, all of the same stage.
        planner: the planner that they come from.
        label: a description for people.
        watch: returns, for the implementations of a stage and of its inputs, what tells whether
            their code was edited. None to watch nothing.
        timeout: the seconds that each lane may take; None for no limit.
    """
    call = cells[0].call
    code = {}
    for stage in stages_of([call]).values():  # all cells of a job have the same stages
        code[stage.implementation] = planner.fingerprint(stage.implementation).digest
    return StageTask(
        label=label,
        cells=tuple(cells),
        numerics=planner.numerics,
        code=code,
        surroundings=planner.surroundings,
        watch=watch(call.stage.implementation, *code) if watch else None,
        timeout=timeout,
    )


def longest(limits: Iterable[float | None]) -> float | None:
    """Return the longest of some time limits in seconds; None if one of them is None, no limit."""
    seconds = list(limits)
    if None in seconds:
        return None
    return max(limit for limit in seconds if limit is not None)


Ending = Literal["done", "failed", "refused", "lost input", "stopped", "store", "unsuited"]


class TaskOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ended.

    Attributes:
        ending: one of

            - ``"done"``: every cell is stored.
            - ``"failed"``: the stage raised or its process died; a second attempt may succeed.
            - ``"refused"``: the harness found a mistake that a second attempt would repeat.
            - ``"lost input"``: an input is no longer stored and has to be computed again.
            - ``"stopped"``: the run was asked to stop.
            - ``"store"``: the store cannot be read or written, which ends the run.
            - ``"unsuited"``: an earlier stage has changed the process, so nothing was computed; a
              fresh process can.
        reason: what happened, in words.
        traceback: the traceback of the exception, if one was raised.
        key: the key of the lost input.
        loaded: files of the project that the stage loaded although its key does not name them.
        damages: descriptions of stored results that turned out to be damaged.
        node: the machine that computed the task; empty for this one.
        memory: peak main memory of the process in bytes; 0 if unknown.
        share: the greatest share of the device's memory that the process held; 0 if unknown.
    """

    ending: Ending
    reason: str = ""
    traceback: str = ""
    key: str = ""
    loaded: tuple[str, ...] = ()
    damages: tuple[str, ...] = ()
    node: str = ""
    memory: int = 0
    share: float = 0.0
