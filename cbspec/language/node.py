"""YAML values that know their file, line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cbspec.model.origin import Origin

Scalar = str | int | float | bool | None

_BREAK = re.compile("\r\n|[\n\r]")
_NO_KEYS: Mapping[str, Node] = MappingProxyType({})
_SHOWN = 160  # a longer source line is left out of an error


class Document:
    """One file: its path for messages, its text and, once parsed, its root and number of values."""

    root: Node
    size: int

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return _BREAK.split(self.text)

    def line(self, number: int) -> str:
        """Return a source line, counted from 1, to print above a caret; empty if it is too long."""
        if not 0 < number <= len(self.lines):
            return ""
        line = self.lines[number - 1]
        if len(line) > _SHOWN:
            return ""
        hidden = filter(lambda sign: not sign.isprintable(), line)
        return line.translate(dict.fromkeys(map(ord, hidden), " "))

    def origin(self, line: int, column: int) -> Origin:
        return Origin(self.path, line, column)

    def find(self, node: Node) -> tuple[str, Node]:
        """Return the key path of a value or key, and the node that a message should point at.

        For a container with a key, that is the key.
        """
        return self._places.get(id(node), ("", node))

    @cached_property
    def _places(self) -> dict[int, tuple[str, Node]]:
        places: dict[int, tuple[str, Node]] = {}
        stack: list[tuple[str, Node, Node]] = [("", self.root, self.root)]
        while stack:
            path, key, value = stack.pop()
            places.setdefault(id(key), (path, key))
            places.setdefault(id(value), (path, key if value.holds else value))
            for name, child in reversed(value.entries.items()):
                stack.append((join(path, name), value.keys[name], child))
            for index, child in enumerate(value.items):
                stack.append((f"{path}[{index}]", child, child))
        return places


class Node:
    """A value or a key with its place.

    Attributes:
        value: ``dict[str, Node]``, ``list[Node]`` or a scalar.
        text: the written text of a scalar.
        keys: for a mapping, each key as a node.
        line: the line that it begins on, counted from 1.
        column: the column that it begins at, counted from 1.
        site: for a mapping that was merged from two, the one that a user would edit.
    """

    __slots__ = ("column", "document", "keys", "line", "site", "text", "value")

    def __init__(
        self,
        document: Document,
        line: int,
        column: int,
        value: dict[str, Node] | list[Node] | Scalar,
        text: str = "",
    ) -> None:
        self.document = document
        self.line = line
        self.column = column
        self.value = value
        self.text = text
        self.keys: Mapping[str, Node] = _NO_KEYS
        self.site: Node | None = None

    @property
    def origin(self) -> Origin:
        return self.document.origin(self.line, self.column)

    @property
    def holds(self) -> bool:
        """Tell whether the value is a mapping or a list."""
        return isinstance(self.value, dict | list)

    @property
    def entries(self) -> dict[str, Node]:
        """Return the entries of a mapping; none for any other value."""
        return self.value if type(self.value) is dict else {}

    @property
    def items(self) -> list[Node]:
        """Return the items of a list; none for any other value."""
        return self.value if type(self.value) is list else []


def merge(base: Node, over: Node) -> Node:
    """Merge `over` into `base`.

    A mapping without ``stage`` or ``use`` is merged key by key. If `base` is the name of a call, it
    becomes that call's overrides. Any other value replaces `base`.
    """
    if not isinstance(over.value, dict) or "stage" in over.value or "use" in over.value:
        return over
    if isinstance(base.value, dict):
        entries, keys = dict(base.value), base.keys
    elif isinstance(base.value, str):
        entries, keys = {"use": base}, {"use": base}
    else:
        return over
    for key, value in over.value.items():
        if key in entries:
            value = merge(entries[key], value)
        entries[key] = value
    merged = Node(over.document, over.line, over.column, entries)
    merged.site = over.site or over
    merged.keys = {**keys, **over.keys}
    return merged


def join(path: str, key: str) -> str:
    """Append a key or an index to a key path: ``assert[0].kind``."""
    if len(key) > 60:
        key = f"{key[:60]}..."
    return f"{path}.{key}" if path else key


def plain(node: Node) -> Any:
    """Return the plain value of a node, at any depth."""
    value = node.value
    if type(value) is dict:
        return {key: plain(child) for key, child in value.items()}
    if type(value) is list:
        return [plain(child) for child in value]
    return value
