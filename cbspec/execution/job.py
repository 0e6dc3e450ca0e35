"""A running job: the object that a stage function of the engine is called with.

It hands the stage its replicas and inputs, and takes its results into the store.
"""

from __future__ import annotations

import hashlib
import math
import operator
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cbspec.errors import SourceChanged, StageError, printable
from cbspec.execution.autosave import Autosave
from cbspec.execution.cell import Cell
from cbspec.execution.devices import FAMILIES
from cbspec.execution.emission import Emission, Emitted, checked
from cbspec.execution.messages import Status
from cbspec.execution.provenance import keyed_provenance
from cbspec.execution.replica import replica_of, running_replica
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import installed
from cbspec.execution.task import StageTask
from cbspec.stage import canonical, vouching
from cbspec.store import Store

TELL_SECONDS = 0.25  # between two reports of progress; nobody reads faster
DIVERGED = "diverged"  # the provenance entry of a replica that left the finite numbers


class RunningJob:
    """Implements `cbspec.stage.Job`, the only object of the harness that a stage function sees.

    Args:
        task: the cells to compute, and with what code and numerics.
        lanes: the last wanted cell of each lane to compute. Lanes with a diverged input are left
            out.
        start: the point that every lane resumes from; 0 to start from the beginning.
        store: takes the results.
        run: takes the progress, and says whether to stop.

    Attributes:
        emitted: key of a result -> what the stage emitted for it.
    """

    def __init__(
        self, task: StageTask, lanes: Sequence[Cell], start: int, store: Store, run: RunDirectory
    ) -> None:
        self.label = task.label
        self.lanes = lanes
        self.start = start
        self.points: Collection[int] = task.points
        self.device = task.numerics.device
        self.emitted: dict[str, Emitted] = {}
        self._task = task
        self._planner, self._store, self._run = task.planner(), store, run
        self._packages = hashlib.sha256(canonical(installed()).encode()).hexdigest()
        vouching.begin()
        self._autosave = Autosave(task.until)
        self._published_at = 0.0
        self._began, self._clock_at_start = time.time(), self._clock()
        self.replicas = []
        for lane in lanes:
            resumed = self._planner.at(lane, start) if start else None
            self.replicas.append(running_replica(lane, resumed, task.surroundings, store))

    def _clock(self) -> float:
        """Return the seconds computed so far, as the device family counts them."""
        return FAMILIES[self.device].clock()

    def wants(self, point: int) -> bool:
        """Tell whether to emit this point: a claim reads it, or the last save is long ago."""
        return point in self.points or self._autosave.due(point)

    def emit(
        self,
        replica: int,
        *,
        point: int = 0,
        tensors: Mapping[str, Any] | None = None,
        measures: Mapping[str, float] | None = None,
        undefined: Mapping[str, str] | None = None,
        series: Mapping[str, Any] | None = None,
    ) -> None:
        """Store the result of one replica at one point; see `cbspec.stage.Job.emit`."""
        cell = self._cell_of(replica, point)
        values, missing = checked(cell, measures or {}, undefined or {})
        self._store_result(cell, Emission(tensors or {}, values, missing, series or {}))

    def _lane(self, replica: int) -> Cell:
        """Return the lane of a replica, given by its index."""
        if replica not in range(len(self.lanes)):
            raise StageError(f"names replica {replica!r} of {len(self.lanes)}, counted from 0")
        return self.lanes[replica]

    def _cell_of(self, replica: int, point: int) -> Cell:
        """Return the cell of a replica at a point.

        Raises:
            StageError: there is no such replica, or the point is not on its trajectory.
        """
        lane = self._lane(replica)
        try:
            whole = operator.index(point)
        except TypeError:
            raise StageError(f"{lane}: emits at the point {point!r}, which is no integer") from None
        if not self.start <= whole <= lane.call.point:
            raise StageError(
                f"{lane}: emits at the point {whole}, not from {self.start} to {lane.call.point}"
            )
        return self._planner.at(lane, whole)

    def diverge(self, replica: int, reason: str) -> None:
        """Record that a replica left the finite numbers. Its remaining points become invalid."""
        lane = self._lane(replica)
        for point in self.points:
            cell = self._planner.at(lane, point)
            if cell.key not in self.emitted and not self._store.has(cell.key):
                self.invalidate(cell, f"{lane.call.stage.name} seed {lane.seed} diverged: {reason}")

    def invalidate(self, cell: Cell, reason: str) -> None:
        """Store a cell without any value. Cells that take it as input become invalid as well.

        Args:
            cell: the cell whose measures are all undefined.
            reason: why, in words.
        """
        reason = printable(reason)
        undefined = dict.fromkeys(cell.call.stage.measures, reason)
        self._store_result(cell, Emission({}, {}, undefined, {}), {DIVERGED: reason})

    def advance(self, done: float, total: float, unit: str) -> None:
        """Publish progress, and leave the stage if the run is to stop.

        Args:
            done: how much of the job is computed.
            total: how much there is, in the same unit.
            unit: such as ``"epoch"``.

        Raises:
            Stopped: the run was asked to stop.
            SourceChanged: a file of the stage's code, or one that it reads, was edited.
            StageError: the arguments are no progress.
        """
        done, total = _finite(done, "done"), _finite(total, "total")
        if not isinstance(unit, str):
            raise StageError(f"advance() takes a unit such as 'epoch', which is text, got {unit!r}")
        now = time.monotonic()
        if now - self._published_at < TELL_SECONDS and done < total:
            return
        self._published_at = now
        self._run.raise_if_stopped()
        self.check_code()
        self._run.publish(
            Status(
                worker=self._run.worker,
                job=self.label,
                lanes=self._task.lanes,
                done=done,
                total=total,
                unit=printable(unit),
                started=self._began,
                updated=time.time(),
            )
        )

    def check_code(self) -> None:
        """Stop the run if a file of the stage's code, or one that it reads, was edited.

        The key of a result names both as they were when it was planned. What the stage has imported
        or read since an edit does not belong under that key.

        Raises:
            SourceChanged: a file was edited; the message names it.
        """
        path = self._task.changed()
        if path is not None:
            self._run.stop(changed=path.as_posix())
            raise SourceChanged(path.as_posix())

    def _store_result(
        self, cell: Cell, emission: Emission, remark: Mapping[str, str] | None = None
    ) -> None:
        """Check the code once more, then store an emission.

        Every result of every back end comes through here: after the stage has computed it.

        Args:
            cell: the cell that the emission belongs to.
            emission: its checked content.
            remark: further provenance entries.

        Raises:
            SourceChanged: the code is no longer that of the key.
            StageError: the stage emitted another result for the same cell before.
        """
        self.check_code()
        if known := self.emitted.get(cell.key):
            known.check_same(cell, emission, self._store)
            return
        vouching.settle()
        self._autosave.saved()
        self._store.packages.keep(self._packages, installed())
        digest = emission.digest
        placed = self._store.put(
            cell.key,
            tensors=emission.tensors,
            measures=emission.measures,
            undefined=emission.undefined,
            series=emission.series,
            provenance=self._provenance(cell) | dict(remark or {}),
        )
        self.emitted[cell.key] = Emitted(cell.call.point, digest, placed)

    def _provenance(self, cell: Cell) -> dict[str, Any]:
        call = cell.call
        cost = call.cost
        if self.start:
            cost -= self._planner.at(cell, self.start).call.cost
        task = self._task
        code = task.code[call.stage.implementation]
        keyed = keyed_provenance(cell, code, task.numerics, task.surroundings)
        return keyed | {
            "replicas": [replica_of(lane) for lane in self.lanes],
            "start": self.start,
            "packages": self._packages,
            "seconds": (self._clock() - self._clock_at_start) / max(len(self.lanes), 1),
            "cost": cost,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }


def _finite(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise StageError(f"advance() takes a finite {name}, got {value!r}")
    return number
