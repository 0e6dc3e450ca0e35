"""Source maps: the place of each value of a claim.

They are computed when first asked for, since only few of thousands of claims ever are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from cbspec.language.forms import Trace
from cbspec.language.node import Node, join, plain
from cbspec.language.scope import Scope
from cbspec.model.origin import Origin


class Origins(Mapping[str, Origin]):
    """A mapping of key path -> place. Key paths are ``"assert[0].kind"``, ``"arms.dfa.epoch"``.

    Args:
        known: the places that every run asks for.
    """

    def __init__(self, recompute: Callable[[], Trace], known: Mapping[str, Origin]) -> None:
        self._recompute = recompute
        self._known = known

    @cached_property
    def trace(self) -> Trace:
        return self._recompute()

    @cached_property
    def _places(self) -> dict[str, Origin]:
        places = {}
        for key, (_, node) in self.trace.items():
            if node is not None:
                places[key] = node.origin
        return places

    def __getitem__(self, key: str) -> Origin:
        return self._known.get(key) or self._places[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def walk(root: Node, path: str, place: Node | None = None, scope: Scope | None = None) -> Trace:
    """Return every value at and below `root` with its place. The place of a container is its key.

    With a scope, every ``$name`` is replaced.
    """
    trace: Trace = {}
    stack: list[tuple[Node, str, Node]] = [(root, path, place or root)]
    while stack:
        node, key, where = stack.pop()
        value, holder = plain(node), node
        if scope:
            value, holder = scope.plain(node), scope.find(node)
        trace[key] = value, where if node.holds else holder
        for name, child in reversed(node.entries.items()):
            stack.append((child, join(key, name), node.keys[name]))
        for index, child in reversed(list(enumerate(node.items))):
            stack.append((child, f"{key}[{index}]", child))
    return trace
