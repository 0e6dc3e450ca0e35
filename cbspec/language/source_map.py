"""Where each value of a claim stands. Computed at the first look, since of thousands of claims only
few are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from cbspec.language.calls import Trace
from cbspec.language.grammar import plain
from cbspec.language.node import Node, join
from cbspec.language.scope import Scope
from cbspec.model.origin import Origin


class Origins(Mapping[str, Origin]):
    """Key path (``"assert[0].kind"``, ``"arms.dfa.snapshot.epoch"``) -> place; `trace` has the
    values beside it.

    Args:
        known: places that every run asks for.
    """

    def __init__(self, recompute: Callable[[], Trace], known: Mapping[str, Origin]) -> None:
        self._recompute = recompute
        self._known = known

    @cached_property
    def trace(self) -> Trace:
        return self._recompute()

    @cached_property
    def _places(self) -> dict[str, Origin]:
        return {key: node.origin for key, (_, node) in self.trace.items() if node is not None}

    def __getitem__(self, key: str) -> Origin:
        return self._known[key] if key in self._known else self._places[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def walk(root: Node, path: str, place: Node | None = None, scope: Scope | None = None) -> Trace:
    """Return every value at and below `root`; a container is placed at its key, if it has one.

    With a scope, each ``$name`` is what it stands for.
    """
    trace: Trace = {}
    stack: list[tuple[Node, str, Node]] = [(root, path, place or root)]
    while stack:
        node, key, where = stack.pop()
        holder = scope.find(node) if scope else node
        trace[key] = (
            scope.plain(node) if scope else plain(node),
            where if isinstance(node.value, dict | list) else holder,
        )
        stack += [
            (child, join(key, name), node.keys[name])
            for name, child in reversed(node.entries.items())
        ]
        stack += [
            (child, f"{key}[{index}]", child)
            for index, child in reversed(list(enumerate(node.items)))
        ]
    return trace
