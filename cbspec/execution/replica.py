"""One lane of a job: what a stage sees of it, and what a result says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cbspec.errors import StageError, suggestion
from cbspec.execution.cell import Cell
from cbspec.stage import Artifact, Parameters


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


def replica_of(lane: Cell) -> tuple[str, int, int]:
    """Return what the provenance of a result says of each replica of its job: which trajectory, for
    which seed, how far.

    The last bits depend on all of them, for kernels differ by the size of a batch.
    """
    return lane.call.trajectory[:16], lane.seed, lane.call.point
