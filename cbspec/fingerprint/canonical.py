"""The canonical form of code.

Two pieces of code have the same form if and only if they differ in nothing but comments,
docstrings, formatting and the order of neighbouring imports.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from copy import copy
from itertools import filterfalse
from typing import NamedTuple

DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_SAYING: dict[str, tuple[str, ...]] = {}  # kind of a node -> its fields without these


class Import(NamedTuple):
    """One name that an import statement binds.

    Attributes:
        bound: the bound name; ``"*"`` for a star.
        module: the absolute name of the module that is imported from.
        name: the name that is imported from it; empty for the module itself.
        line: the line of the statement.
    """

    bound: str
    module: str
    name: str
    line: int

    @property
    def target(self) -> str:
        """Return ``"lab.nets.forward"`` of ``from lab.nets import forward``."""
        return f"{self.module}.{self.name}".rstrip(".")

    @property
    def meaning(self) -> str:
        """Return what the bound name stands for: ``"lab"`` of ``import lab.nets``."""
        plain = not self.name and self.module.startswith(f"{self.bound}.")
        return self.bound if plain else self.target


def imports_of(node: ast.Import | ast.ImportFrom, package: str) -> list[Import]:
    """Return the names that an import statement binds, in order.

    Args:
        node: the statement.
        package: the package that relative imports start from.
    """
    bindings = []
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            bound, module, name = alias.asname or alias.name, _origin(node, package), alias.name
        else:  # without `as`, `import a.b` binds `a`, but runs `a.b` as well
            bound, module, name = alias.asname or alias.name.partition(".")[0], alias.name, ""
        bindings.append(Import(bound, module, name, node.lineno))
    return bindings


def _origin(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name of the module that a statement imports from."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    base = parents[: len(parents) - node.level + 1]
    return ".".join([*base, node.module or ""]).rstrip(".")


def short_hash(text: str) -> str:
    """Return 16 hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def dotted(node: ast.AST) -> str:
    """Return ``"nets.forward"`` for the expression ``nets.forward``; empty for any other kind."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def canonical(node: ast.AST, package: str = "") -> str:
    """Return the canonical form of a piece of code."""
    # A stack instead of recursion, because a sum of thousands of terms is nested that deep
    text: list[str] = []
    waiting: list[str | ast.AST] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            text.append(item)
        elif isinstance(item, ast.Name):
            text.append(f"Name({item.id})")
        elif isinstance(item, ast.Constant):
            text.append(f"{type(item.value).__name__} {_literal(item.value)};")
        else:
            waiting += reversed(_parts(item, package))
    return "".join(text)


def _fields(node: ast.AST) -> tuple[str, ...]:
    """Return the fields of a node that have a meaning."""
    kind = type(node).__name__
    if kind not in _SAYING:
        _SAYING[kind] = tuple(filterfalse(_IGNORED.__contains__, node._fields))
    return _SAYING[kind]


def children(node: ast.AST) -> list[ast.AST]:
    """Return the child nodes of a piece of code, in their written order.

    `ast.iter_child_nodes` yields twice as many, half of them without meaning, and is four times
    slower.
    """
    parts: list[ast.AST] = []
    for field in _fields(node):
        value = getattr(node, field, None)
        if isinstance(value, list):
            parts += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            parts.append(value)
    return parts


def _literal(value: object) -> str:
    if type(value) is int:
        return hex(value)  # Python limits the number of decimal digits
    return repr(value)


def _parts(node: ast.AST, package: str) -> list[str | ast.AST]:
    """Return a node's fields in order, without empty ones.

    So a new field in a later version of Python changes nothing.
    """
    parts: list[str | ast.AST] = [f"{type(node).__name__}("]
    for field in _fields(node):
        value = getattr(node, field, None)
        if value is None or value == []:
            continue
        parts.append(f"{field}=")
        if isinstance(value, ast.AST):
            parts.append(value)
        elif isinstance(value, list):
            parts += ["[", *_items(node, value, package), "]"]
        else:
            parts.append(f"{value!r};")
    return [*parts, ")"]


def _items(node: ast.AST, values: list[ast.AST], package: str) -> Iterable[str | ast.AST]:
    if isinstance(values[0], ast.stmt):
        return _statements(values, package)
    if isinstance(node, ast.Delete) and isinstance(values[0], ast.Tuple):
        return values[0].elts  # formatters drop the parentheses of `del (a, b)`
    items: list[str | ast.AST] = []
    for value in values:
        items.append(value if isinstance(value, ast.AST) else f"{value!r};")
    return items


def _statements(body: Iterable[ast.AST], package: str) -> list[str | ast.AST]:
    """Return the statements of a block without idle ones, and with each run of imports sorted."""
    statements: list[str | ast.AST] = []
    run: list[Import] = []
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            run += imports_of(statement, package)
        elif not idle(statement):
            statements += [*_run(run), statement]
            run = []
    return statements + _run(run)


def _run(run: list[Import]) -> list[str]:
    """Return a run of imports as text: sorted, unless one may bind the same name as another."""
    lines: list[str] = []
    meanings: dict[str, str] = {}
    ordered = False
    for alias in run:
        lines.append(f"import {alias.bound}={alias.target};")
        ordered |= alias.bound == "*" or meanings.get(alias.bound, alias.meaning) != alias.meaning
        meanings[alias.bound] = alias.meaning
    if not ordered:
        lines.sort()
    return lines


def idle(statement: ast.AST) -> bool:
    """Tell whether a statement does nothing: ``pass``, a docstring, an ellipsis."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def pieces(node: ast.stmt, name: str, package: str) -> Mapping[str, str]:
    """Return qualified name -> hash, for a definition.

    Methods and nested classes have their own hashes, so that a change is located precisely.
    """
    if not isinstance(node, ast.ClassDef):
        return {name: short_hash(canonical(node, package))}
    hashes: dict[str, str] = {}
    body: list[ast.stmt] = []
    for member in node.body:
        if not isinstance(member, DEFINITION):
            body.append(member)
            continue
        body.append(ast.Expr(ast.Name(f"def {member.name}")))
        for qualified, digest in pieces(member, f"{name}.{member.name}", package).items():
            if qualified in hashes:  # the method is defined twice
                digest = short_hash(hashes[qualified] + digest)
            hashes[qualified] = digest
    frame = copy(node)  # with what a later Python adds, such as type parameters
    frame.body = body
    return {name: short_hash(canonical(frame, package)), **hashes}
