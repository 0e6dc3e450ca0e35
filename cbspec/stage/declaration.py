"""The declaration of a stage: parameters, inputs, measures, and what its results depend on."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from cbspec.stage.call import Call
    from cbspec.stage.job import Job
    from cbspec.stage.summary import Summary


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base class for the parameters of a stage.

    Annotate each field with its type, range and meaning:
    ``Annotated[int, msgspec.Meta(ge=1, description="hidden width d")] = 256``. Validation and the
    JSON Schema follow from that.
    """


class NoParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a stage that has none."""


def field_of(parameters: Parameters, name: str) -> str:
    """Return the field of a parameter that has this name in claims; ``rename=`` may tell them apart."""
    return parameters.__struct_fields__[parameters.__struct_encode_fields__.index(name)]


Noise = Literal["normal", "lognormal", "bounded", "heavy"]
"""The distribution of a measure over seeds. `cbspec/judge/README.md` says what tests make of it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a stage yields for each replica.

    Args:
        unit: the unit in words (``"accuracy"``, ``"nats"``, ``"cosine"``).
        doc: its meaning, with the source.
        resolution: the smallest difference between two values: 1/N for a share of N, 1 for a count,
            0 for a real number.
        noise: how it varies from seed to seed, by its definition and not by its values.
        why: the reason, if `noise` is not normal.
    """

    unit: str
    doc: str
    resolution: float = 0.0
    noise: Noise = "normal"
    why: str = ""

    @property
    def skewed(self) -> bool:
        """Tell whether the values of one arm, unlike their logarithms, may be skewed."""
        return self.noise in ("heavy", "lognormal")


_UNDECLARED = Measure(unit="", doc="")


def declared(measures: Mapping[str, Measure], name: str) -> Measure:
    """Return what is declared of a measure; the defaults if nothing is."""
    return measures.get(name, _UNDECLARED)


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a stage.

    Args:
        kind: the kind of artifact that it takes; the `Stage.kind` of other stages.
        doc: its meaning.
    """

    kind: str
    doc: str


@dataclass(frozen=True)
class Stage:
    """One kind of computation that claims can ask for.

    Args:
        name: its name in claims.
        doc: one line on what it computes, with its source.
        implementation: ``"module:function"``. The function takes a `Job` and returns nothing.
        parameters: the type of its parameters.
        inputs: input name -> the kind of artifact that the stage takes.
        kind: the kind of artifact that it yields (``"snapshot"``, ``"estimator"``); empty if it
            yields only measures.
        measures: measure name -> unit and meaning.
        progress: the name of the integer parameter that counts the points of a trajectory
            (``"epoch"``). Calls that differ only in it are points of one run: one job computes them
            all, and a later point may continue from an earlier one. Choose a unit that takes a
            moment (epochs, thousands of steps), since a resumed run looks for a stored point at
            every earlier value.
        length: the name of the integer parameter that says where the run ends. A claim cannot ask
            for a later point.
        continues: the name of the input whose run this one continues. A claim cannot ask for an
            earlier point than that one's.
        varying: the parameters in which the replicas of one job may differ.
        cost: returns the floating-point operations of one replica of a call, for forecasts and for
            the order of jobs.
        opens: ``"module:name"`` of the class or function with which later stages read this stage's
            artifacts; see `opener`. It counts as code of this stage: an edit of it makes this stage
            and its users stale, and no other stage.
        for_call: returns the stage for certain parameters, if its measures follow from them.
        declared: the name in the catalog, if `for_call` returns a stage with another name.
        runs: returns the number of runs that exist already, for a stage that reads them from files;
            None if every seed has a run. It is called with the parameters and a function that
            locates a `File`, and raises ValueError if a file cannot be read as the call says.
        items: returns test item -> the replicate that it is part of, itself or its cluster, for a
            stage that reads results item by item; else None. The arms of a claim have the same. It
            is called like `runs`.
        excluded: returns how many replicates of a call are left out without a value, and why. It is
            called like `runs`.
        ids: returns the column of the ids, and the ids, of runs that exist already and are taken by
            the claim's seeds; else None. It is called like `runs`.
        measured: returns what of the parameters decides some measures, apart from the names of
            files; None if all parameters do. Goalposts are compared by it.
        replicates: what a claim over this stage is replicated over, in words.
        clustered: whether a replicate is a cluster of items. Then only the mean over all clusters
            has a meaning.
        reads: whether the stage only reads existing data. Then one job takes all runs of a call.
        summaries: returns measure -> mean, spread and n of a call whose single runs are unknown;
            None if the runs have values.
        versions: installed packages whose version is part of the key. torch's version always is.
        environment: environment variables whose value is part of the key. It is recorded.
        timeout: the seconds that one replica may take; a job may take this for each of its
            replicas. A job that takes longer is killed and fails.
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
    items: Callable[[Any, Callable[[str], Path]], Mapping[str, str]] | None = None
    excluded: Callable[[Any, Callable[[str], Path]], tuple[int, str]] | None = None
    ids: Callable[[Any, Callable[[str], Path]], tuple[str, Sequence[str]]] | None = None
    measured: Callable[[Any, Collection[str]], Any] | None = None
    replicates: str = "seeds"
    clustered: bool = False
    reads: bool = False
    summaries: Callable[[Any], Mapping[str, Summary]] | None = None
    versions: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    timeout: float | None = None

    def of_call(self, parameters: Parameters) -> Stage:
        """Return the stage for these parameters; see `for_call`."""
        return self if self.for_call is None else self.for_call(self, parameters)

    @property
    def implemented(self) -> Callable[[Job[Any]], None]:
        """Import and return the function that `implementation` names."""
        function: Callable[[Job[Any]], None] = _imported(self.implementation)
        return function

    @property
    def opener(self) -> Any:
        """Import and return the class or function that `opens` names."""
        return _imported(self.opens)


def _imported(reference: str) -> Any:
    """Import a module and return one of its names, given as ``"module:name"``."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
