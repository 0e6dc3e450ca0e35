"""Stage calls: a stage with its parameters and inputs, but without a seed."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from cbspec.stage.declaration import Measure, Parameters, Stage, field_of
from cbspec.stage.file import files_of


@dataclass(frozen=True, eq=False)
class Call:
    """A stage with its parameters and inputs.

    Two calls are equal if their digests are. So ``batches: 1`` and ``batches: 1.0`` are different
    calls, although 1 == 1.0 in Python.

    Attributes:
        stage: the stage.
        parameters: its parameters.
        inputs: input name -> the call whose artifact it takes.
    """

    stage: Stage
    parameters: Parameters
    inputs: Mapping[str, Call] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle has the stage as the catalog names it; `of_call` is applied where it is loaded
        return _of_call, (self.stage, self.parameters, self.inputs)

    @cached_property
    def digest(self) -> str:
        """Return the hex SHA-256 of stage name, parameters and inputs. Code is no part of it."""
        return _digest([self.stage.name, plain(self.parameters), _digests(self.inputs)])

    def measuring(self, measures: Collection[str], *, named: bool) -> str:
        """Return the digest without the parameters that decide none of some measures; the whole
        digest if the stage does not tell them (`Stage.measured`).

        Args:
            measures: the measures.
            named: whether the names of files count.
        """
        if self.stage.measured is None:
            return self.digest
        decides = self.stage.measured(self.parameters, measures)
        files = self.files if named else ()
        return _digest([self.stage.name, decides, files, _digests(self.inputs)])

    @cached_property
    def trajectory(self) -> str:
        """Return the digest without the progress parameter. All points of a run share it."""
        parameters = plain(self.parameters)
        if self.stage.progress:
            del parameters[self.stage.progress]
        return _digest([self.stage.name, parameters, _digests(self.inputs)])

    @cached_property
    def shape(self) -> str:
        """Return the digest without the parameters that may differ within a job.

        Arms that share it can be computed as one tensor program.
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
        """Return the files that the parameters name; see `File`."""
        return tuple(dict.fromkeys(files_of(self.parameters).values()))

    @property
    def point(self) -> int:
        """Return the value of the progress parameter; 0 for a stage without progress."""
        if not self.stage.progress:
            return 0
        return int(getattr(self.parameters, field_of(self.parameters, self.stage.progress)))

    @property
    def cost(self) -> float:
        """Return the floating-point operations of one replica; 1 if the stage declares no cost.

        Raises:
            ValueError: the stage declares what is no cost; whatever its function raises, besides.
        """
        if self.stage.cost is None:
            return 1.0
        cost = float(self.stage.cost(self))
        if not 0 <= cost < math.inf:
            raise ValueError(f"the cost of {self.stage.name} must be finite and at least 0: {cost}")
        return cost


def _of_call(stage: Stage, parameters: Parameters, inputs: Mapping[str, Call]) -> Call:
    return Call(stage.of_call(parameters), parameters, inputs)


def _digests(inputs: Mapping[str, Call]) -> dict[str, str]:
    return {name: call.digest for name, call in inputs.items()}


def _digest(content: object) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def stages_of(calls: Iterable[Call]) -> Mapping[str, Stage]:
    """Return name -> stage, for the stages of these calls and of all their inputs, inputs first."""
    return {reached.stage.name: reached.stage for call in calls for reached in calls_of(call)}


def declared_by(calls: Iterable[Call]) -> dict[str, Measure]:
    """Return measure -> its declaration, for all measures of some calls.

    A publication tells neither noise nor resolution. So what it declares counts only where it alone
    has the measure.
    """
    published: dict[str, Measure] = {}
    computed: dict[str, Measure] = {}
    for call in calls:
        if call.stage.summaries is None:
            computed |= call.stage.measures
        else:
            published |= call.stage.measures
    return published | computed


def calls_of(call: Call) -> Iterator[Call]:
    """Yield a call and all its direct and indirect inputs, inputs first."""
    for source in call.inputs.values():
        yield from calls_of(source)
    yield call


def plain(value: object) -> Any:
    """Return parameters, or a part of them, as built-in types in an order that never changes."""
    return msgspec.to_builtins(_ordered(value), order="deterministic")


def canonical(value: object) -> str:
    """Return JSON that is equal for equal values. It differs for 1, 1.0 and true."""
    return json.dumps(plain(value), sort_keys=True)


def _ordered(value: Any) -> Any:
    """Return a value with its sets as lists, sorted by the JSON of their items."""
    # The order of a set differs between processes, and msgspec sorts a set only if Python can
    # compare its items
    if isinstance(value, set | frozenset):
        return sorted(map(_ordered, value), key=canonical)
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        if value.__struct_config__.omit_defaults:
            return _all_fields(value)
        ordered = copy.copy(value)
        for name in value.__struct_fields__:
            msgspec.structs.force_setattr(ordered, name, _ordered(getattr(value, name)))
        return ordered
    return value


def _all_fields(value: msgspec.Struct) -> Any:
    """Return what msgspec makes of a struct with ``omit_defaults``, but with the defaults in it.

    A default that changes has to change the key.
    """
    config = value.__struct_config__
    content = {}
    if config.tag_field is not None:
        content[config.tag_field] = config.tag
    for encoded, name in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True):
        item = getattr(value, name)
        if item is not msgspec.UNSET:
            content[encoded] = _ordered(item)
    return list(content.values()) if config.array_like else content
