"""The interfaces that a stage's implementation works with: job, replica and artifact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cbspec.stage.declaration import Parameters

if TYPE_CHECKING:
    from cbspec.stage.call import Call

P_co = TypeVar("P_co", bound=Parameters, covariant=True)


class Artifact(Protocol):
    """The stored result of one replica of a stage call."""

    @property
    def call(self) -> Call: ...

    @property
    def seed(self) -> int: ...

    @property
    def tensors(self) -> Mapping[str, Any]:
        """Return name -> CPU tensor, without a replica axis."""

    @property
    def measures(self) -> Mapping[str, float]: ...

    @property
    def series(self) -> Mapping[str, Any]:
        """Return name -> JSON content, such as values by layer, curves or counts."""

    @property
    def inputs(self) -> Mapping[str, Artifact]:
        """Return the artifacts that this one was computed from."""


class Replica(Protocol[P_co]):
    """One replica of a job: a stage call for one seed."""

    @property
    def parameters(self) -> P_co:
        """Return the parameters of the call. The progress parameter is the last wanted point."""

    @property
    def seed(self) -> int: ...

    @property
    def inputs(self) -> Mapping[str, Artifact]: ...

    def path(self, file: str) -> Path:
        """Return the path on this machine of a `File` among the parameters."""

    @property
    def resumed(self) -> Artifact | None:
        """Return the stored point to continue from; None to start from the beginning."""


class Job(Protocol[P_co]):
    """Replicas to be computed together. They agree in their shapes (`Call.shape`) and in `start`.

    A stage whose parameters are `Walk` takes a ``Job[Walk]``.
    """

    @property
    def replicas(self) -> Sequence[Replica[P_co]]: ...

    @property
    def device(self) -> str:
        """Return the name of a device family, such as ``"cpu"`` or ``"cuda"``."""

    @property
    def start(self) -> int:
        """Return the point that every replica continues from; 0 if all start from the beginning."""

    def wants(self, point: int) -> bool:
        """Tell whether to emit this point: a claim reads it, or the last save is long ago."""

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
        """Store the result of one replica at one point.

        Every measure of the stage needs either a finite value or a reason why it has none.

        Args:
            replica: the index in `replicas`.
            point: the point on the trajectory, for a stage with progress.
            tensors: name -> torch tensor for later stages, on any device, without a replica axis.
            measures: measure -> finite value.
            undefined: measure -> why it has no value (reference below numerical resolution, ...).
            series: name -> further JSON content.
        """

    def diverge(self, replica: int, reason: str) -> None:
        """Record that a replica left the finite numbers, while the other replicas go on.

        Its remaining points become invalid, and so does all that is computed from it. This is a
        finding about the run, not an error of the program.

        Args:
            replica: the index in `replicas`.
            reason: where it happened, as in ``"loss not finite in epoch 3"``.
        """

    def advance(self, done: float, total: float, unit: str) -> None:
        """Report progress, as in ``advance(3, 20, "epoch")``. Call it often; it costs little.

        It raises `cbspec.errors.Stopped` if the run was asked to stop. Do not catch that.
        """
