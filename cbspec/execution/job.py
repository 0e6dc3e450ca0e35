"""One job as the engine sees it: replicas with their inputs on one side, results into the store on
the other.
"""

from __future__ import annotations

import hashlib
import math
import operator
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cbspec.errors import SourceChanged, StageError, suggestion
from cbspec.execution.plan import Cell, Planner
from cbspec.execution.rundir import RunDirectory, Status
from cbspec.execution.surroundings import installed
from cbspec.fingerprint import Code
from cbspec.stage import Artifact, Call, Parameters, canonical, plain, vouching
from cbspec.store import Store, StoredResult

AUTOSAVE_SECONDS = 120.0  # a killed run loses at most this much of a long trajectory
TELL_SECONDS = 0.25  # four times a second is as live as a person can read
DIVERGED = "diverged"  # the provenance entry that says a replica left the finite numbers


@dataclass(frozen=True)
class Stored:
    """An artifact in the store, its own inputs read when asked for."""

    cell: Cell
    entry: StoredResult
    store: Store

    @property
    def call(self) -> Call:
        return self.cell.call

    @property
    def seed(self) -> int:
        return self.cell.seed

    @property
    def tensors(self) -> Mapping[str, Any]:
        return self.entry.tensors

    @property
    def measures(self) -> Mapping[str, float]:
        return self.entry.measures

    @property
    def series(self) -> Mapping[str, Any]:
        return self.entry.series

    @property
    def inputs(self) -> Mapping[str, Artifact]:
        return {
            name: artifact(input_cell, self.store) for name, input_cell in self.cell.inputs.items()
        }


def artifact(cell: Cell, store: Store) -> Stored:
    """Return the stored result of a cell.

    Raises:
        MissingInput: it is not there any more, for instance because it was damaged and moved to
            quarantine.
    """
    entry = store.get(cell.key)
    if entry is None:
        raise MissingInput(cell)
    return Stored(cell, entry, store)


class MissingInput(Exception):
    """A result that the plan counted as present could not be read."""

    def __init__(self, cell: Cell) -> None:
        self.key = cell.key
        super().__init__(f"{cell} is not stored any more")


@dataclass(frozen=True)
class RunningReplica:
    """One lane of the job; meets `cbspec.stage.Replica`."""

    cell: Cell
    inputs: Mapping[str, Artifact]
    resumed: Artifact | None
    files: Mapping[str, Path]

    @property
    def parameters(self) -> Parameters:
        return self.cell.call.parameters

    @property
    def seed(self) -> int:
        return self.cell.seed

    def path(self, file: str) -> Path:
        """Return where a file lies that one of the parameters names."""
        if file not in self.files:
            raise StageError(
                f"{self.cell}: {file!r} is the value of no parameter of type File"
                f"{suggestion(file, list(self.files))}"
            )
        return self.files[file]


@dataclass
class RunningJob:
    """Meets `cbspec.stage.Job`.

    Args:
        lanes: the last wanted cell of each lane.
        points: the points that claims asked for.
        start: the point that every lane resumes from, 0 for none.
        code: the engine's source code, which may change while the job runs; None where nothing is
            watched.
    """

    label: str
    lanes: Sequence[Cell]
    points: Collection[int]
    start: int
    planner: Planner
    store: Store
    run: RunDirectory
    device: str
    code: Code | None = None
    emitted: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        vouching.begin()
        self._saved = time.monotonic()
        self._told = 0.0
        self._wall, self._spent = time.time(), self._clock()
        self._saving: int | None = None
        self._packages = hashlib.sha256(canonical(installed()).encode()).hexdigest()
        self.replicas = [self._replica(cell) for cell in self.lanes]

    def _clock(self) -> float:
        """Return seconds of computing: waiting for a GPU counts, other processes on the core do
        not.
        """
        return time.process_time() if self.device == "cpu" else time.monotonic()

    def _replica(self, cell: Cell) -> RunningReplica:
        resumed = artifact(self.planner.at(cell, self.start), self.store) if self.start else None
        return RunningReplica(
            cell,
            {name: artifact(input_cell, self.store) for name, input_cell in cell.inputs.items()},
            resumed,
            {name: self.planner.surroundings.place(name, cell.call) for name in cell.call.files},
        )

    def wants(self, point: int) -> bool:
        """Tell whether a claim asked for this point, or the last saved one is long ago."""
        if point in self.points or point == self._saving:
            return True
        if time.monotonic() - self._saved < AUTOSAVE_SECONDS:
            return False
        self._saving = (
            point  # every replica of this point is saved, not only the first one asked about
        )
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
        values, missing = _checked(cell, measures or {}, undefined or {})
        self._put(cell, tensors or {}, values, missing, series or {}, {})

    def _emitting(self, replica: int, point: int) -> Cell:
        """Return the cell that a result belongs to: a replica of this job, at a point on its
        way.
        """
        if replica not in range(len(self.lanes)):
            raise StageError(
                f"{self.label}: emits replica {replica} of {len(self.lanes)}, counted from 0"
            )
        lane = self.lanes[replica]
        try:
            whole = operator.index(point)
        except TypeError:
            raise StageError(f"{lane}: emits at the point {point!r}, which is no integer") from None
        if not self.start <= whole <= lane.call.point:
            raise StageError(
                f"{lane}: emits at the point {whole}, not from {self.start} to {lane.call.point}"
            )
        return self.planner.at(lane, whole)

    def diverge(self, replica: int, reason: str) -> None:
        """Record that a replica left the finite numbers; every wanted point not yet emitted becomes
        invalid.
        """
        lane = self.lanes[replica]
        for point in self.points:
            cell = self.planner.at(lane, point)
            if cell.key not in self.emitted and not self.store.has(cell.key):
                self.invalidate(cell, f"{lane.call.stage.name} seed {lane.seed} diverged: {reason}")

    def invalidate(self, cell: Cell, reason: str) -> None:
        """Store a cell all of whose measures are undefined for a reason that spreads to whatever
        takes it as input.
        """
        self._put(
            cell, {}, {}, dict.fromkeys(cell.call.stage.measures, reason), {}, {DIVERGED: reason}
        )

    def advance(self, done: float, total: float, unit: str) -> None:
        """Publish progress; leave the stage if the run was asked to stop or its code changed."""
        now = time.monotonic()
        if now - self._told < TELL_SECONDS and done < total:
            return
        self._told = now
        self.run.heed()
        self.check_code()
        self.run.tell(
            Status(
                worker=self.run.worker,
                job=self.label,
                lanes=tuple(cell.lane for cell in self.lanes),
                done=done,
                total=total,
                unit=unit,
                started=self._wall,
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
        path = None
        if self.code is not None:
            path = self.code.changed(self.lanes[0].call.stage.implementation)
        for lane in self.lanes:
            path = path or self.planner.surroundings.changed(lane.call)
        if path is not None:
            self.run.stop(changed=path.as_posix())
            raise SourceChanged(path.as_posix())

    def _put(
        self,
        cell: Cell,
        tensors: Mapping[str, Any],
        measures: Mapping[str, float],
        undefined: Mapping[str, str],
        series: Mapping[str, Any],
        remark: Mapping[str, str],
    ) -> None:
        self.check_code()
        vouching.settle()
        call = cell.call
        self._saved = time.monotonic()
        fingerprint = self.planner.fingerprint(call.stage.implementation)
        self.store.codes.keep(fingerprint.digest, fingerprint.definitions)
        self.store.packages.keep(self._packages, installed())
        spent = call.cost - (self.planner.at(cell, self.start).call.cost if self.start else 0.0)
        provenance = {
            "stage": call.stage.name,
            "parameters": plain(call.parameters),
            "seed": cell.seed,
            "lane": cell.lane,
            "inputs": {name: input_cell.key for name, input_cell in cell.inputs.items()},
            "replicas": [replica_of(lane) for lane in self.lanes],
            "start": self.start,
            "code": fingerprint.digest,
            "numerics": self.planner.numerics.as_dict(),
            "dependencies": self.planner.surroundings.of(call),
            "packages": self._packages,
            "seconds": (self._clock() - self._spent) / max(len(self.lanes), 1),
            "cost": spent,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **remark,
        }
        self.store.put(
            cell.key,
            tensors=tensors,
            measures=measures,
            undefined=undefined,
            series=series,
            provenance=provenance,
        )
        self.emitted[cell.key] = cell.call.point


def replica_of(lane: Cell) -> tuple[str, int, int]:
    """Return what the provenance of a result says of each replica of its job: which trajectory, for
    which seed, how far.

    The last bits depend on all of them, for kernels differ by the size of a batch.
    """
    return lane.call.trajectory[:16], lane.seed, lane.call.point


def _checked(
    cell: Cell, measures: Mapping[str, float], undefined: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Check that every measure of the catalog has either a finite value or a reason why it has
    none.
    """
    declared = cell.call.stage.measures
    if stray := sorted((set(measures) | set(undefined)) - set(declared)):
        raise StageError(
            f"{cell}: emits {', '.join(stray)}, which its catalog entry does not declare"
        )
    if absent := sorted(set(declared) - set(measures) - set(undefined)):
        raise StageError(
            f"{cell}: leaves out {', '.join(absent)}, which its catalog entry declares"
        )
    if both := sorted(set(measures) & set(undefined)):
        raise StageError(f"{cell}: gives {', '.join(both)} a value and a reason to have none")
    for name, reason in undefined.items():
        if not (isinstance(reason, str) and reason):
            raise StageError(
                f"{cell}: {name} is undefined for the reason {reason!r}, which is no text"
            )
    values = {name: _number(cell, name, value) for name, value in measures.items()}
    reasons = dict(undefined)
    for name in [name for name, value in values.items() if not math.isfinite(value)]:
        reasons[name] = f"{cell}: {name} is {values.pop(name)}"
    return values, reasons


def _number(cell: Cell, name: str, value: Any) -> float:
    try:
        return float(value)
    # torch raises a RuntimeError for a tensor of several elements.
    except (TypeError, ValueError, RuntimeError) as error:
        raise StageError(
            f"{cell}: {name} is no number but a {type(value).__name__} ({error})"
        ) from None
