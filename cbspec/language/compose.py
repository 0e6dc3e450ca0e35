"""Reading YAML text as values with places, from the events of libyaml.

Files may be hostile: no object is built, depth and size are bounded, and nothing recurses. Anchors
and aliases are understood; tags and merge keys (``<<``) are not part of the claim language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Document, Node
from cbspec.language.scalar import resolve

DEEPEST = 32  # containers within containers, aliases expanded
MOST = 20_000  # values of a file, aliases expanded
# The line ends that no editor counts too
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


class Unreadable(Exception):
    """The rest of the text cannot be understood."""


@dataclass(slots=True)
class _Open:
    """A container whose end has not been read yet."""

    node: Node
    anchor: str
    before: int  # size of the document up to here
    mapping: bool
    height: int = 0
    key: Node | None = None  # of a mapping: the one that waits for its value


class Composer:
    """Turns the events of one document into nodes, and counts them."""

    def __init__(self, document: Document, mistakes: Diagnostics) -> None:
        self.document = document
        self.mistakes = mistakes
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # name -> value, its size, its height
        self.open: list[_Open] = []
        self.top: _Open | None = None  # the last of them
        self.size = 0
        self.root: Node | None = None

    def compose(self) -> Node:
        event_of = CParser(self.document.text).get_event
        documents = 0
        while (event := event_of()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._start(event, {})
            elif kind is SequenceStartEvent:
                self._start(event, [])
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._end()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise Unreadable("a second document; one file holds one claim", *_place(event))
        if self.root is None:
            raise Unreadable("the file is empty", 1, 1)
        return self.root

    def _scalar(self, event: Any) -> None:
        mark, text, top = event.start_mark, event.value, self.top
        node = Node(self.document, mark.line + 1, mark.column + 1, text, text)
        if event.tag is not None:
            self._refuse_tag(event)
        if not text.isprintable() and CONTROL.search(text):
            self._mistake(node, "an escape for a control character; remove it")
        is_key = top is not None and top.mapping and top.key is None
        if event.implicit[0] and not is_key:
            try:
                node.value = resolve(text)
            except ValueError as error:
                self._mistake(node, str(error))
                node.value = 0
        self._attach(node, 1, 0)
        if event.anchor:
            self.anchors[event.anchor] = node, 1, 0

    def _start(self, event: Any, value: dict[str, Node] | list[Node]) -> None:
        line, column = _place(event)
        self._expect_value(line, column)
        if len(self.open) == DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST} levels", line, column)
        if event.tag is not None:
            self._refuse_tag(event)
        node = Node(self.document, line, column, value)
        mapping = type(value) is dict
        if mapping:
            node.keys = {}
        self.top = _Open(node, event.anchor, self.size, mapping)
        self.open.append(self.top)

    def _end(self) -> None:
        ended = self.open.pop()
        self.top = self.open[-1] if self.open else None
        self._attach(ended.node, 1, ended.height + 1)
        if ended.anchor:
            self.anchors[ended.anchor] = ended.node, self.size - ended.before, ended.height + 1

    def _alias(self, event: Any) -> None:
        line, column = _place(event)
        self._expect_value(line, column)
        if event.anchor not in self.anchors:
            within = any(container.anchor == event.anchor for container in self.open)
            problem = "contains itself" if within else "is not defined above"
            raise Unreadable(f"the anchor {shown(event.anchor)} {problem}", line, column)
        node, size, height = self.anchors[event.anchor]
        if len(self.open) + height > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST} levels", line, column)
        self._attach(node, size, height, line, column)

    def _attach(self, node: Node, size: int, height: int, line: int = 0, column: int = 0) -> None:
        """Put a finished value into the open container, or at the root."""
        self.size += size
        if self.size > MOST:
            raise Unreadable(
                f"more than {MOST} values, aliases expanded",
                line or node.line,
                column or node.column,
            )
        top = self.top
        if top is None:
            self.root = node
            return
        if height > top.height:
            top.height = height
        if not top.mapping:
            top.node.items.append(node)
        elif top.key is None:
            top.key = node
        else:
            self._put(top.node, top.key, node)
            top.key = None

    def _put(self, mapping: Node, key: Node, value: Node) -> None:
        if key.text == "<<":
            self._mistake(
                key, "merge keys are not part of the claim language; use `use:` or defaults.yaml"
            )
        elif key.text in mapping.keys:
            first = mapping.keys[key.text]
            self._mistake(
                key, f"duplicate key {shown(key.text)}; it stands first in line {first.line}"
            )
        else:
            mapping.value[key.text] = value  # type: ignore[index, call-overload]
            mapping.keys[key.text] = key  # type: ignore[index]

    def _expect_value(self, line: int, column: int) -> None:
        if self.top is not None and self.top.mapping and self.top.key is None:
            raise Unreadable("a key must be a plain word", line, column)

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.mistakes.add_at(
            self.document, *_place(event), f"the tag {shown(tag)} is not part of the claim language"
        )

    def _mistake(self, node: Node, message: str) -> None:
        self.mistakes.add_at(self.document, node.line, node.column, message)


def _place(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
