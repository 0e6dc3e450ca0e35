"""Sharing work between resolved calls: among the arms of a claim, its scales, and all claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cbspec.language.node import Document, Node
from cbspec.stage import Call, Parameters, Stage, canonical

MOST = 30_000  # calls of one claim: all arms, cells and scales

Trace = dict[str, tuple[Any, Node | None]]
"""Key path -> value and its node; None for a default of the stage itself."""


@dataclass(slots=True)
class Form:
    """A call without its inputs: its expanded words, its stage and its typed parameters."""

    written: Node
    expanded: Node
    stage: Stage
    parameters: Parameters | None  # None if they have mistakes
    named: bool  # whether the expansion or the stage uses a size or a value of the matrix
    sized: bool  # whether the parameters use one
    call: Call | None = None  # the whole call, where nothing in it depends on the call around it


Forms = dict[int, Form]
"""id() of the written node -> its form. The form keeps the node alive, so the id stays unique."""


class Pool:
    """A pool of calls in which equal calls are one object, so that its digest is computed once."""

    def __init__(self) -> None:
        self._calls: dict[object, Call] = {}
        self._shared: dict[tuple[int, int], tuple[object, Forms]] = {}

    def shared(self, named: Mapping[str, Node], sizes: Mapping[str, Node]) -> Forms:
        """Return the forms of the defaults' calls at these sizes, which many claims share."""
        return self._shared.setdefault((id(named), id(sizes)), ((named, sizes), {}))[1]

    def call(self, stage: Stage, parameters: Parameters, inputs: Mapping[str, Call]) -> Call:
        # In Python 1 == 1.0 == True. As JSON, of which a digest is computed, they are different
        key = (stage.name, canonical(parameters), *map(id, inputs.values()))
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = Call(stage, parameters, inputs)
        return call


@dataclass(slots=True)
class Memory:
    """Calls that the cells and scales of one claim file have in common.

    Attributes:
        document: the file. What is not written in it is written in the defaults.
        left: how many more calls the claim may have. Without a limit, a few named calls that use
            each other could stand for millions.
        arms: written arm -> the experiment with its overrides.
        shapes: forms whose expansion and stage, but not their parameters, are the same at every
            scale and in every cell.
    """

    document: Document
    left: int = MOST
    arms: dict[int, tuple[Node, Node]] = field(default_factory=dict)
    shapes: Forms = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """A call that is being resolved.

    Attributes:
        entries: its written entries.
        place: the node of the call.
        outer: the call that takes it as an input; None for an arm.
        via: the name of that input.
        active: the inputs that are being resolved now.
        closed: whether it inherits nothing from the calls around it.
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
        """Return the call that defines an input: this one, or the nearest one around it.

        If none defines it, return the outermost call that could.
        """
        owner: Frame = self
        while name not in owner.entries:
            enclosing = owner._enclosing(name)
            if enclosing is None:
                break
            owner = enclosing
        return owner

    def _enclosing(self, name: str) -> Frame | None:
        """Return the nearest call around this one with another input of this name."""
        frame: Frame = self
        while frame.outer is not None:
            frame.closed = False
            via, frame = frame.via, frame.outer
            if name in frame.stage.inputs and via != name:
                return frame
        return None
