"""The vocabulary of references: what imports bind, what is read, and the scopes that Python looks
names up in.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple

Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds a name to: a module, or with `name` something in it (``"*"``:
    everything).
    """

    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" if self.name else self.module


class Load(NamedTuple):
    """A name read with the attributes that follow it: ``nets.forward`` is ``("nets", "forward")``.

    Attributes:
        opening: in the call of an importing function, the text its argument opens with, and ``"*"``
            where more is computed.
        tables: the globals that a computed argument is picked from, when it can come from nowhere
            else.
        hint: from a string inside an annotation, or of a class scope: it may well be no global at
            all.
        argument: that argument, until it is known what scopes bind.
        rest: the attributes alone.
    """

    chain: Chain
    opening: str | None = None
    tables: tuple[Chain, ...] = ()
    hint: bool = False
    argument: ast.expr | None = None

    @property
    def rest(self) -> Chain:
        return self.chain[1:]


@dataclass(slots=True)
class References:
    """All that one statement refers to.

    Attributes:
        bound: the names it binds where it stands -> what imports bind them to.
        loads: reads of names that no scope inside the statement binds.
        through: reads of names that an import inside the statement binds, with the attributes that
            follow.
        imports: every import inside it.
        texts: string constants that could be import paths.
        attributes: attribute names that lead to namespaces or subclasses.
    """

    bound: dict[str, list[Imported]] = field(default_factory=dict)
    loads: set[Load] = field(default_factory=set)
    through: set[tuple[Imported, Load]] = field(default_factory=set)
    imports: set[Imported] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


class NameScope:
    """A module, class, function or comprehension: `node` is the function's."""

    __slots__ = ("bound", "globals", "kind", "loads", "node", "nonlocals", "outer")

    def __init__(self, kind: str, outer: NameScope | None, node: ast.AST | None) -> None:
        self.kind = kind
        self.node = node
        self.outer = outer
        self.bound: dict[str, list[Imported]] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.loads: list[Load] = []

    def bind(self, name: str, imported: Imported | None = None) -> None:
        held = self.bound.setdefault(name, [])
        if imported is not None:
            held.append(imported)

    def holder(self, name: str) -> NameScope | None:
        """Return the scope inside the statement that binds `name` for code in this one; None if
        that is the module.
        """
        at: NameScope | None = self
        while at is not None and at.kind != "module" and name not in at.globals:
            if name in at.bound and name not in at.nonlocals and (at.kind != "class" or at is self):
                return at
            at = at.outer
        return None
