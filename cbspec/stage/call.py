"""Stage calls: what is computed, seed left open."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from cbspec.stage.declaration import Parameters, Stage
from cbspec.stage.file import files_of


@dataclass(frozen=True, eq=False)
class Call:
    """A stage with its parameters and inputs.

    Two calls are equal where their digests are: ``batches: 1`` and ``batches: 1.0`` are two calls,
    though Python's 1 equals 1.0, and True, too.
    """

    stage: Stage
    parameters: Parameters
    inputs: Mapping[str, Call] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        # A stage is sent to other processes by its name: what it is for this call follows there
        return _of_call, (self.stage, self.parameters, self.inputs)

    @cached_property
    def digest(self) -> str:
        """Return the hex SHA-256 of stage name, parameters and inputs; it does not depend on code,
        seed and numerics.
        """
        return _digest([self.stage.name, plain(self.parameters), _digests(self.inputs)])

    @cached_property
    def trajectory(self) -> str:
        """Return the `digest` without the progress parameter: equal for all points of one run."""
        parameters = plain(self.parameters)
        if self.stage.progress:
            del parameters[self.stage.progress]
        return _digest([self.stage.name, parameters, _digests(self.inputs)])

    @cached_property
    def shape(self) -> str:
        """Return the `trajectory` without the parameters that may vary within a job: equal for arms
        that are one tensor program.
        """
        parameters = plain(self.parameters)
        left_out = set(self.stage.varying)
        if self.stage.progress:
            left_out.add(self.stage.progress)
        for name in left_out:
            del parameters[name]
        return _digest(
            [self.stage.name, parameters, {name: call.shape for name, call in self.inputs.items()}]
        )

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Return the files that the parameters name, see `File`."""
        return tuple(dict.fromkeys(files_of(self.parameters).values()))

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


def _of_call(stage: Stage, parameters: Parameters, inputs: Mapping[str, Call]) -> Call:
    return Call(stage.of_call(parameters), parameters, inputs)


def _digests(inputs: Mapping[str, Call]) -> dict[str, str]:
    return {name: call.digest for name, call in inputs.items()}


def _digest(content: object) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def stages_of(calls: Iterable[Call]) -> Mapping[str, Stage]:
    """Name -> stage, for every stage that these calls reach, inputs first."""
    return {reached.stage.name: reached.stage for call in calls for reached in calls_of(call)}


def calls_of(call: Call) -> Iterator[Call]:
    """Yield a call and all that it takes, inputs first."""
    for taken in call.inputs.values():
        yield from calls_of(taken)
    yield call


def plain(value: object) -> Any:
    """Return parameters, or a part of them, as builtins that are the same in every process."""
    return msgspec.to_builtins(_ordered(value), order="deterministic")


def canonical(value: object) -> str:
    """Return the JSON that says whether two values are the same: 1, 1.0 and true are not."""
    return json.dumps(plain(value), sort_keys=True)


def _ordered(value: Any) -> Any:
    """Return a value whose sets are lists, in the order of their items' JSON.

    A set has another order in each process, and msgspec sorts only items that Python can compare.
    """
    if isinstance(value, set | frozenset):
        return sorted(map(_ordered, value), key=canonical)
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        ordered = copy.copy(value)
        for name in value.__struct_fields__:
            msgspec.structs.force_setattr(ordered, name, _ordered(getattr(value, name)))
        return ordered
    return value
