"""The stored results by stage call, to distinguish stale results from ones never computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

from cbspec.execution.refiling import REFILED
from cbspec.explain.cause import value_causes
from cbspec.explain.trail import Trail, as_stored, digest_of, identity, same_numerics, trail_of
from cbspec.model.dependencies import Dependencies
from cbspec.stage import Call, canonical
from cbspec.store import Store

UNRELATED = 1000  # a distance greater than that of any two calls of the same stage


class Past:
    """An index of the results of a store, made when first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._identities: dict[tuple[str, str | None], str | None] = {}

    @cached_property
    def trails(self) -> Mapping[str, Trail]:
        """Return key -> trail, for every intact entry that names its origin.

        A result that was stored again under a later key has the later one.
        """
        trails: dict[str, Trail] = {}
        refiled: set[str] = set()
        for holding in self._store.ls():
            entry = self._store.get(holding.key, touch=False)
            if entry is None:
                continue
            if trail := trail_of(holding.key, entry.provenance):
                trails[holding.key] = trail
                refiled.add(entry.provenance.get(REFILED, ""))
        for key in refiled:
            trails.pop(key, None)
        return trails

    @cached_property
    def _by_stage(self) -> Mapping[tuple[str, int], list[Trail]]:
        """Return (stage, seed) -> trails, newest first."""
        trails: dict[tuple[str, int], list[Trail]] = defaultdict(list)
        for trail in sorted(self.trails.values(), key=attrgetter("created", "key"), reverse=True):
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
        """Return the newest result of the same call and seed, by any code, versions and threads."""
        for trail in self._of_call(call, seed):
            if trail.device == device:
                return trail
        return None

    def computed(
        self, call: Call, seed: int, numerics: Mapping[str, Any], dependencies: Dependencies
    ) -> list[Trail]:
        """Return the results that differ in nothing but their code, newest first."""
        alike = []
        for trail in self._of_call(call, seed):
            if trail.dependencies == dependencies and same_numerics(trail.numerics, numerics):
                alike.append(trail)
        return alike

    def _of_call(self, call: Call, seed: int) -> Iterator[Trail]:
        """Yield the results of the same call and seed, newest first."""
        wanted = identity(call)
        for trail in self._by_stage.get((call.stage.name, seed), ()):
            if self._identity(trail.key) == wanted:
                yield trail

    def near(self, call: Call, seed: int, device: str, wanted: Collection[str]) -> Trail | None:
        """Return the newest result of the most similar call that no claim asks for any more.

        Args:
            call: the call to compare with.
            seed: the training seed.
            device: the device family.
            wanted: the trajectories that claims ask for now (see `trajectory`). Results on these
                are left out.
        """
        nearest, least = None, UNRELATED
        for trail in self._by_stage.get((call.stage.name, seed), ()):
            asked_for = self._identity(trail.key, call.stage.progress) in wanted
            if trail.device != device or asked_for:
                continue
            apart = self._distance(call, trail.key)
            if apart < least:
                nearest, least = trail, apart
        return nearest

    def of_digest(self, digest: str) -> Trail | None:
        """Return a result of the call with this digest; None if there is none.

        Args:
            digest: the digest (`Call.digest`), or its first digits.
        """
        if not digest:
            return None
        for trail in self.trails.values():
            if (self._identity(trail.key) or "").startswith(digest):
                return trail
        return None

    def differences(self, trail: Trail, call: Call, prefix: str = "") -> tuple[str, ...]:
        """Return how another call differs from that of a result: ``"light: 2.0 -> 3.0"``."""
        if trail.stage != call.stage.name:
            return (f"{prefix}stage: {trail.stage} -> {call.stage.name}",)
        texts = []
        for cause in value_causes("parameter", trail.parameters, as_stored(call.parameters)):
            texts.append(f"{prefix}{cause.text}")
        for name, source in call.inputs.items():
            below = self.trails.get(trail.inputs.get(name, ""))
            if below is not None and self._identity(below.key) != identity(source):
                texts += self.differences(below, source, f"{prefix}{name}: ")
        return tuple(texts)

    def points(self, lane: str, progress: str) -> list[int]:
        """Return the stored points of a lane, newest first."""
        return [trail.parameters[progress] for trail in self._by_lane.get(lane, ())]

    def _identity(self, key: str, progress: str | None = None) -> str | None:
        """Return the `identity` of the call of a result; None if one of its inputs is not stored.

        Args:
            key: the key of the result.
            progress: the progress parameter, to get the `trajectory` instead.
        """
        if (key, progress) not in self._identities:
            self._identities[key, progress] = self._identity_of(self.trails.get(key), progress)
        return self._identities[key, progress]

    def _identity_of(self, trail: Trail | None, progress: str | None) -> str | None:
        if trail is None:
            return None
        inputs: dict[str, str | None] = {}
        for name, key in trail.inputs.items():
            inputs[name] = self._identity(key)
            if inputs[name] is None:
                return None
        return digest_of(trail.stage, trail.parameters, inputs, progress)

    def _distance(self, call: Call, key: str) -> int:
        """Return the number of parameters in which a call differs from a result's, with inputs."""
        trail = self.trails.get(key)
        if (
            trail is None
            or trail.stage != call.stage.name
            or trail.inputs.keys() != call.inputs.keys()
        ):
            return UNRELATED
        parameters = as_stored(call.parameters)
        different = 0
        for name in {**parameters, **trail.parameters}:
            different += canonical(parameters.get(name)) != canonical(trail.parameters.get(name))
        for name, below in call.inputs.items():
            different += self._distance(below, trail.inputs[name])
        return different
