"""Resolving stage calls: from the words of a file to a tree of `cbspec.stage.Call`.

On the way parameters get their types, and inputs that a call leaves out are inherited.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cbspec.language.conform import conform, unknown
from cbspec.language.expansion import WORDS, Endless, Expansion, empty
from cbspec.language.forms import MOST, Form, Forms, Frame, Memory, Pool, Trace
from cbspec.language.node import Node, join, merge
from cbspec.language.parameters import check_files, check_keys, written_values
from cbspec.language.points import check_beginning, check_end
from cbspec.language.scope import UnknownName
from cbspec.stage import Call, Parameters, Stage, plain


@dataclass(slots=True)
class Resolver:
    """Resolves the arms of one claim, for one matrix cell at one scale.

    An arm with a mistake becomes None, and the mistake is noted.

    Attributes:
        shared: calls of the defaults, which are resolved once for all claims.
        trace: takes every value with its place. If it is asked for, nothing is reused.
        met: every call within the arms, except those within reused calls of the defaults.
        forms: calls that the arms have in common.
    """

    expansion: Expansion
    pool: Pool
    shared: Forms
    memory: Memory
    trace: Trace | None = None
    met: Forms = field(default_factory=dict)
    forms: Forms = field(default_factory=dict)

    def arm(self, experiment: Node, override: Node, path: str) -> Call | None:
        """Resolve the experiment with the overrides of one arm; `path` is the arm's key path."""
        arms = self.memory.arms
        if id(override) not in arms:
            arms[id(override)] = override, _overridden(experiment, override)
        return self._begin(arms[id(override)][1], path)

    def again(self, met: Forms) -> None:
        """Check calls again at this scale that were resolved at another one.

        No size decides which stage they call, so only their parameters can be wrong.
        """
        for form in met.values():
            if form.call is not None and form.written.document is not self.memory.document:
                self._begin(form.written, "")
            elif form.sized:
                self._parameters(form.expanded, form.stage, "")

    def _begin(self, node: Node, path: str) -> Call | None:
        try:
            return self._resolve(node, None, "", path)
        except (Endless, UnknownName):
            return None
        finally:
            self.expansion.chain.clear()

    def _resolve(self, node: Node, outer: Frame | None, via: str, path: str) -> Call | None:
        written = node
        if type(node.value) is str:
            written = self.expansion.named.get(node.text, node)
        form = self._known(written)
        if form is not None and form.call is not None:
            self.met[id(written)] = form
            return form.call
        self.memory.left -= 1
        if self.memory.left < 0:
            self.expansion.endless(node, f"more than {MOST} stage calls in one claim")
        depth, before = len(self.expansion.chain), self.expansion.mistakes.met
        try:
            form = form or self._form(node, written, path)
            if form is None:
                return None
            self.met[id(written)] = form
            frame = Frame(form.stage, form.expanded.entries, node, outer, via, path)
            call = self._call(frame, form)
            if call is not None and frame.closed:
                form.call = call
            if (
                call is not None and self.expansion.mistakes.met == before
            ):  # and no call within it needs it
                self._keep(form)
            return call
        finally:
            del self.expansion.chain[depth:]

    def _known(self, written: Node) -> Form | None:
        if self.trace is not None:
            return None
        return self.forms.get(id(written)) or self.shared.get(id(written))

    def _keep(self, form: Form) -> None:
        written = form.written
        forms = self.forms if written.document is self.memory.document else self.shared
        forms[id(written)] = form
        if not form.named:
            self.memory.shapes[id(written)] = form

    def _call(self, frame: Frame, form: Form) -> Call | None:
        inputs: dict[str, Call] = {}
        for name in form.stage.inputs:
            taken = self._input(frame, name)
            if taken is not None:
                inputs[name] = taken
        if form.parameters is None or len(inputs) < len(form.stage.inputs):
            return None
        stage = form.stage.of_call(form.parameters)
        call = self.pool.call(stage, form.parameters, inputs)
        check_beginning(form.expanded, call, self.expansion.mistakes)
        return call

    def _form(self, node: Node, written: Node, path: str) -> Form | None:
        """Resolve the call at `node` without its inputs; return None if it names no stage."""
        used = self.expansion.scope.used
        before = len(used)
        shape = self._shape(node, written)
        if shape is None:
            return None
        expanded, stage = shape
        between = len(used)
        self._note(path, "stage", stage.name, expanded.entries["stage"])
        parameters = self._parameters(expanded, stage, path)
        named, sized = between > before, len(used) > between
        return Form(written, expanded, stage, parameters, named=named, sized=sized)

    def _shape(self, node: Node, written: Node) -> tuple[Node, Stage] | None:
        """Expand the call at `node`, and return it with its stage."""
        known = self.memory.shapes.get(id(written))
        if known is not None:
            return known.expanded, known.stage
        expanded = self.expansion.call(node)
        if expanded is None:
            return None
        word = expanded.entries["stage"]
        name = self.expansion.scope.find(word).value
        if not isinstance(name, str) or name not in self.expansion.catalog:
            self.expansion.mistakes.add(word, unknown("stage", name, list(self.expansion.catalog)))
            return None
        stage = self.expansion.catalog[name]
        check_keys(expanded, stage, self.expansion.mistakes)
        return expanded, stage

    def _parameters(self, expanded: Node, stage: Stage, path: str) -> Parameters | None:
        entries = expanded.entries
        values = written_values(expanded, stage, self.expansion.scope)
        if stage.progress is not None and stage.progress not in entries:
            lacks = f"missing {stage.progress}: which point of the run of {stage.name} is wanted"
            self.expansion.mistakes.add(expanded, lacks)
            return None
        if values is None:
            return None
        parameters = conform(expanded, values, stage.parameters, self.expansion.mistakes)
        if parameters is None:
            return None
        check_files(expanded, parameters, self.expansion.catalog.files, self.expansion.mistakes)
        check_end(expanded, stage, parameters, self.expansion.mistakes)
        if self.trace is not None:
            for name, value in plain(parameters).items():
                place = None
                if name in entries:
                    place = self.expansion.scope.find(entries[name])
                self._note(path, name, value, place)
        return parameters

    def _input(self, frame: Frame, name: str) -> Call | None:
        """Resolve an input of a call.

        If the call leaves it out, it is inherited from the nearest enclosing call with an input of
        that name.
        """
        owner = frame.owner(name)
        kind = frame.stage.inputs[name].kind
        if name not in owner.entries:
            if owner is frame:  # else the enclosing call that lacks it is reported
                lacks = f"{frame.stage.name} lacks its input {name} ({_a(kind)})"
                self.expansion.mistakes.add(frame.place, f"{lacks}, and no enclosing call has it")
            return None
        written = owner.entries[name]
        call = self._written_input(owner, name)
        if owner is frame:
            self._check_kind(call, frame, name, written)
            return call
        if owner.stage.inputs[name].kind != kind:  # else its owner is told
            self._check_kind(call, frame, name, frame.place)
        self._note(frame.path, name, f"as {join(owner.path, name)}", written)
        return call

    def _written_input(self, owner: Frame, name: str) -> Call | None:
        if name in owner.inputs:
            return owner.inputs[name]
        node = owner.entries[name]
        if name in owner.active:
            self.expansion.endless(node, f"the input {name} of {owner.stage.name} needs itself")
        owner.active.add(name)
        try:
            owner.inputs[name] = self._resolve(node, owner, name, join(owner.path, name))
        except UnknownName:
            owner.inputs[name] = None
        return owner.inputs[name]

    def _check_kind(self, call: Call | None, frame: Frame, name: str, place: Node) -> None:
        kind = frame.stage.inputs[name].kind
        if call is None or call.stage.kind == kind:
            return
        able = ", ".join(
            stage.name for stage in self.expansion.catalog.values() if stage.kind == kind
        )
        takes = f"the input {name} of {frame.stage.name} takes {_a(kind)} ({able})"
        self.expansion.mistakes.add(
            place, f"{takes}, but {call.stage.name} yields {_a(call.stage.kind)}"
        )

    def _note(self, path: str, key: str, value: Any, node: Node | None) -> None:
        """Trace a value, if a trace is asked for."""
        if self.trace is not None:
            self.trace[join(path, key)] = value, node


def _overridden(experiment: Node, override: Node) -> Node:
    """Return the experiment with the overrides of an arm.

    If neither has ``stage`` or ``use``, return the experiment, where the mistake will be reported.
    """
    if override.value is None:
        override = empty(override)
    call = merge(experiment, override)
    unnamed = isinstance(call.value, dict) and not call.value.keys() & WORDS
    return experiment if unnamed else call


def _a(kind: str) -> str:
    if not kind:
        return "only measures"
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
