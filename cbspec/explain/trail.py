"""Trails: what a stored result was computed from, and the identity of its call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.stage import Call, Parameters, canonical
from cbspec.store import ADOPTED

# The fields of a trail that every result's provenance has
TOLD = ("stage", "parameters", "seed", "lane", "inputs", "code", "numerics", "created")


@dataclass(frozen=True, slots=True)
class Trail:
    """What a stored result was computed from, by its provenance."""

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
        """Tell whether the result was computed by other code than its key names."""
        return self.origin != self.code

    @property
    def device(self) -> object:
        """Return the device family that the result was computed on."""
        return self.numerics.get("device")


@cache
def identity(call: Call, progress: str | None = None) -> str:
    """Return the hex SHA-256 of a call's stage, parameters and inputs, as provenances have them."""
    inputs: dict[str, str | None] = {}
    for name, source in call.inputs.items():
        inputs[name] = identity(source)
    return digest_of(call.stage.name, as_stored(call.parameters), inputs, progress)


def as_stored(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as a provenance has them, with lists for tuples."""
    stored: dict[str, Any] = json.loads(canonical(parameters))
    return stored


def trajectory(call: Call) -> str:
    """Return the `identity` without the point. All points of a trajectory share it."""
    return identity(call, call.stage.progress)


def digest_of(
    stage: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str | None],
    progress: str | None,
) -> str:
    """Return the `identity` of a call, given the identities of its inputs.

    Args:
        stage: the name of the stage.
        parameters: its parameters.
        inputs: input name -> identity.
        progress: the progress parameter, to leave it out.
    """
    fixed = {name: value for name, value in parameters.items() if name != progress}
    return hashlib.sha256(json.dumps([stage, fixed, inputs], sort_keys=True).encode()).hexdigest()


def same_numerics(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether two numerics are equal; see `same_torch` for the versions of torch."""
    return {**recorded, "torch": ""} == {**now, "torch": ""} and same_torch(
        recorded.get("torch", ""), now["torch"]
    )


def trail_of(key: str, provenance: Mapping[str, Any]) -> Trail | None:
    """Return the trail of an entry; None if another program wrote its provenance."""
    try:
        fields = {name: provenance[name] for name in TOLD}
        dependencies = msgspec.convert(provenance.get("dependencies", {}), Dependencies)
    except (KeyError, msgspec.ValidationError):
        return None
    origin = provenance.get(ADOPTED, {}).get("code", fields["code"])
    return Trail(key=key, origin=origin, dependencies=dependencies, **fields)
