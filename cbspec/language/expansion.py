"""Expanding named calls: `use` and bare names are replaced by the calls that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cbspec.catalog import Catalog
from cbspec.language.conform import unknown
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node, merge
from cbspec.language.scope import Scope

DEEPEST = 24  # levels of named calls within named calls
WORDS = frozenset({"stage", "use"})


class Endless(Exception):
    """A call needs itself, or too many others."""


@dataclass(slots=True)
class Expansion:
    """Expands the calls of one claim.

    Attributes:
        named: name -> call of the defaults.
        chain: the names of the calls being resolved, outermost first. A name that occurs twice is a
            cycle.
    """

    catalog: Catalog
    named: Mapping[str, Node]
    scope: Scope
    mistakes: Diagnostics
    chain: list[Node] = field(default_factory=list)

    def call(self, node: Node) -> Node | None:
        """Replace every `use` in a call, and return a mapping with `stage`."""
        target = self.scope.find(node)
        if isinstance(target.value, str):
            return self._named_call(node, target, empty(node))
        if not isinstance(target.value, dict):
            wanted = "a stage call (a mapping with stage or use, or a name)"
            self.mistakes.add(node, f"expected {wanted}, got {shown(target.value)}")
        elif "use" in target.value and "stage" in target.value:
            self.mistakes.add(target.keys["use"], "a stage call has either stage or use, not both")
        elif "use" in target.value:
            word = target.value["use"]
            return self._named_call(word, self.scope.find(word), _without_use(target))
        elif "stage" in target.value:
            return target
        else:
            self.mistakes.add(
                node,
                "a stage call needs stage (a stage of the catalog) or use (a named call of the defaults)",
            )
        return None

    def _named_call(self, word: Node, name: Node, rest: Node) -> Node | None:
        """Return a named call, with the rest of the mapping that uses it as overrides."""
        if not isinstance(name.value, str):
            self.mistakes.add(word, f"expected the name of a call, got {shown(name.value)}")
            return None
        if name.value not in self.named:
            message = unknown("named call", name.value, list(self.named))
            if name.value in self.catalog:
                message += f"; the stage of that name is {{stage: {name.value}}}"
            self.mistakes.add(word, message)
            return None
        for index, link in enumerate(self.chain):
            if link is word:
                lap = " -> ".join(link.text for link in (*self.chain[index:], word))
                self.endless(word, f"{name.value!r} uses itself ({lap})")
        if len(self.chain) == DEEPEST:
            self.endless(word, f"named calls nest deeper than {DEEPEST}")
        self.chain.append(word)
        definition = self.call(self.named[name.value])
        if definition is None:
            return None
        return merge(definition, rest)

    def endless(self, node: Node, message: str) -> None:
        self.mistakes.add(node, message[:300])
        raise Endless


def empty(node: Node) -> Node:
    """Return an empty mapping at the place of `node`."""
    mapping = Node(node.document, node.line, node.column, {})
    mapping.site = node
    return mapping


def _without_use(node: Node) -> Node:
    entries = dict(node.entries)
    del entries["use"]
    rest = Node(node.document, node.line, node.column, entries)
    rest.keys = node.keys
    rest.site = node.site or node
    return rest
