"""YAML text -> values with places, through libyaml's events: no tag, no object, no recursion, nothing unbounded.

Anchors and aliases are understood; tags and merge keys (``<<``) are not part of the claim language.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from cbspec.language.mistakes import Mistakes, shown
from cbspec.language.node import Document, Node
from cbspec.language.scalar import resolve

DEEPEST = 32  # containers within containers, aliases expanded
MOST = 20_000  # values of a file, aliases expanded
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Unreadable(Exception):
    """The text ends here: what follows cannot be understood."""


class Composer:
    """Turns the events of one document into nodes, and counts what it builds."""

    def __init__(self, document: Document, mistakes: Mistakes) -> None:
        self.document = document
        self.mistakes = mistakes
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # name -> value, its size, its height
        self.open: list[tuple[Node, str, int]] = []  # container, anchor, size of the document before it
        self.heights: list[int] = []
        self.pending: list[Node | None] = []  # the key that waits for its value, per open container
        self.size = 0
        self.root: Node | None = None

    def compose(self) -> Node:
        parser = CParser(self.document.text)
        documents = 0
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._start(event, {} if kind is MappingStartEvent else [])
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
        line, column = _place(event)
        text: str = event.value
        node = Node(self.document, line, column, text, text)
        self._check_tag(event)
        if not text.isprintable() and CONTROL.search(text):
            self.mistakes.add_at(self.document, line, column, "an escape for a control character; remove it")
        if event.implicit[0] and not self._expects_key():
            try:
                node.value = resolve(text)
            except ValueError as error:
                self.mistakes.add_at(self.document, line, column, str(error))
                node.value = 0
        self._attach(node, 1, 0)
        if event.anchor:
            self.anchors[event.anchor] = node, 1, 0

    def _start(self, event: Any, value: dict[str, Node] | list[Node]) -> None:
        line, column = _place(event)
        if self._expects_key():
            raise Unreadable("a key must be a plain word", line, column)
        if len(self.open) == DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST} levels", line, column)
        self._check_tag(event)
        node = Node(self.document, line, column, value)
        self.open.append((node, event.anchor, self.size))
        self.heights.append(0)
        self.pending.append(None)

    def _end(self) -> None:
        node, anchor, before = self.open.pop()
        height = self.heights.pop() + 1
        self.pending.pop()
        self._attach(node, 1, height)
        if anchor:
            self.anchors[anchor] = node, self.size - before, height

    def _alias(self, event: Any) -> None:
        line, column = _place(event)
        if self._expects_key():
            raise Unreadable("a key must be a plain word", line, column)
        if event.anchor not in self.anchors:
            within = any(anchor == event.anchor for _, anchor, _ in self.open)
            problem = "contains itself" if within else "is not defined above"
            raise Unreadable(f"the anchor {shown(event.anchor)} {problem}", line, column)
        node, size, height = self.anchors[event.anchor]
        if len(self.open) + height > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST} levels", line, column)
        self._attach(node, size, height, line, column)

    def _attach(self, node: Node, size: int, height: int, line: int = 0, column: int = 0) -> None:
        """Put a finished value where it belongs: into the open container, or at the root."""
        self.size += size
        if self.size > MOST:
            raise Unreadable(f"more than {MOST} values, aliases expanded", line or node.line, column or node.column)
        if not self.open:
            self.root = node
            return
        container = self.open[-1][0].value
        self.heights[-1] = max(self.heights[-1], height)
        if isinstance(container, list):
            container.append(node)
        elif self.pending[-1] is None:
            self.pending[-1] = node
        else:
            self._put(self.open[-1][0], self.pending[-1], node)
            self.pending[-1] = None

    def _put(self, mapping: Node, key: Node, value: Node) -> None:
        if key.text == "<<":
            self._mistake(key, "merge keys are not part of the claim language; use `use:` or defaults.yaml")
        elif key.text in mapping.keys:
            first = mapping.keys[key.text]
            self._mistake(key, f"duplicate key {shown(key.text)}; it stands first in line {first.line}")
        else:
            mapping.value[key.text] = value  # type: ignore[index, call-overload]
            mapping.keys[key.text] = key

    def _expects_key(self) -> bool:
        return bool(self.open) and type(self.open[-1][0].value) is dict and self.pending[-1] is None

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.mistakes.add_at(self.document, *_place(event), f"the tag {shown(tag)} is not part of the claim language")

    def _mistake(self, node: Node, message: str) -> None:
        self.mistakes.add_at(self.document, node.line, node.column, message)


def _place(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
