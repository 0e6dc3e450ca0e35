"""Stage calls as written -> `cbspec.stage.Call` trees: typed parameters, inherited inputs, kinds of
inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from cbspec.language.conform import by_name, conform, unknown
from cbspec.language.expansion import WORDS, Endless, Expansion, empty
from cbspec.language.node import Document, Node, join, merge
from cbspec.language.scope import UnknownName
from cbspec.stage import Call, Parameters, Stage

_PLAIN = frozenset({int, float, bool})
MOST = 30_000  # calls of one claim: all arms, cells and scales

Trace = dict[str, tuple[Any, Node | None]]
"""Key path -> value and the node that it stands at (None: the stage's own default)."""


@dataclass(slots=True)
class Form:
    """A call without its inputs: what was written, expanded, with the stage that it names and its
    typed parameters.
    """

    written: Node
    given: Node
    stage: Stage
    parameters: Parameters | None  # None: with mistakes
    named: bool  # whether the expansion or the stage took a size or a value of the matrix
    sized: bool  # whether the parameters did
    call: Call | None = None  # the whole call, where nothing in it depends on the call around it


Forms = dict[int, Form]
"""By the identity of what was written; a form keeps it, so that nothing else can take its place."""


class Pool:
    """Calls seen before: equal calls are one object, so that each digest is computed once."""

    def __init__(self) -> None:
        self._calls: dict[object, Call] = {}
        self._shared: dict[tuple[int, int], tuple[object, Forms]] = {}

    def shared(self, named: Mapping[str, Node], sizes: Mapping[str, Node]) -> Forms:
        """Resolve what the defaults define at these sizes: the same for every claim that changes
        neither.
        """
        return self._shared.setdefault((id(named), id(sizes)), ((named, sizes), {}))[1]

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
    """A call being resolved: its form, where it is written, and by which input of which call it is
    wanted.
    """

    __slots__ = ("active", "closed", "given", "inputs", "outer", "path", "place", "stage", "via")

    def __init__(self, form: Form, place: Node, outer: _Frame | None, via: str, path: str) -> None:
        self.stage = form.stage
        self.given = form.given.entries
        self.place = place
        self.outer = outer
        self.via = via
        self.path = path
        self.inputs: dict[str, Call | None] = {}
        self.active: set[str] = set()
        self.closed = True  # nothing in it is inherited from outside


class Memory:
    """What the cells and scales of one claim file have in common.

    Attributes:
        document: the file; what is written elsewhere stands in the defaults.
        left: calls that the claim may still have: named calls that use each other could otherwise
            stand for millions.
        arms: each arm as written -> the experiment with its overrides.
        shapes: forms whose expansion and stage are the same at every scale and in every cell; their
            parameters are not.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.left = MOST
        self.arms: dict[int, tuple[Node, Node]] = {}
        self.shapes: Forms = {}


class Resolver:
    """Resolves the arms of one claim for one matrix cell at one scale; notes every mistake and
    returns None instead.

    Args:
        shared: what other claims have in common with this one; what is written in the defaults is
            resolved once for all of them.
        trace: filled with every value and its place; then nothing is taken from what was resolved
            before.

    Attributes:
        met: every call within the arms, those within calls of the defaults that were known already
            left out.
    """

    def __init__(
        self,
        expansion: Expansion,
        pool: Pool,
        shared: Forms,
        memory: Memory,
        trace: Trace | None = None,
    ) -> None:
        self._expansion = expansion
        self._catalog = expansion.catalog
        self._scope = expansion.scope
        self._mistakes = expansion.mistakes
        self._pool = pool
        self._shared = shared
        self.met: Forms = {}
        self._forms: Forms = {}  # what arms have in common
        self._memory = memory
        self._trace = trace

    def arm(self, experiment: Node, override: Node, path: str) -> Call | None:
        """Resolve the experiment with one arm's overrides; `path` is the arm's key path."""
        if id(override) not in self._memory.arms:
            call = merge(experiment, empty(override) if override.value is None else override)
            if isinstance(call.value, dict) and not call.value.keys() & WORDS:
                call = experiment  # where the word is missing
            self._memory.arms[id(override)] = override, call
        call = self._memory.arms[id(override)][1]
        return self._begin(call, path)

    def again(self, met: Forms) -> None:
        """Check calls that were resolved at another scale.

        No size decides which stage they call, so only their parameters can be wrong.
        """
        for form in met.values():
            if form.call is not None and form.written.document is not self._memory.document:
                self._begin(form.written, "")
            elif form.sized:
                self._parameters(form.given, form.stage, "")

    def _begin(self, node: Node, path: str) -> Call | None:
        try:
            return self._resolve(node, None, "", path)
        except (Endless, UnknownName):
            return None
        finally:
            self._expansion.chain.clear()

    def _resolve(self, node: Node, outer: _Frame | None, via: str, path: str) -> Call | None:
        written = self._expansion.named.get(node.text, node) if type(node.value) is str else node
        form = (
            None
            if self._trace is not None
            else self._forms.get(id(written)) or self._shared.get(id(written))
        )
        if form is not None and form.call is not None:
            self.met[id(written)] = form
            return form.call
        self._memory.left -= 1
        if self._memory.left < 0:
            self._expansion.endless(node, f"more than {MOST} stage calls in one claim")
        depth, before = len(self._expansion.chain), self._mistakes.met
        try:
            form = form or self._form(node, written, path)
            if form is None:
                return None
            self.met[id(written)] = form
            frame = _Frame(form, node, outer, via, path)
            inputs = {name: self._input(frame, name) for name in form.stage.inputs}
            complete = {name: call for name, call in inputs.items() if call is not None}
            if form.parameters is None or len(complete) < len(inputs):
                return None
            call = self._pool.call(form.stage, form.parameters, complete)
            if form.stage.continues is not None:
                self._check_beginning(form.given, call, complete[form.stage.continues])
            if frame.closed:
                form.call = call
            if self._mistakes.met == before:  # and no call within it needs it
                (self._forms if written.document is self._memory.document else self._shared)[
                    id(written)
                ] = form
                if not form.named:
                    self._memory.shapes[id(written)] = form
            return call
        finally:
            del self._expansion.chain[depth:]

    def _form(self, node: Node, written: Node, path: str) -> Form | None:
        """Return the call at `node` without its inputs; None if it names no stage."""
        looked_up = len(self._scope.used)
        known = self._memory.shapes.get(id(written))
        shape = (known.given, known.stage) if known is not None else self._shape(node)
        if shape is None:
            return None
        expanded, stage = shape
        then = len(self._scope.used)
        if self._trace is not None:
            self._trace[join(path, "stage")] = stage.name, expanded.entries["stage"]
        parameters = self._parameters(expanded, stage, path)
        return Form(
            written,
            expanded,
            stage,
            parameters,
            named=then > looked_up,
            sized=len(self._scope.used) > then,
        )

    def _shape(self, node: Node) -> tuple[Node, Stage] | None:
        """Return the call at `node` expanded, and its stage."""
        expanded = self._expansion.call(node)
        stage = self._stage(expanded) if expanded is not None else None
        if expanded is None or stage is None:
            return None
        self._check_keys(expanded, stage)
        return expanded, stage

    def _stage(self, expanded: Node) -> Stage | None:
        word = expanded.entries["stage"]
        name = self._scope.find(word).value
        if isinstance(name, str) and name in self._catalog:
            return self._catalog[name]
        self._mistakes.add(word, unknown("stage", name, list(self._catalog)))
        return None

    def _check_keys(self, expanded: Node, stage: Stage) -> None:
        known = defaults_of(stage.parameters)
        for key in expanded.entries:
            if key not in known and key not in stage.inputs and key != "stage":
                words = [*known, *stage.inputs]
                self._mistakes.add(
                    expanded.keys[key], unknown("parameter or input", key, words, of=stage.name)
                )

    def _parameters(self, expanded: Node, stage: Stage, path: str) -> Parameters | None:
        entries = expanded.entries
        values: dict[str, Any] = {}
        understood = True
        for name in defaults_of(stage.parameters):
            if name in entries:
                node = entries[name]
                try:
                    values[name] = (
                        node.value if type(node.value) in _PLAIN else self._scope.plain(node)
                    )
                except UnknownName:
                    understood = False
        if stage.progress is not None and stage.progress not in entries:
            self._mistakes.add(
                expanded,
                f"missing {stage.progress}: which point of the run of {stage.name} is wanted",
            )
            understood = False
        parameters = (
            conform(expanded, values, stage.parameters, self._mistakes) if understood else None
        )
        if parameters is not None and stage.length is not None:
            self._check_end(expanded, stage, parameters)
        if parameters is not None and self._trace is not None:
            for name, value in msgspec.to_builtins(parameters).items():
                self._trace[join(path, name)] = (
                    value,
                    self._scope.find(entries[name]) if name in entries else None,
                )
        return parameters

    def _check_end(self, expanded: Node, stage: Stage, parameters: Parameters) -> None:
        """Check that no point lies beyond the end of its run: what a schedule does there is not
        defined.
        """
        point, end = (getattr(parameters, str(name)) for name in (stage.progress, stage.length))
        if point > end:
            others = {str(stage.length)} & expanded.entries.keys()
            self._misplaced(
                expanded, stage, point, others, f"beyond the end of the run, {stage.length} {end}"
            )

    def _check_beginning(self, expanded: Node, call: Call, origin: Call) -> None:
        """Check that no point lies before that of the run which this one continues.

        Otherwise the mistake would only show once that run is computed.
        """
        if call.point < origin.point:
            continued = str(call.stage.continues)
            begins = f"{continued} at {origin.stage.progress} {origin.point}"
            self._misplaced(
                expanded,
                call.stage,
                call.point,
                {continued},
                f"before the {begins} that the run goes on from",
            )

    def _misplaced(
        self, expanded: Node, stage: Stage, point: int, others: Iterable[str], where: str
    ) -> None:
        """Report a point at odds with another value, at the first of the two in the call's own
        file, or at the call.
        """
        written = expanded.entries[str(stage.progress)]
        places = [written, *(expanded.entries.get(name, expanded) for name in others)]
        place = next((place for place in places if place.document is expanded.document), written)
        self._mistakes.add(place, f"{stage.progress} {point}{by_name(written)} lies {where}")

    def _input(self, frame: _Frame, name: str) -> Call | None:
        """Return an input as the call has it, or else as the nearest enclosing call with an input
        of that name has it.
        """
        owner = frame
        while name not in owner.given:
            outer = _enclosing(owner, name)
            if outer is None:
                if owner is frame:  # else the enclosing call that lacks it is reported
                    kind = frame.stage.inputs[name].kind
                    lacks = f"{frame.stage.name} lacks its input {name} ({_a(kind)}), and no enclosing call has it"
                    self._mistakes.add(frame.place, lacks)
                return None
            owner = outer
        call = self._given_input(owner, name)
        # Else its owner is told
        if owner is frame or owner.stage.inputs[name].kind != frame.stage.inputs[name].kind:
            self._check_kind(
                call, frame, name, owner.given[name] if owner is frame else frame.place
            )
        if self._trace is not None and owner is not frame:
            self._trace[join(frame.path, name)] = f"as {join(owner.path, name)}", owner.given[name]
        return call

    def _given_input(self, owner: _Frame, name: str) -> Call | None:
        if name in owner.inputs:
            return owner.inputs[name]
        node = owner.given[name]
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
                place,
                f"the input {name} of {frame.stage.name} takes {_a(kind)} ({able}), but {call.stage.name} yields {yields}",
            )


@lru_cache(maxsize=1024)
def defaults_of(parameters: type[Parameters]) -> Mapping[str, Any]:
    """Return each parameter as it is written -> its default (`msgspec.NODEFAULT` if it is
    required).
    """
    return {field.encode_name: field.default for field in msgspec.structs.fields(parameters)}


def _enclosing(frame: _Frame, name: str) -> _Frame | None:
    """Return the nearest call around `frame` that has an input `name` other than the one in which
    `frame` lies.
    """
    while frame.outer is not None:
        frame.closed = False
        via, frame = frame.via, frame.outer
        if name in frame.stage.inputs and via != name:
            return frame
    return None


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"
