"""A module's source, cut into its top-level statements: the units that a stage reaches or does not
reach.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cbspec.errors import ConfigError
from cbspec.fingerprint.canonical import (
    Documented,
    alone,
    documented,
    dotted,
    idle,
    pieces,
    short_hash,
)
from cbspec.fingerprint.names import imported, references
from cbspec.fingerprint.scope import Imported, References

# Of a catalog entry: a forecast and what claims may ask for change no result
SILENT = frozenset({"cost", "length", "continues"})
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IN_PLACE = frozenset({"append", "extend", "insert", "update", "setdefault", "add"})


@dataclass(eq=False)
class Statement:
    """One top-level statement; an import has one for each of its aliases.

    Attributes:
        owner: the name of the container display of this module that the statement fills
            (``TABLE["x"] = f``), if that is all it does.
        label: the name under which an expression that is no statement by itself is recorded.
    """

    module: Module
    position: int
    node: ast.stmt
    owner: str = ""
    label: str = ""

    @cached_property
    def references(self) -> References:
        return references(self.node, self.module.package, self.module.documented)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names that it binds in the module."""
        if isinstance(self.node, DEFINITION):
            return (self.node.name,)
        if self.label:
            return (self.label,)
        return (
            tuple(self.imports)
            or tuple(self.references.bound)
            or ((self.owner,) if self.owner else ())
        )

    @cached_property
    def imports(self) -> Mapping[str, list[Imported]]:
        """Name -> what this statement's imports bind it to."""
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return {name: [target] for name, target, _ in imported(self.node, self.module.package)}
        if isinstance(self.node, DEFINITION) or self.label:
            return {}
        return {name: targets for name, targets in self.references.bound.items() if targets}

    @cached_property
    def pieces(self) -> Mapping[str, str]:
        """Return qualified name -> short hash of its normal form; ``<module>`` for a statement that
        binds nothing.
        """
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return {
                name: short_hash(["import", *map(str, targets)])
                for name, targets in self.imports.items()
            }
        hashes: dict[str, str] = {}
        for name in ("<main>",) if self.is_main else self.names or ("<module>",):
            for qualified, text in pieces(self.node, name, self.module.documented).items():
                hashes[qualified] = short_hash([text])
        return hashes

    @property
    def is_main(self) -> bool:
        """Tell whether it is the block of ``if __name__ == "__main__"``."""
        return _is_main(self.node)

    @property
    def is_future(self) -> bool:
        """Tell whether it changes how Python reads the whole module."""
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"

    @property
    def evaluated(self) -> bool:
        """Tell whether its place among the module's statements can matter to what it yields."""
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return False
        if isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return bool(
                self.node.decorator_list
                or self.node.args.defaults
                or any(self.node.args.kw_defaults)
            )
        return not (isinstance(self.node, ast.Assign) and isinstance(self.node.value, ast.Constant))


class Module:
    """A parsed module.

    Args:
        name: its dotted name.
        path: its file; None for a folder without ``__init__.py``.
        shown: its path as definitions name it, relative to the project root.
        source: its text.
    """

    def __init__(self, name: str, path: Path | None, shown: str, source: bytes) -> None:
        self.name = name
        self.path = path
        self.shown = shown
        is_package = path is None or path.name == "__init__.py"
        self.package = name if is_package else name.rpartition(".")[0]
        self.documented: Documented = {}
        self.tree = _parse(source, shown)
        self.statements = [
            Statement(self, position, node)
            for position, node in enumerate(_top_level(self.tree.body))
        ]
        self.documented = documented(self._imports())
        self.bindings: dict[str, list[Statement]] = {}
        for statement in self.statements:
            for bound in statement.names:
                self.bindings.setdefault(bound, []).append(statement)
        self._attribute_to_owners()

    def _imports(self) -> dict[str, list[Imported]]:
        bound: dict[str, list[Imported]] = {}
        for statement in self.statements:
            if isinstance(statement.node, ast.Import | ast.ImportFrom):
                for name, targets in statement.imports.items():
                    bound.setdefault(name, []).extend(
                        target for target in targets if target not in bound[name]
                    )
        return bound

    def _attribute_to_owners(self) -> None:
        for statement in self.statements:
            name = _filled(statement.node)
            held = self.bindings.get(name, ())
            if held and all(
                holder.owner or holder is statement or _is_display(holder.node) for holder in held
            ):
                statement.owner = name
                statement.__dict__.pop("names", None)
                if statement not in held:
                    self.bindings[name].append(statement)

    @property
    def stars(self) -> list[Statement]:
        """Return its ``from ... import *`` statements."""
        return self.bindings.get("*", [])

    @cached_property
    def imports(self) -> tuple[Imported, ...]:
        """Return what importing this module imports in turn."""
        return tuple(
            whole
            for node in _imports_below(self.tree.body)
            for _, _, whole in imported(node, self.package)
        )

    @cached_property
    def volatile(self) -> bool:
        """Tell whether some name's value changes while the module is imported, so that the order of
        its statements matters.
        """
        return any(len(held) > 1 for name, held in self.bindings.items() if name != "*")

    def calls_with(self, text: str) -> Iterator[Statement]:
        """Yield the calls among the module's top-level values that have `text` as an argument: a
        catalog's entries.
        """
        for position, call in self._calls:
            if text in _plain_arguments(call):
                kept = [word for word in call.keywords if word.arg not in SILENT]
                node = ast.copy_location(
                    ast.Expr(ast.copy_location(ast.Call(call.func, call.args, kept), call)), call
                )
                yield Statement(self, position, node, label=entry_label(call))

    @cached_property
    def _calls(self) -> list[tuple[int, ast.Call]]:
        return [
            (statement.position, node)
            for statement in self.statements
            for node in ast.walk(statement.node)
            if isinstance(node, ast.Call)
        ]


def entry_label(call: ast.Call) -> str:
    """Return the name of a catalog's entry among the definitions: ``Stage('train_bp')``."""
    named = [word.value for word in call.keywords if word.arg == "name"] or call.args
    first = named[0].value if named and isinstance(named[0], ast.Constant) else ""
    return f"{dotted(call.func).rpartition('.')[2]}({first!r})"


def _parse(source: bytes, shown: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise ConfigError(
            f"{shown}:{error.lineno}:{error.offset}: this file is not Python: {error.msg}"
        ) from None


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from alone(node)
        elif not idle(node):
            yield node


def _imports_below(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_main(node):
            for part in ("body", "orelse", "finalbody"):
                yield from _imports_below(getattr(node, part, []))
            for part in ("handlers", "cases"):
                for branch in getattr(node, part, []):
                    yield from _imports_below(branch.body)


def _is_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and {
            getattr(side, "id", getattr(side, "value", None))
            for side in (node.test.left, node.test.comparators[0])
        }
        == {"__name__", "__main__"}
        and not node.orelse
    )


def _filled(node: ast.stmt) -> str:
    """Return the name of the container that a statement adds to and does nothing else to; empty for
    another statement.
    """
    target: ast.expr | None = None
    if (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Subscript)
    ):
        target = node.targets[0].value
    elif isinstance(node, ast.AugAssign):
        target = node.target
    elif (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
    ):
        target = node.value.func.value if node.value.func.attr in _IN_PLACE else None
    return target.id if isinstance(target, ast.Name) else ""


def _is_display(node: ast.stmt) -> bool:
    """Tell whether a statement binds its one name to a new container or to an immutable literal,
    which nothing else can hold.
    """
    if isinstance(node, ast.Assign) and (
        len(node.targets) > 1 or not isinstance(node.targets[0], ast.Name)
    ):
        return False
    value = getattr(node, "value", None) if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in {"dict", "list", "set"}
    displays = (
        ast.Dict,
        ast.List,
        ast.Set,
        ast.Tuple,
        ast.Constant,
        ast.DictComp,
        ast.ListComp,
        ast.SetComp,
    )
    return isinstance(value, displays)


def _plain_arguments(call: ast.Call) -> list[object]:
    values = [*call.args, *(word.value for word in call.keywords)]
    return [value.value for value in values if isinstance(value, ast.Constant)]
