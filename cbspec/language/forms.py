"""What resolved calls have in common: forms of calls, equal calls, and what claims share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cbspec.language.node import Document, Node
from cbspec.stage import Call, Parameters, Stage, canonical

MOST = 30_000  # calls of one claim: all arms, cells and scales

Trace = dict[str, tuple[Any, Node | None]]
"""Key path -> value and the node that it stands at (None: the stage's own default)."""


@dataclass(slots=True)
class Form:
    """A call without its inputs: what was written, expanded, with the stage that it names and its
    typed parameters.
    """

    written: Node
    expanded: Node
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

    def call(self, stage: Stage, parameters: Parameters, inputs: Mapping[str, Call]) -> Call:
        # Python's 1 equals 1.0 and True; as JSON, which the digest is of, they are three
        key = (stage.name, canonical(parameters), *map(id, inputs.values()))
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = Call(stage, parameters, inputs)
        return call


@dataclass(slots=True)
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

    document: Document
    left: int = MOST
    arms: dict[int, tuple[Node, Node]] = field(default_factory=dict)
    shapes: Forms = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """A call being resolved.

    Attributes:
        entries: what is written in it.
        place: where it is written.
        outer, via: the call that wants it, and by which input.
        active: the inputs that are being resolved.
        closed: whether nothing in it is inherited from outside.
    """

    stage: Stage
    entries: Mapping[str, Node]
    place: Node
    outer: Frame | None
    via: str
    path: str
    inputs: dict[str, Call | None] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    closed: bool = True

    def owner(self, name: str) -> Frame:
        """Return the call whose words an input has: this one, or the nearest enclosing one that has
        it; if none has, the outermost that could.
        """
        owner: Frame = self
        while name not in owner.entries:
            enclosing = owner._enclosing(name)
            if enclosing is None:
                break
            owner = enclosing
        return owner

    def _enclosing(self, name: str) -> Frame | None:
        """Return the nearest call around this one that has an input `name` other than the one in
        which this call lies.
        """
        frame: Frame = self
        while frame.outer is not None:
            frame.closed = False
            via, frame = frame.via, frame.outer
            if name in frame.stage.inputs and via != name:
                return frame
        return None
