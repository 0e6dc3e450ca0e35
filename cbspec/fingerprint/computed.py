"""What can be said of a computed module name: the text it opens with, or the tables that it is
picked from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from cbspec.fingerprint.canonical import dotted
from cbspec.fingerprint.scope import Chain, NameScope

_PICKING = frozenset({"get", "values", "items", "rpartition", "rsplit"})
# At the colon only: before the last dot stands a module, before the first a package
_CUTTING = frozenset({"split", "partition"})


def opening(argument: ast.expr) -> str:
    """Return the text of a constant; of a computed text its start and ``"*"``."""
    first: ast.expr = argument
    while not isinstance(first, ast.Constant):
        if isinstance(first, ast.BinOp):
            first = first.left
        elif isinstance(first, ast.JoinedStr) and first.values:
            first = first.values[0]
        else:
            return "*"
    text = str(first.value)
    return text if first is argument else f"{text.partition('%')[0].partition('{')[0]}*"


def tables(argument: ast.expr, scope: NameScope) -> tuple[Chain, ...] | None:
    """Return the globals that a text is picked from in the function of `scope`: ``TABLE`` for
    ``TABLE[key].split(":")``.

    Returns:
        None if the text may come from elsewhere (an argument, a file, another function).
    """
    chains: set[Chain] = set()
    seen: set[str] = set()
    waiting = [argument]
    while waiting:
        node = waiting.pop()
        name = dotted(node)
        if not name:
            parts = _sources(node)
        elif scope.holder(name.partition(".")[0]) is None:
            chains.add(tuple(name.split(".")))
            continue
        else:
            parts = _assigned(name, scope) if name not in seen else []
            seen.add(name)
        if parts is None:
            return None
        waiting += parts
    return tuple(sorted(chains))


def _sources(node: ast.expr) -> list[ast.expr] | None:
    if isinstance(node, ast.Constant):
        return []
    if isinstance(node, ast.Subscript | ast.Starred):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        at_colon = [getattr(argument, "value", None) for argument in node.args[:1]] == [":"]
        if node.func.attr in _PICKING or (node.func.attr in _CUTTING and at_colon):
            return [node.func.value, *node.args[1:]]
    return None


def _assigned(name: str, scope: NameScope) -> list[ast.expr] | None:
    """Return every value that the function itself gives to a local name; None if it gets one in
    another way.
    """
    holder = scope.holder(name)
    if (
        holder is None
        or holder is not scope
        or not isinstance(holder.node, ast.FunctionDef | ast.AsyncFunctionDef)
    ):
        return None
    values: list[ast.expr] = []
    stores = 0
    for node in ast.walk(holder.node):
        if isinstance(node, ast.arg) and node.arg == name:
            return None
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            stores += 1
    for target, value in _bindings(ast.walk(holder.node)):
        named = [
            part for part in ast.walk(target) if isinstance(part, ast.Name) and part.id == name
        ]
        stores -= len(named)
        values += [value] * bool(named)
    return values if stores == 0 and values else None


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, node.iter
