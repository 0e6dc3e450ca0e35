"""Stage calls as written -> `cbspec.stage.Call` trees: typed parameters, inherited inputs, kinds of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from cbspec.language.conform import conform, unknown
from cbspec.language.expansion import WORDS, Endless, Expansion, empty
from cbspec.language.mistakes import Mistakes
from cbspec.language.node import Node, join, merge
from cbspec.language.scope import Scope, UnknownName
from cbspec.stage import Call, Parameters, Stage

MOST = 30_000  # calls of one claim: all arms, cells and scales

Trace = dict[str, tuple[Any, Node | None]]
"""Key path -> value and the node that it stands at (None: the stage's own default)."""


class Pool:
    """Calls seen before: equal calls are one object, so that each digest is computed once."""

    def __init__(self) -> None:
        self._calls: dict[object, Call] = {}

    def call(self, stage: Stage, parameters: Parameters, inputs: dict[str, Call]) -> Call:
        key = (stage.name, parameters, *[(name, id(call)) for name, call in inputs.items()])
        try:
            known = self._calls.get(key)
        except TypeError:  # a parameter that holds a mapping cannot be looked up
            return Call(stage, parameters, inputs)
        if known is None:
            known = self._calls[key] = Call(stage, parameters, inputs)
        return known


class _Frame:
    """A call being resolved: its stage, what it was given, and by which input of which call it is wanted."""

    __slots__ = ("active", "closed", "given", "inputs", "outer", "path", "stage", "via")

    def __init__(self, stage: Stage, given: Node, outer: _Frame | None, via: str, path: str) -> None:
        self.stage = stage
        self.given = given
        self.outer = outer
        self.via = via
        self.path = path
        self.inputs: dict[str, Call | None] = {}
        self.active: set[str] = set()
        self.closed = True  # nothing in it is inherited from outside


class Budget:
    """How many calls one claim may still have: named calls that use each other could otherwise stand for millions."""

    def __init__(self) -> None:
        self.left = MOST


class Resolver:
    """Resolves the arms of one claim for one matrix cell at one scale; notes every mistake and returns None instead."""

    def __init__(
        self,
        catalog: Mapping[str, Stage],
        named: Mapping[str, Node],
        scope: Scope,
        mistakes: Mistakes,
        pool: Pool,
        budget: Budget,
        trace: Trace | None = None,
    ) -> None:
        self._catalog = catalog
        self._scope = scope
        self._mistakes = mistakes
        self._pool = pool
        self._trace = trace
        self._expansion = Expansion(catalog, named, scope, mistakes)
        self._budget = budget
        self._known: dict[int, tuple[Node, Call]] = {}  # what arms have in common, by identity

    def arm(self, experiment: Node, override: Node, path: str) -> Call | None:
        """The experiment with one arm's overrides; `path` is the arm's key path."""
        call = merge(experiment, empty(override) if override.value is None else override)
        if isinstance(call.value, dict) and not call.value.keys() & WORDS:
            call = experiment  # where the word is missing
        try:
            return self._resolve(call, None, "", path)
        except (Endless, UnknownName):
            return None
        finally:
            self._expansion.chain.clear()

    def _resolve(self, node: Node, outer: _Frame | None, via: str, path: str) -> Call | None:
        if self._trace is None and id(node) in self._known:
            return self._known[id(node)][1]
        self._budget.left -= 1
        if self._budget.left < 0:
            self._expansion.endless(node, f"more than {MOST} stage calls in one claim")
        depth = len(self._expansion.chain)
        try:
            given = self._expansion.call(node)
            stage = self._stage(given) if given is not None else None
            if given is None or stage is None:
                return None
            frame = _Frame(stage, given, outer, via, path)
            call = self._call(frame)
            if call is not None and frame.closed:
                self._known[id(node)] = node, call
            return call
        finally:
            del self._expansion.chain[depth:]

    def _call(self, frame: _Frame) -> Call | None:
        stage = frame.stage
        self._check_keys(frame)
        if self._trace is not None:
            self._trace[join(frame.path, "stage")] = stage.name, frame.given.entries["stage"]
        parameters = self._parameters(frame)
        inputs = {name: self._input(frame, name) for name in stage.inputs}
        complete = {name: call for name, call in inputs.items() if call is not None}
        if parameters is None or len(complete) < len(inputs):
            return None
        return self._pool.call(stage, parameters, complete)

    def _stage(self, given: Node) -> Stage | None:
        word = given.entries["stage"]
        name = self._scope.find(word).value
        if isinstance(name, str) and name in self._catalog:
            return self._catalog[name]
        self._mistakes.add(word, unknown("stage", name, list(self._catalog)))
        return None

    def _check_keys(self, frame: _Frame) -> None:
        stage = frame.stage
        known = defaults_of(stage.parameters)
        for key in frame.given.entries:
            if key not in known and key not in stage.inputs and key != "stage":
                words = [*known, *stage.inputs]
                self._mistakes.add(frame.given.keys[key], unknown("parameter or input", key, words, of=stage.name))

    def _parameters(self, frame: _Frame) -> Parameters | None:
        stage, given = frame.stage, frame.given.entries
        values: dict[str, Any] = {}
        understood = True
        for name in defaults_of(stage.parameters):
            if name in given:
                try:
                    values[name] = self._scope.plain(given[name])
                except UnknownName:
                    understood = False
        if stage.progress is not None and stage.progress not in given:
            self._mistakes.add(frame.given, f"missing {stage.progress}: which point of the run of {stage.name} is wanted")
            understood = False
        parameters = conform(frame.given, values, stage.parameters, self._mistakes) if understood else None
        if parameters is not None and self._trace is not None:
            for name, value in msgspec.to_builtins(parameters).items():
                self._trace[join(frame.path, name)] = value, self._scope.find(given[name]) if name in given else None
        return parameters

    def _input(self, frame: _Frame, name: str) -> Call | None:
        """An input as given, or else as the nearest enclosing call with an input of that name has it."""
        owner = frame
        while name not in owner.given.entries:
            outer = _enclosing(owner, name)
            if outer is None:
                if owner is frame:  # else the enclosing call that lacks it is reported
                    kind = frame.stage.inputs[name].kind
                    lacks = f"{frame.stage.name} lacks its input {name} ({_a(kind)}), and no enclosing call has it"
                    self._mistakes.add(frame.given, lacks)
                return None
            owner = outer
        call = self._given_input(owner, name)
        if owner is frame or owner.stage.inputs[name].kind != frame.stage.inputs[name].kind:  # else its owner is told
            self._check_kind(call, frame, name, owner.given.entries[name] if owner is frame else frame.given)
        if self._trace is not None and owner is not frame:
            self._trace[join(frame.path, name)] = f"as {join(owner.path, name)}", owner.given.entries[name]
        return call

    def _given_input(self, owner: _Frame, name: str) -> Call | None:
        if name in owner.inputs:
            return owner.inputs[name]
        node = owner.given.entries[name]
        if name in owner.active:
            self._expansion.endless(node, f"the input {name} of {owner.stage.name} needs itself")
        owner.active.add(name)
        try:
            owner.inputs[name] = self._resolve(node, owner, name, join(owner.path, name))
        except UnknownName:
            owner.inputs[name] = None
        return owner.inputs[name]

    def _check_kind(self, call: Call | None, frame: _Frame, name: str, place: Node) -> None:
        kind = frame.stage.inputs[name].kind
        if call is not None and call.stage.kind != kind:
            able = ", ".join(stage.name for stage in self._catalog.values() if stage.kind == kind)
            yields = _a(call.stage.kind) if call.stage.kind else "only measures"
            self._mistakes.add(
                place, f"the input {name} of {frame.stage.name} takes {_a(kind)} ({able}), but {call.stage.name} yields {yields}"
            )


@lru_cache(maxsize=1024)
def defaults_of(parameters: type[Parameters]) -> Mapping[str, Any]:
    """Each parameter as it is written -> its default (`msgspec.NODEFAULT` where it must be given)."""
    return {field.encode_name: field.default for field in msgspec.structs.fields(parameters)}


def _enclosing(frame: _Frame, name: str) -> _Frame | None:
    """The nearest call around `frame` that has an input `name` other than the one in which `frame` lies."""
    while frame.outer is not None:
        frame.closed = False
        via, frame = frame.via, frame.outer
        if name in frame.stage.inputs and via != name:
            return frame
    return None


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"
