"""One job as the engine sees it: replicas with their inputs on one side, results into the store on
the other.
"""

from __future__ import annotations

import hashlib
import math
import operator
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cbspec.errors import SourceChanged, StageError
from cbspec.execution.artifact import artifact, inputs_of
from cbspec.execution.cell import Cell
from cbspec.execution.devices import FAMILIES
from cbspec.execution.emission import Emission, Emitted, checked
from cbspec.execution.failure import printable
from cbspec.execution.messages import Status
from cbspec.execution.replica import RunningReplica, replica_of
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import installed
from cbspec.execution.task import StageTask
from cbspec.stage import canonical, plain, vouching
from cbspec.store import Store

AUTOSAVE_SECONDS = 120.0  # a killed run loses at most this much of a long trajectory
TELL_SECONDS = 0.25  # four times a second is as live as a person can read
DIVERGED = "diverged"  # the provenance entry that says a replica left the finite numbers


class RunningJob:
    """Meets `cbspec.stage.Job`.

    Args:
        task: what is computed.
        lanes: the last wanted cell of each lane that is computed; the others are invalid already.
        start: the point that every lane resumes from, 0 for none.

    Attributes:
        emitted: key -> what was handed over for it.
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
        self._planner = task.planner()
        self._store = store
        self._run = run
        self._packages = hashlib.sha256(canonical(installed()).encode()).hexdigest()
        vouching.begin()
        self._saved = time.monotonic()
        self._told = 0.0
        self._began, self._spent = time.time(), self._clock()
        self._saving: int | None = None
        self.replicas = [self._replica(cell) for cell in lanes]

    def _clock(self) -> float:
        """Return seconds of computing, as the device counts them."""
        return FAMILIES[self.device].clock()

    def _replica(self, cell: Cell) -> RunningReplica:
        resumed = None
        if self.start:
            resumed = artifact(self._planner.at(cell, self.start), self._store)
        files = {}
        for name in cell.call.files:
            files[name] = self._task.surroundings.place(name, cell.call)
        return RunningReplica(cell, inputs_of(cell, self._store), resumed, files)

    def wants(self, point: int) -> bool:
        """Tell whether a claim asked for this point, or the last saved one is long ago."""
        if point in self.points or point == self._saving:
            return True
        if time.monotonic() - self._saved < AUTOSAVE_SECONDS:
            return False
        # Every replica of this point is saved, not only the first one asked about
        self._saving = point
        return True

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
        """Store one replica's result; see `cbspec.stage.Job.emit`."""
        cell = self._emitting(replica, point)
        values, missing = checked(cell, measures or {}, undefined or {})
        self._put(cell, Emission(tensors or {}, values, missing, series or {}))

    def _lane(self, replica: int) -> Cell:
        """Return the lane of a replica of this job."""
        if replica not in range(len(self.lanes)):
            raise StageError(f"names replica {replica!r} of {len(self.lanes)}, counted from 0")
        return self.lanes[replica]

    def _emitting(self, replica: int, point: int) -> Cell:
        """Return the cell that a result belongs to: a replica of this job, at a point on its
        way.
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
        """Record that a replica left the finite numbers; every wanted point not yet emitted becomes
        invalid.
        """
        lane = self._lane(replica)
        for point in self.points:
            cell = self._planner.at(lane, point)
            if cell.key not in self.emitted and not self._store.has(cell.key):
                self.invalidate(cell, f"{lane.call.stage.name} seed {lane.seed} diverged: {reason}")

    def invalidate(self, cell: Cell, reason: str) -> None:
        """Store a cell all of whose measures are undefined for a reason that spreads to whatever
        takes it as input.
        """
        reason = printable(reason)
        undefined = dict.fromkeys(cell.call.stage.measures, reason)
        self._put(cell, Emission({}, {}, undefined, {}), {DIVERGED: reason})

    def advance(self, done: float, total: float, unit: str) -> None:
        """Publish progress; leave the stage if the run was asked to stop or its code changed.

        Raises:
            StageError: what was handed over is no progress.
        """
        done, total = _finite(done, "done"), _finite(total, "total")
        if not isinstance(unit, str):
            raise StageError(f"advance() takes a unit such as 'epoch', which is text, got {unit!r}")
        now = time.monotonic()
        if now - self._told < TELL_SECONDS and done < total:
            return
        self._told = now
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
        """Stop the run where a file of the stage's code, or one that it reads, changed.

        A result's key names both as they were when it was planned; what is imported or read since
        may be something else.

        Raises:
            SourceChanged: naming the file.
        """
        path = self._task.changed()
        if path is not None:
            self._run.stop(changed=path.as_posix())
            raise SourceChanged(path.as_posix())

    def _put(self, cell: Cell, emission: Emission, remark: Mapping[str, str] | None = None) -> None:
        """Store what a stage handed over. Every result of every back end comes through here.

        So this is the place to compare what the process has loaded by now with what the result's
        key says: the stage has computed, and nothing of it is stored yet.

        Raises:
            SourceChanged: the code is no longer what the key says.
            StageError: something else was handed over for the same result.
        """
        self.check_code()
        if known := self.emitted.get(cell.key):
            known.check_same(cell, emission, self._store)
            return
        vouching.settle()
        self._saved = time.monotonic()
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
        spent = call.cost
        if self.start:
            spent -= self._planner.at(cell, self.start).call.cost
        return {
            "stage": call.stage.name,
            "parameters": plain(call.parameters),
            "seed": cell.seed,
            "lane": cell.lane,
            "inputs": {name: input_cell.key for name, input_cell in cell.inputs.items()},
            "replicas": [replica_of(lane) for lane in self.lanes],
            "start": self.start,
            "code": self._task.code[call.stage.implementation],
            "numerics": self._task.numerics.as_dict(),
            "dependencies": self._task.surroundings.of(call),
            "packages": self._packages,
            "seconds": (self._clock() - self._spent) / max(len(self.lanes), 1),
            "cost": spent,
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
