"""The declaration of stages: the one module of the harness that an engine imports.

An engine is a module with a tuple ``STAGES`` of `Stage` objects. Declaring costs nothing heavy: a
stage names its implementation as ``"module:function"`` and the harness imports it only when the
stage runs.

The harness calls the implementation with a `Job`: several replicas (seeds, and on wide devices also
compatible arms) of one stage call, to be computed together as one tensor program. Results are
handed back per replica with `Job.emit`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every stage's parameters.

    A field is annotated with its type, its range and its meaning, e.g.
    ``Annotated[int, msgspec.Meta(ge=1, description="hidden width d")] = 256``; its JSON Schema
    comes from there.
    """


class NoParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a stage that has nothing to choose."""


P_co = TypeVar("P_co", bound=Parameters, covariant=True)


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a stage yields: its unit in words (``"accuracy"``, ``"nats"``, ``"cosine"``)
    and its meaning with source.
    """

    unit: str
    doc: str


@dataclass(frozen=True, slots=True)
class Input:
    """A stage's input: the kind of artifact it takes (another stage's `Stage.kind`)."""

    kind: str
    doc: str


@dataclass(frozen=True)
class Stage:
    """One kind of computation that claims can ask for.

    Args:
        name: the word that claims use.
        doc: one line on what it computes, with its source.
        implementation: ``"module:function"``; the function takes a `Job` and returns nothing.
        parameters: the type of its parameters.
        inputs: input name -> the kind of artifact taken.
        kind: the kind of artifact it yields (``"snapshot"``, ``"estimator"``), or ``""`` when it
            yields only measures.
        measures: measure name -> unit and meaning.
        progress: the name of the integer parameter along which results lie on one trajectory
            (``"epoch"``): calls that differ in it alone are points of one run, computed by one job,
            and a later point may continue from an earlier one. Count what takes a moment (epochs,
            thousands of steps): an interrupted run looks at every earlier point for one saved.
        length: the name of the integer parameter that says where the run ends: no claim can ask for
            a later point.
        continues: the name of the input whose run this one goes on from: no claim can ask for a
            point before that one's.
        varying: parameters in which the replicas of one job may differ (arms that are one tensor
            program).
        cost: floating-point operations of one replica of a call, for forecasts and for the longest
            path.
        opens: ``"module:name"`` of what reads this stage's artifacts for later stages (an
            estimator's or a task's class), see `opener`. It counts as this stage's code: an edit to
            it makes stale what uses this stage, and nothing else.
        timeout: how many seconds computing one replica may take at most; a job of several has as
            many times as long. A job that exceeds it is ended, and fails with the stage's name.
    """

    name: str
    doc: str
    implementation: str
    parameters: type[Parameters] = NoParameters
    inputs: Mapping[str, Input] = field(default_factory=dict)
    kind: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    progress: str | None = None
    length: str | None = None
    continues: str | None = None
    varying: frozenset[str] = frozenset()
    cost: Callable[[Call], float] | None = None
    opens: str = ""
    timeout: float | None = None

    @property
    def implemented(self) -> Callable[[Job[Any]], None]:
        """Return what `implementation` names, imported."""
        function: Callable[[Job[Any]], None] = _imported(self.implementation)
        return function

    @property
    def opener(self) -> Any:
        """Return what `opens` names, imported."""
        return _imported(self.opens)


@dataclass(frozen=True)
class Call:
    """A stage with canonical parameters and inputs: what is computed, seed left open."""

    stage: Stage
    parameters: Parameters
    inputs: Mapping[str, Call] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Return the hex SHA-256 of stage name, parameters and inputs; it does not depend on code,
        seed and numerics.
        """
        return _digest([self.stage.name, _plain(self.parameters), _digests(self.inputs)])

    @cached_property
    def trajectory(self) -> str:
        """Return the `digest` without the progress parameter: equal for all points of one run."""
        parameters = _plain(self.parameters)
        if self.stage.progress:
            del parameters[self.stage.progress]
        return _digest([self.stage.name, parameters, _digests(self.inputs)])

    @cached_property
    def shape(self) -> str:
        """Return the `trajectory` without the parameters that may vary within a job: equal for arms
        that are one tensor program.
        """
        parameters = _plain(self.parameters)
        left_out = set(self.stage.varying)
        if self.stage.progress:
            left_out.add(self.stage.progress)
        for name in left_out:
            del parameters[name]
        return _digest(
            [self.stage.name, parameters, {name: call.shape for name, call in self.inputs.items()}]
        )

    @property
    def point(self) -> int:
        """Return where on its trajectory the call lies; 0 for a stage without progress."""
        return int(getattr(self.parameters, self.stage.progress)) if self.stage.progress else 0

    @property
    def cost(self) -> float:
        """Return the floating-point operations of one replica; 1 if the stage does not declare
        them.
        """
        return float(self.stage.cost(self)) if self.stage.cost else 1.0


def _imported(reference: str) -> Any:
    """Return what ``"module:name"`` refers to."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def _digests(inputs: Mapping[str, Call]) -> dict[str, str]:
    return {name: call.digest for name, call in inputs.items()}


def _plain(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as builtins. A set has no order of its own, and each process another one."""
    plain: dict[str, Any] = msgspec.to_builtins(parameters, order="deterministic")
    return plain


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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


def stages_of(calls: Iterable[Call]) -> Mapping[str, Stage]:
    """Name -> stage, for every stage that these calls reach, inputs first."""
    return {reached.stage.name: reached.stage for call in calls for reached in calls_of(call)}


def calls_of(call: Call) -> Iterator[Call]:
    """Yield a call and all that it takes, inputs first."""
    for taken in call.inputs.values():
        yield from calls_of(taken)
    yield call
