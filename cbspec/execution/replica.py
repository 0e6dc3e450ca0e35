"""One replica of a running job: a lane as the engine's stage function sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cbspec.errors import StageError, suggestion
from cbspec.execution.artifact import artifact, inputs_of
from cbspec.execution.cell import Cell
from cbspec.execution.surroundings import Surroundings
from cbspec.stage import Artifact, Parameters, canonical
from cbspec.store import Store


@dataclass(frozen=True)
class RunningReplica:
    """One lane of a running job. Implements `cbspec.stage.Replica`.

    Attributes:
        cell: the last wanted cell of the lane.
        inputs: input name -> the stored result that the stage reads.
        resumed: the stored result that the trajectory continues from; None at the start.
        files: file as the claim names it -> its path on this machine.
    """

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
        """Return the path on this machine of a file that a parameter names.

        Raises:
            StageError: no parameter of type `File` has this value.
        """
        if file not in self.files:
            raise StageError(
                f"{self.cell}: {file!r} is the value of no parameter of type File"
                f"{suggestion(file, list(self.files))}"
            )
        return self.files[file]


def running_replica(
    cell: Cell, resumed: Cell | None, surroundings: Surroundings, store: Store
) -> RunningReplica:
    """Return the replica of a lane, with what it reads from the store.

    Args:
        cell: the last wanted cell of the lane.
        resumed: the stored cell that the trajectory continues from; None at the start.
        surroundings: knows where declared files lie.
        store: holds the inputs.

    Raises:
        MissingInput: an input is not stored any more.
    """
    files = {}
    for name in cell.call.files:
        files[name] = surroundings.place(name, cell.call)
    before = artifact(resumed, store) if resumed else None
    return RunningReplica(cell, inputs_of(cell, store), before, files)


def replica_of(lane: Cell) -> tuple[str, int, int]:
    """Return (trajectory digest, seed, last point) of a lane, for the provenance of a result.

    A result records these of every replica of its job, because its last bits depend on them: a GPU
    picks other kernels for other batch sizes.
    """
    return lane.call.trajectory[:16], lane.seed, lane.call.point


def seed_of(lanes: Sequence[Cell], start: int) -> str:
    """Return the hex SHA-256 that seeds the generators which all replicas of a job share.

    It follows from the first replica and the point that the job resumes from. Two jobs never draw
    the same numbers, and the provenance of a result has all that it takes to draw them again.

    Args:
        lanes: the lanes of the job, in their order.
        start: the point that they resume from.
    """
    return hashlib.sha256(canonical([*replica_of(lanes[0]), start]).encode()).hexdigest()
