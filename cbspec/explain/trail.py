"""What a stored result was computed from, and when two calls are the same one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.stage import Call, Parameters, canonical
from cbspec.store import ADOPTED

# The fields of a trail that every result's provenance has
TOLD = ("stage", "parameters", "seed", "lane", "inputs", "code", "numerics", "created")


@dataclass(frozen=True, slots=True)
class Trail:
    """What a stored result was computed from, as its provenance tells it."""

    key: str
    stage: str
    parameters: Mapping[str, Any]
    seed: int
    lane: str
    inputs: Mapping[str, str]
    code: str
    numerics: Mapping[str, Any]
    created: str
    dependencies: Dependencies = field(default_factory=Dependencies)
    origin: str = ""
    """The code that computed an adopted result; of any other the code itself."""

    @property
    def adopted(self) -> bool:
        """Tell whether the result was computed by code other than what it is stored for."""
        return self.origin != self.code

    @property
    def device(self) -> object:
        """Return the device family that it was computed on."""
        return self.numerics.get("device")


def identity(call: Call, progress: str | None = None) -> str:
    """Return the hex SHA-256 of a call: equal for calls of equal stage, parameters and inputs."""
    inputs: dict[str, str | None] = {}
    for name, source in call.inputs.items():
        inputs[name] = identity(source)
    return digest_of(call.stage.name, as_stored(call.parameters), inputs, progress)


def as_stored(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as a result's provenance gives them back: a tuple is a list there."""
    stored: dict[str, Any] = json.loads(canonical(parameters))
    return stored


def trajectory(call: Call) -> str:
    """Return the `identity` without the point, equal for all points of a trajectory."""
    return identity(call, call.stage.progress)


def digest_of(
    stage: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str | None],
    progress: str | None,
) -> str:
    """Return the `identity` of a call whose inputs have these.

    Args:
        progress: the parameter to leave out.
    """
    fixed = {name: value for name, value in parameters.items() if name != progress}
    return hashlib.sha256(json.dumps([stage, fixed, inputs], sort_keys=True).encode()).hexdigest()


def same_numerics(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether two results were computed alike, with any torch of one minor version."""
    return {**recorded, "torch": ""} == {**now, "torch": ""} and same_torch(
        recorded.get("torch", ""), now["torch"]
    )


def trail_of(key: str, provenance: Mapping[str, Any]) -> Trail | None:
    """Return what an entry's provenance tells; None where another program wrote it."""
    try:
        fields = {name: provenance[name] for name in TOLD}
        dependencies = msgspec.convert(provenance.get("dependencies", {}), Dependencies)
    except (KeyError, msgspec.ValidationError):
        return None
    origin = provenance.get(ADOPTED, {}).get("code", fields["code"])
    return Trail(key=key, origin=origin, dependencies=dependencies, **fields)
