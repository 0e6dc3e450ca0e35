"""What the store holds, by stage call: for telling what is stale from what was never computed."""

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

UNRELATED = 1000  # more than any two calls of the same stages can differ in


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
        """Return the newest result of this very call for this seed, whatever code, version and
        threads it was computed with.
        """
        for trail in self._of_call(call, seed):
            if trail.device == device:
                return trail
        return None

    def computed(
        self, call: Call, seed: int, numerics: Mapping[str, Any], dependencies: Dependencies
    ) -> list[Trail]:
        """Return every result of this very call for this seed with these numerics and dependencies,
        newest first, of whatever code.
        """
        alike = []
        for trail in self._of_call(call, seed):
            if trail.dependencies == dependencies and same_numerics(trail.numerics, numerics):
                alike.append(trail)
        return alike

    def _of_call(self, call: Call, seed: int) -> Iterator[Trail]:
        """Yield the results of this very call for this seed, newest first."""
        wanted = identity(call)
        for trail in self._by_stage.get((call.stage.name, seed), ()):
            if self._identity(trail.key) == wanted:
                yield trail

    def near(self, call: Call, seed: int, device: str, wanted: Collection[str]) -> Trail | None:
        """Return the newest result of the call that differs least from this one and that no claim
        asks for any more.

        Args:
            wanted: the trajectories of everything that claims ask for now (see `trajectory`):
                results that lie on them were saved on the way.
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
        """Return a result of the call with this digest (`Call.digest`), or its first digits; None
        where none is stored, and for no digit at all.
        """
        if not digest:
            return None
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
        """Return the `identity` of the call behind a result; None if one of its inputs is no longer
        stored.

        Args:
            progress: the parameter to leave out, for the `trajectory` instead.
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
        """Return in how many parameters a stored result's call differs, inputs and their inputs
        included.
        """
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
