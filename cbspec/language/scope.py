"""Looking up ``$name``: it is a value of the claim's matrix cell, or else a size of the scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cbspec.language.conform import unknown
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Node


class UnknownName(Exception):
    """A ``$name`` is neither in the matrix nor a size of the scale."""


@dataclass(slots=True)
class Scope:
    """The names of one matrix cell at one scale.

    Attributes:
        elsewhere: names that are unknown here -> what they are elsewhere, for the message.
        used: every name that was looked up, once for each time.
    """

    cell: Mapping[str, Node]
    sizes: Mapping[str, Node]
    mistakes: Diagnostics
    elsewhere: Mapping[str, str]
    used: list[str] = field(default_factory=list)

    def find(self, node: Node) -> Node:
        """Return the node itself, or the node that its ``$name`` stands for.

        Raises:
            UnknownName: the name is unknown.
        """
        if node.text[:1] == "$":
            node = self._named(node)
        if node.text[:1] == "$":  # a matrix value may itself name a size
            node = self._named(node)
        return node

    def _named(self, node: Node) -> Node:
        name = node.text[1:]
        self.used.append(name)
        if name in self.cell:
            return self.cell[name]
        if name in self.sizes:
            return self.sizes[name]
        if name in self.elsewhere:
            message = f"{node.text} is {self.elsewhere[name]}"
        else:
            known = dict.fromkeys((*self.cell, *self.sizes, *self.elsewhere))
            message = unknown("name", node.text, [f"${word}" for word in known])
        self.mistakes.add(node, message)
        raise UnknownName

    def plain(self, node: Node) -> Any:
        """Return the plain value of a node, with every ``$name`` replaced.

        Raises:
            UnknownName: a name is unknown.
        """
        value = self.find(node).value
        if type(value) is dict:
            return {key: self.plain(child) for key, child in value.items()}
        if type(value) is list:
            return [self.plain(child) for child in value]
        return value

    def of_cell(self) -> Scope:
        """Return the same scope without sizes, for assertions: a scale never changes these."""
        elsewhere = dict.fromkeys(
            self.sizes, "a size of the scale, and a scale never changes what is asserted"
        )
        return Scope(self.cell, {}, self.mistakes, elsewhere, self.used)
