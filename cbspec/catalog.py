"""The catalog: the stages that claims can call, as the engine declares them.

The settings name the engine. To load its catalog imports no implementation of a stage.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import UnionType
from typing import get_args

import msgspec

from cbspec.config import PACKAGE, Config
from cbspec.errors import ConfigError, described, suggestion
from cbspec.files import ProjectFiles
from cbspec.project_code import declarations, function_of
from cbspec.stage import Input, Measure, Parameters, Stage
from cbspec.stage.declaration import Noise
from cbspec.tables import REPORTED, table_stage

NAME = re.compile(r"[\w.+-]+")
RESERVED = ("stage", "use")  # keys of a stage call that can be no parameter


class UnknownStageError(ConfigError, KeyError):
    """The catalog has no such stage."""

    __str__ = Exception.__str__  # KeyError's would quote the message


class Catalog(Mapping[str, Stage]):
    """A mapping of name -> stage, in the engine's order.

    Attributes:
        files: finds the files that parameters name.
        canary: the scale of the canaries, at which nothing is judged; empty if there are none.

    Raises:
        ConfigError: the stages contradict each other.
    """

    def __init__(
        self,
        stages: Iterable[Stage],
        module: str = "",
        files: ProjectFiles | None = None,
        canary: str = "",
    ) -> None:
        stages = tuple(stages)
        self.files = files or ProjectFiles(Path.cwd())
        self.canary = canary
        mistakes = [*_misnamed(stages)] or [*_mistyped(stages), *_senseless(stages)]
        mistakes = mistakes or list(_unwritable(stages))
        if mistakes := mistakes or list(_contradictions(stages)):
            where = module or "catalog"
            raise ConfigError("\n".join(f"{where}: {mistake}" for mistake in mistakes))
        self._stages = {stage.name: stage for stage in stages}

    def __getitem__(self, name: str) -> Stage:
        try:
            return self._stages[name]
        except KeyError:
            raise UnknownStageError(
                f"unknown stage {name!r}{suggestion(name, list(self._stages))}"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._stages

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def load(config: Config) -> Catalog:
    """Load the catalogs of all engines of a project, as one.

    Assertion kinds are not loaded: a process that only computes does not need them, nor NumPy.

    Raises:
        ConfigError: the module cannot be imported or lies elsewhere, has no ``STAGES``, or its
            stages contradict each other.
    """
    stages: tuple[Stage, ...] = ()
    for module in config.engines:
        stages += declarations(
            config,
            module,
            "engine",
            "STAGES",
            accepts=lambda stage: isinstance(stage, Stage),
            wanted="a tuple of cbspec.stage.Stage",
        )
    table = table_stage(partial(function_of, config, noun="reader"))
    named = ", ".join(config.engines)
    return Catalog((*stages, table, REPORTED), named, config.files, config.canary)


def _misnamed(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield each name that a claim or a file could not have."""
    for stage in stages:
        if not (isinstance(stage.name, str) and NAME.fullmatch(stage.name)):
            yield f"stage {stage.name!r}: a name has letters, digits and _ . + - only"
        for role in ("inputs", "measures"):
            declared = getattr(stage, role)
            for name in declared if isinstance(declared, Mapping) else ():
                if not (isinstance(name, str) and name and name.isprintable()):
                    yield f"stage {stage.name}: {role} {name!r} has no printable name"


def _senseless(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield each value of a declaration that has no meaning."""
    for stage in stages:
        if not (stage.timeout is None or (_number(stage.timeout) and stage.timeout > 0)):
            yield f"stage {stage.name}: timeout {stage.timeout!r} is no number of seconds above 0"
        if not (stage.cost is None or callable(stage.cost)):
            yield f"stage {stage.name}: cost {stage.cost!r} is no function of a call"
        for name in stage.environment if isinstance(stage.environment, tuple | list) else ():
            if not name or "=" in str(name) or "\0" in str(name):
                yield f"stage {stage.name}: environment {name!r} is the name of no variable"
        for name in stage.versions if isinstance(stage.versions, tuple | list) else ():
            if not PACKAGE.fullmatch(str(name)):
                yield f"stage {stage.name}: versions {name!r} is the name of no package"
        for name, measure in stage.measures.items() if isinstance(stage.measures, Mapping) else ():
            if not isinstance(measure, Measure):
                continue
            if not (_number(measure.resolution) and measure.resolution >= 0):
                yield f"stage {stage.name}: measure {name}: resolution {measure.resolution!r} is no number of at least 0"
            if measure.noise not in get_args(Noise):
                known = list(get_args(Noise))
                yield f"stage {stage.name}: measure {name}: unknown noise {measure.noise!r}{suggestion(measure.noise, known)}"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _mistyped(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield each value of a declaration that does not have its annotated type."""
    for stage in stages:
        if not (isinstance(stage.parameters, type) and issubclass(stage.parameters, Parameters)):
            yield f"stage {stage.name}: parameters {stage.parameters!r} is no subclass of cbspec.stage.Parameters"
        for role, reference in (
            ("implementation", stage.implementation),
            ("opens", stage.opens or "module:name"),
        ):
            if not (isinstance(reference, str) and all(reference.partition(":"))):
                yield f"stage {stage.name}: {role} {reference!r} is not of the form 'module:name'"
        for role, declared, kind in (
            ("inputs", stage.inputs, Input),
            ("measures", stage.measures, Measure),
        ):
            if not (
                isinstance(declared, Mapping)
                and all(isinstance(value, kind) for value in declared.values())
            ):
                yield f"stage {stage.name}: {role} {declared!r} is no mapping from names to cbspec.stage.{kind.__name__}"

        for role, names in (("versions", stage.versions), ("environment", stage.environment)):
            if not (isinstance(names, tuple | list) and all(isinstance(n, str) for n in names)):
                yield f"stage {stage.name}: {role} {names!r} is no tuple of names"


def _unwritable(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield each parameter of a type that no value in a claim file can have, such as a Path."""
    for stage in stages:
        try:
            msgspec.json.schema(stage.parameters)
        except Exception as error:  # a TypeError of msgspec, or a NameError of an annotation
            yield f"stage {stage.name}: {_first_unwritable(stage.parameters, error)}"


def _first_unwritable(parameters: type[Parameters], error: Exception) -> str:
    takes = (
        "a claim can write text, numbers, true, false, lists and mappings, and cbspec.stage.File"
    )
    with suppress(Exception):
        for field in msgspec.structs.fields(parameters):
            try:
                msgspec.json.schema(field.type)
            except TypeError:
                union = isinstance(field.type, UnionType)  # which has a name since Python 3.14
                named = field.type if union else getattr(field.type, "__name__", field.type)
                return f"parameter {field.name} has the type {named}: {takes}"
    return f"parameters {parameters.__name__} cannot be read: {described(error)}"


def _contradictions(stages: tuple[Stage, ...]) -> Iterator[str]:
    """Yield the contradictions in the declaration of each stage."""
    kinds = {stage.kind for stage in stages if stage.kind}
    for name, count in Counter(stage.name for stage in stages).items():
        if count > 1:
            yield f"stage {name} is declared {count} times"
    for stage in stages:
        parameters = _parameters(stage.parameters)
        for role, along in (("progress", stage.progress), ("length", stage.length)):
            if along is not None and parameters.get(along) is not int:
                yield f"stage {stage.name}: {role} {along!r} is not an integer parameter"
        if stage.length is not None and stage.progress in (None, stage.length):
            yield f"stage {stage.name}: a length, but no progress that it could end"
        if stage.continues is not None and (
            stage.progress is None or stage.continues not in stage.inputs
        ):
            yield f"stage {stage.name}: continues {stage.continues!r}, which is no input, or has no progress to go on with"
        for name in sorted(stage.varying - parameters.keys()):
            yield f"stage {stage.name}: varying {name!r} is not a parameter"
        for name in parameters.keys() & stage.inputs.keys():
            yield f"stage {stage.name}: {name!r} is a parameter and an input"
        for name in (parameters.keys() | stage.inputs.keys()) & set(RESERVED):
            yield f"stage {stage.name}: {name!r} is a word of the claim language and cannot be a parameter or input"
        for name, taken in stage.inputs.items():
            if taken.kind not in kinds:
                yield f"stage {stage.name}: input {name} takes the kind {taken.kind!r}, which no stage yields"


def _parameters(parameters: type[Parameters]) -> Mapping[str, type | None]:
    """Return parameter name in claims -> ``int`` for a whole number, None for any other type."""
    fields = msgspec.structs.fields(parameters)
    return {field.encode_name: int if _whole(field.type) else None for field in fields}


def _whole(declared: object) -> bool:
    info = msgspec.inspect.type_info(declared)
    while isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    return isinstance(info, msgspec.inspect.IntType)
