"""The normal form of code: what it does, blind to comments, docstrings, formatting and the order of
imports.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cbspec.fingerprint.scope import Imported


class Prose(NamedTuple):
    """The arguments of a call that only document: their keywords, and the position of the one that
    may be positional.
    """

    keywords: frozenset[str]
    position: int | None = None


Documented = Mapping[str, Prose]

PROSE: Documented = {
    "msgspec.Meta": Prose(frozenset({"title", "description", "examples"})),
    "cbspec.stage.Stage": Prose(frozenset({"doc"}), 1),
    "cbspec.stage.Input": Prose(frozenset({"doc"}), 1),
    "cbspec.stage.Measure": Prose(frozenset({"doc"}), 1),
}
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_BLIND = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_IMPORT = (ast.Import, ast.ImportFrom)
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def documented(bound: Mapping[str, Sequence[Imported]]) -> Documented:
    """Return the callables of `PROSE` under the names that a module's imports give them."""
    callables: dict[str, Prose] = {}
    for name, targets in bound.items():
        if len(targets) != 1:
            continue
        target = str(targets[0]).replace(":", ".")
        for callee, prose in PROSE.items():
            if callee == target or callee.startswith(f"{target}."):
                callables[name + callee[len(target) :]] = prose
    return callables


def substance(call: ast.Call, prose: Documented) -> tuple[list[ast.expr], list[ast.keyword]]:
    """Return a call's arguments without those that only document."""
    blind = prose.get(dotted(call.func)) if prose else None
    if blind is None:
        return call.args, call.keywords
    args = [arg for position, arg in enumerate(call.args) if position != blind.position]
    return args, [word for word in call.keywords if word.arg not in blind.keywords]


def dotted(node: ast.AST) -> str:
    """Return ``"nets.forward"`` of the expression ``nets.forward``; empty for anything but names
    and attributes.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def short_hash(texts: Iterable[str]) -> str:
    """Return 16 hex digits over the texts in order."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def normal(node: ast.AST, prose: Documented) -> str:
    """Return text that is equal for two pieces of code exactly when they differ only in comments,
    docstrings and formatting.
    """
    parts: list[str] = []
    _write(node, parts.append, prose)
    return "".join(parts)


def pieces(node: ast.stmt, name: str, prose: Documented) -> dict[str, str]:
    """Return qualified name -> normal form: a class apart from its methods, each method and nested
    class by itself.
    """
    if not isinstance(node, ast.ClassDef):
        return {name: normal(node, prose)}
    inner = (*_FUNCTION, ast.ClassDef)
    members = [member for member in node.body if isinstance(member, inner)]
    body = [
        ast.Expr(ast.Name(f"def {part.name}")) if isinstance(part, inner) else part
        for part in node.body
    ]
    frame = ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list)
    normal_forms = {name: normal(frame, prose)}
    for member in members:
        for qualified, text in pieces(member, f"{name}.{member.name}", prose).items():
            normal_forms[qualified] = normal_forms.get(qualified, "") + text
    return normal_forms


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _BLIND)
    return fields


def _write(node: ast.AST, write: Callable[[str], None], prose: Documented) -> None:
    kind = type(node)
    if kind is ast.Name:
        write(f"Name({node.id})")  # type: ignore[attr-defined]
        return
    if kind is ast.Constant:
        write(f"{type(node.value).__name__} {node.value!r};")  # type: ignore[attr-defined]
        return
    write(f"{kind.__name__}(")
    if kind is ast.Call:
        args, keywords = substance(node, prose)  # type: ignore[arg-type]
        _write(node.func, write, prose)  # type: ignore[attr-defined]
        _write_list(args, write, prose)
        _write_list(keywords, write, prose)
        write(")")
        return
    for name in _FIELDS.get(kind) or _fields(kind):
        value = getattr(node, name, None)
        if value is None or value == []:  # so that a field that a later Python adds changes nothing
            continue
        write(f"{name}=")
        if isinstance(value, ast.AST):
            _write(value, write, prose)
        elif isinstance(value, list):
            _write_list(value, write, prose)
        else:
            write(f"{value!r};")
    write(")")


def _write_list(values: Sequence[Any], write: Callable[[str], None], prose: Documented) -> None:
    write("[")
    if values and isinstance(values[0], ast.stmt):
        values = _statements(values)
    for value in values:
        if isinstance(value, ast.AST):
            _write(value, write, prose)
        else:
            write(f"{value!r};")
    write("]")


def _statements(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return a block without docstrings and other statements that do nothing, its runs of imports
    split up and sorted.
    """
    statements: list[ast.stmt] = []
    run: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, _IMPORT):
            run += alone(statement)
        elif not idle(statement):
            statements += sorted(run, key=ast.dump)
            run = []
            statements.append(_flat_delete(statement))
    return statements + sorted(run, key=ast.dump)


def idle(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing: ``pass``, a docstring, an ellipsis."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def alone(statement: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
    """Split an import statement into one per alias."""
    if isinstance(statement, ast.Import):
        return [
            ast.copy_location(ast.Import(names=[alias]), statement) for alias in statement.names
        ]
    return [
        ast.copy_location(
            ast.ImportFrom(module=statement.module, names=[alias], level=statement.level), statement
        )
        for alias in statement.names
    ]


def _flat_delete(statement: ast.stmt) -> ast.stmt:
    """Return ``del (a, b)`` as ``del a, b``: formatters drop the parentheses."""
    if not isinstance(statement, ast.Delete) or not isinstance(statement.targets[0], ast.Tuple):
        return statement
    return ast.Delete(
        targets=[part for target in statement.targets for part in getattr(target, "elts", [target])]
    )
