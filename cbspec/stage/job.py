"""What a stage's implementation sees of a job: its replicas with their inputs, and where results
go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cbspec.stage.declaration import Parameters

if TYPE_CHECKING:
    from cbspec.stage.call import Call

P_co = TypeVar("P_co", bound=Parameters, covariant=True)


class Artifact(Protocol):
    """What one replica of a stage call left behind."""

    @property
    def call(self) -> Call: ...

    @property
    def seed(self) -> int: ...

    @property
    def tensors(self) -> Mapping[str, Any]:
        """Name -> CPU tensor without replica axis."""

    @property
    def measures(self) -> Mapping[str, float]: ...

    @property
    def series(self) -> Mapping[str, Any]:
        """Name -> JSON content (per-layer values, curves, counts)."""

    @property
    def inputs(self) -> Mapping[str, Artifact]:
        """Return the artifacts that this one was computed from."""


class Replica(Protocol[P_co]):
    """One replica of a job: a call for one seed."""

    @property
    def parameters(self) -> P_co:
        """Return the stage's `Parameters`; in a stage with progress the progress parameter is the
        last point wanted.
        """

    @property
    def seed(self) -> int: ...

    @property
    def inputs(self) -> Mapping[str, Artifact]: ...

    def path(self, file: str) -> Path:
        """Return where a file lies that one of the parameters names (a `File`)."""

    @property
    def resumed(self) -> Artifact | None:
        """Return the point of this trajectory to continue from, None to start anew."""


class Job(Protocol[P_co]):
    """Replicas to be computed together, e.g. ``Job[Walk]`` of a stage whose parameters are `Walk`.

    All agree in shape (`Call.shape`) and in `start`.
    """

    @property
    def replicas(self) -> Sequence[Replica[P_co]]: ...

    @property
    def device(self) -> str:
        """Return the name of a device family, such as ``"cpu"`` or ``"cuda"``."""

    @property
    def start(self) -> int:
        """Return the point that every ``replica.resumed`` holds; 0 if all start anew."""

    def wants(self, point: int) -> bool:
        """Tell whether to emit at this point: a claim asked for it, or the last saved one is long
        ago.
        """

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
        """Store one replica's result.

        Args:
            replica: index into `replicas`.
            point: where on the trajectory, for a stage with progress.
            tensors: what later stages take as input: torch tensors, CPU or device, without replica
                axis.
            measures: every measure of the catalog entry that is defined here, finite.
            undefined: measure -> why it has no value here (reference below numerical resolution,
                ...).
            series: further JSON content.
        """

    def diverge(self, replica: int, reason: str) -> None:
        """Record that a replica left the finite numbers: its remaining points, and all that is
        computed from it, are invalid.

        A finding about the run, not an error of the program; the other replicas go on. ``reason``
        names where, e.g. ``"loss not finite in epoch 3"``.
        """

    def advance(self, done: float, total: float, unit: str) -> None:
        """Tell progress, e.g. ``advance(3, 20, "epoch")``; cheap, call it freely.

        Where the run was asked to stop it raises `cbspec.errors.Stopped`: let it through.
        """
