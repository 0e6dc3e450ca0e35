"""The declaration of a stage: parameters, inputs, measures, and what its results depend on."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from cbspec.stage.call import Call
    from cbspec.stage.job import Job
    from cbspec.stage.summary import Summary


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every stage's parameters.

    A field is annotated with its type, its range and its meaning, e.g.
    ``Annotated[int, msgspec.Meta(ge=1, description="hidden width d")] = 256``; its JSON Schema
    comes from there.
    """


class NoParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a stage that has nothing to choose."""


Noise = Literal["normal", "lognormal", "bounded", "heavy"]
"""How a measure varies from seed to seed; `cbspec/judge/README.md` says what follows for tests."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a stage yields.

    Args:
        unit: in words (``"accuracy"``, ``"nats"``, ``"cosine"``).
        doc: its meaning with source.
        resolution: the least difference that two values can have, 1/N for a share of N and 1 for a
            count; 0 for one that never repeats by chance.
        noise: how it varies from seed to seed, known from what it is and not from its values.
        why: the reason for a noise other than normal.
    """

    unit: str
    doc: str
    resolution: float = 0.0
    noise: Noise = "normal"
    why: str = ""


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
        for_call: returns the stage of a call with these parameters, where measures follow from
            them.
        declared: the name that the catalog has it by, where `for_call` gives it another.
        runs: how many runs of a call exist already, no other call's, for a stage that reads them
            from files; None where a run is that of a seed. It takes the parameters and what locates
            a `File`, and raises ValueError where a file cannot be read as the call says.
        items: the test items (or clusters of them) that the arms of a claim share, by their ids, for
            a stage that reads results item by item; None for any other. It takes what `runs` takes.
        replicates: what a claim over such a stage is replicated over, in words.
        clustered: whether a replicate is a cluster of items, of which only the mean over all
            clusters means anything.
        reads: whether it only reads what exists already, so that one job takes all of a call's runs.
        summaries: returns measure -> mean, spread and n of a call whose single runs are not known;
            no test may ask more of them. None where runs have values.
        versions: installed packages whose version, with its build, is part of the key: another one
            makes results stale. torch's always is.
        environment: environment variables whose value is part of the key, and is recorded.
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
    for_call: Callable[[Stage, Any], Stage] | None = None
    declared: str = ""
    runs: Callable[[Any, Callable[[str], Path]], int] | None = None
    items: Callable[[Any, Callable[[str], Path]], Sequence[str]] | None = None
    replicates: str = "seeds"
    clustered: bool = False
    reads: bool = False
    summaries: Callable[[Any], Mapping[str, Summary]] | None = None
    versions: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    timeout: float | None = None

    def of_call(self, parameters: Parameters) -> Stage:
        """Return the stage as it is for these parameters."""
        return self if self.for_call is None else self.for_call(self, parameters)

    @property
    def implemented(self) -> Callable[[Job[Any]], None]:
        """Return what `implementation` names, imported."""
        function: Callable[[Job[Any]], None] = _imported(self.implementation)
        return function

    @property
    def opener(self) -> Any:
        """Return what `opens` names, imported."""
        return _imported(self.opens)


def _imported(reference: str) -> Any:
    """Return what ``"module:name"`` refers to."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
