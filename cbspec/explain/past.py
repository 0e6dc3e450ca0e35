"""What the store holds, by stage call: for telling what is stale from what was never computed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from cbspec.execution.refiling import REFILED
from cbspec.explain.cause import value_causes
from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.stage import Call, Parameters, canonical
from cbspec.store import ADOPTED, Store

FOREIGN = 1000  # more than any two calls of the same stages can differ in


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


class Past:
    """The stored results of one store, read once, when first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._identities: dict[tuple[str, str | None], str | None] = {}

    @cached_property
    def trails(self) -> Mapping[str, Trail]:
        """Return key -> trail, of every entry that is intact and tells where it comes from. One
        that is stored under a later key as well has that one.
        """
        keys = [holding.key for holding in self._store.ls()]
        entries = ((key, self._store.get(key, touch=False)) for key in keys)
        read: dict[str, Trail] = {}
        superseded: set[object] = set()
        for key, entry in entries:
            trail = _trail(key, entry.provenance) if entry is not None else None
            if entry is not None and trail is not None:
                read[key] = trail
                superseded.add(entry.provenance.get(REFILED))
        return {key: trail for key, trail in read.items() if key not in superseded}

    @cached_property
    def _by_stage(self) -> Mapping[tuple[str, int], list[Trail]]:
        """Return (stage, seed) -> trails, newest first."""
        trails: dict[tuple[str, int], list[Trail]] = defaultdict(list)
        for trail in sorted(
            self.trails.values(), key=lambda trail: (trail.created, trail.key), reverse=True
        ):
            trails[trail.stage, trail.seed].append(trail)
        return trails

    @cached_property
    def _by_lane(self) -> Mapping[str, list[Trail]]:
        """Return lane -> trails, newest first."""
        trails: dict[str, list[Trail]] = defaultdict(list)
        for trail in chain.from_iterable(self._by_stage.values()):
            trails[trail.lane].append(trail)
        return trails

    def same(self, call: Call, seed: int, device: str) -> Trail | None:
        """Return the newest result of this very call for this seed, whatever code, version and
        threads it was computed with.
        """
        wanted = identity(call)
        trails = self._by_stage.get((call.stage.name, seed), ())
        return next(
            (
                trail
                for trail in trails
                if self._identity(trail.key) == wanted and _device(trail) == device
            ),
            None,
        )

    def computed(
        self, call: Call, seed: int, numerics: Mapping[str, Any], dependencies: Dependencies
    ) -> list[Trail]:
        """Return every result of this very call for this seed with these numerics and dependencies,
        newest first, of whatever code.
        """
        wanted = identity(call)
        trails = self._by_stage.get((call.stage.name, seed), ())
        return [
            trail
            for trail in trails
            if _same_numerics(trail.numerics, numerics)
            and trail.dependencies == dependencies
            and self._identity(trail.key) == wanted
        ]

    def near(self, call: Call, seed: int, device: str, wanted: Collection[str]) -> Trail | None:
        """Return the newest result of the call that differs least from this one and that no claim
        asks for any more.

        Args:
            wanted: the trajectories of everything that claims ask for now (see `trajectory`):
                results that lie on them were saved on the way.
        """
        best: tuple[int, Trail] | None = None
        for trail in self._by_stage.get((call.stage.name, seed), ()):
            if (
                _device(trail) == device
                and self._identity(trail.key, call.stage.progress) not in wanted
            ):
                apart = self._distance(call, trail.key)
                if apart < FOREIGN and (best is None or apart < best[0]):
                    best = apart, trail
        return best[1] if best else None

    def of_digest(self, digest: str) -> Trail | None:
        """Return a result of the call with this digest (`Call.digest`), or its first digits; None
        where none is stored.
        """
        for trail in self.trails.values():
            if (self._identity(trail.key) or "").startswith(digest):
                return trail
        return None

    def differences(self, trail: Trail, call: Call, prefix: str = "") -> tuple[str, ...]:
        """Return what differs between the call behind a result and another one:
        ``"plant: light: 2.0 -> 3.0"``.
        """
        if trail.stage != call.stage.name:
            return (f"{prefix}stage: {trail.stage} -> {call.stage.name}",)
        texts = [
            f"{prefix}{cause.text}"
            for cause in value_causes("parameter", trail.parameters, as_stored(call.parameters))
        ]
        for name, source in call.inputs.items():
            below = self.trails.get(trail.inputs.get(name, ""))
            if below is not None and self._identity(below.key) != identity(source):
                texts += self.differences(below, source, f"{prefix}{name}: ")
        return tuple(texts)

    def points(self, lane: str, progress: str) -> list[int]:
        """Return the stored points of a lane, newest first."""
        return [trail.parameters[progress] for trail in self._by_lane.get(lane, ())]

    def _identity(self, key: str, progress: str | None = None) -> str | None:
        """Return the `identity` of the call behind a result; None if one of its inputs is no longer
        stored.

        Args:
            progress: the parameter to leave out, for the `trajectory` instead.
        """
        if (key, progress) not in self._identities:
            trail = self.trails.get(key)
            inputs: dict[str, str | None] = {}
            for name, input_key in trail.inputs.items() if trail else ():
                inputs[name] = self._identity(input_key)
            of_key = None
            if trail is not None and None not in inputs.values():
                of_key = _identity(trail.stage, trail.parameters, inputs, progress)
            self._identities[key, progress] = of_key
        return self._identities[key, progress]

    def _distance(self, call: Call, key: str) -> int:
        """Return in how many parameters a stored result's call differs, inputs and their inputs
        included.
        """
        trail = self.trails.get(key)
        if (
            trail is None
            or trail.stage != call.stage.name
            or trail.inputs.keys() != call.inputs.keys()
        ):
            return FOREIGN
        parameters = as_stored(call.parameters)
        different: int = sum(
            canonical(parameters.get(name)) != canonical(trail.parameters.get(name))
            for name in {**parameters, **trail.parameters}
        )
        return different + sum(
            self._distance(below, trail.inputs[name]) for name, below in call.inputs.items()
        )


def identity(call: Call, progress: str | None = None) -> str:
    """Return the hex SHA-256 of a call: equal for calls of equal stage, parameters and inputs."""
    inputs: dict[str, str | None] = {name: identity(source) for name, source in call.inputs.items()}
    return _identity(call.stage.name, as_stored(call.parameters), inputs, progress)


def as_stored(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as a result's provenance gives them back: a tuple is a list there."""
    stored: dict[str, Any] = json.loads(canonical(parameters))
    return stored


def trajectory(call: Call) -> str:
    """Return the `identity` without the point, equal for all points of a trajectory."""
    return identity(call, call.stage.progress)


def _identity(
    stage: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str | None],
    progress: str | None,
) -> str:
    fixed = {name: value for name, value in parameters.items() if name != progress}
    return hashlib.sha256(json.dumps([stage, fixed, inputs], sort_keys=True).encode()).hexdigest()


def _same_numerics(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return {**recorded, "torch": ""} == {**now, "torch": ""} and same_torch(
        recorded.get("torch", ""), now["torch"]
    )


def _device(trail: Trail) -> object:
    return trail.numerics.get("device")


def _trail(key: str, provenance: Mapping[str, Any]) -> Trail | None:
    optional = ("key", "origin", "dependencies")
    names = [name for name in Trail.__dataclass_fields__ if name not in optional]
    try:
        fields = {name: provenance[name] for name in names}
        dependencies = msgspec.convert(provenance.get("dependencies", {}), Dependencies)
    except (KeyError, msgspec.ValidationError):  # an entry that another program put there
        return None
    origin = provenance.get(ADOPTED, {}).get("code", fields["code"])
    return Trail(key=key, origin=origin, dependencies=dependencies, **fields)
