"""What a statement refers to: the names that it leaves to its module, by Python's own scoping
rules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cbspec.fingerprint.canonical import dotted, substance
from cbspec.fingerprint.computed import opening, tables
from cbspec.fingerprint.external import IMPORTERS, OPEN_ATTRIBUTES
from cbspec.fingerprint.scope import Imported, Load, NameScope, References

_WATCHED = OPEN_ATTRIBUTES | {"__subclasses__"}
_LONGEST_PATH = 200
_TYPE_MAKERS = frozenset(
    {"ForwardRef", "NamedTuple", "NewType", "TypeVar", "TypedDict", "defstruct", "make_dataclass"}
)


def references(node: ast.AST, package: str, documented: Mapping[str, Any]) -> References:
    """Return everything that a module-level statement refers to.

    Args:
        node: the statement (or an expression).
        package: the package that relative imports in it start from.
        documented: see `cbspec.fingerprint.canonical.documented`; what only documents is not looked
            at.
    """
    walk = _Walk(package, documented)
    top = walk.scope("module", None)
    walk.visit(node, top)
    return walk.finish(top)


def imported(
    node: ast.Import | ast.ImportFrom, package: str
) -> list[tuple[str, Imported, Imported]]:
    """Return (name bound, what it is bound to, what is imported) of each alias."""
    if isinstance(node, ast.Import):
        return [
            (alias.asname, Imported(alias.name), Imported(alias.name))
            if alias.asname
            else (
                alias.name.partition(".")[0],
                Imported(alias.name.partition(".")[0]),
                Imported(alias.name),
            )
            for alias in node.names
        ]
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    return [
        (alias.asname or alias.name, Imported(base, alias.name), Imported(base, alias.name))
        for alias in node.names
    ]


class _Walk:
    def __init__(self, package: str, documented: Mapping[str, Any]) -> None:
        self.package = package
        self.documented = documented
        self.found = References()
        self.scopes: list[NameScope] = []
        self.hinting = False  # inside an annotation, where a string is code

    def scope(self, kind: str, outer: NameScope | None, node: ast.AST | None = None) -> NameScope:
        self.scopes.append(NameScope(kind, outer, node))
        return self.scopes[-1]

    def visit(self, node: ast.AST, scope: NameScope) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            self.children(node, scope)
        else:
            handler(self, node, scope)

    def children(self, node: ast.AST, scope: NameScope) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                self.all(value, scope)
            elif isinstance(value, ast.AST):
                self.visit(value, scope)

    def all(self, nodes: Iterable[Any], scope: NameScope) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.visit(node, scope)

    def name(self, node: ast.Name, scope: NameScope) -> None:
        if isinstance(node.ctx, ast.Load):
            scope.loads.append(Load((node.id,)))
        else:
            scope.bind(node.id)

    def attribute(
        self, node: ast.Attribute, scope: NameScope, argument: ast.expr | None = None
    ) -> None:
        attributes = [node.attr]
        root = node.value
        while isinstance(root, ast.Attribute):
            attributes.append(root.attr)
            root = root.value
        self.found.attributes.update(_WATCHED.intersection(attributes))
        if isinstance(root, ast.Name):
            scope.loads.append(Load((root.id, *reversed(attributes)), argument=argument))
        else:
            self.visit(root, scope)

    def constant(self, node: ast.Constant, scope: NameScope) -> None:
        text = node.value
        if not isinstance(text, str) or len(text) > _LONGEST_PATH:
            return
        if self.hinting:
            self.hint(text, scope)
        elif "." in text or ":" in text:
            self.found.texts.add(text)

    def hint(self, text: str, scope: NameScope) -> None:
        try:
            inside = ast.parse(text.strip(), mode="eval")
        except SyntaxError:
            return
        marks = len(scope.loads)
        self.visit(inside.body, scope)
        scope.loads[marks:] = [load._replace(hint=True) for load in scope.loads[marks:]]

    def annotation(self, node: ast.AST | None, scope: NameScope) -> None:
        if node is not None:
            before, self.hinting = self.hinting, True
            self.visit(node, scope)
            self.hinting = before

    def subscript(self, node: ast.Subscript, scope: NameScope) -> None:
        self.visit(node.value, scope)
        tail = getattr(node.value, "attr", getattr(node.value, "id", ""))
        before = self.hinting  # outside functions, list["Net"] may be an alias that annotations use
        self.hinting = (before or scope.kind in {"module", "class"}) and tail != "Literal"
        self.visit(node.slice, scope)
        self.hinting = before

    def call(self, node: ast.Call, scope: NameScope) -> None:
        tail = getattr(node.func, "attr", getattr(node.func, "id", ""))
        before, self.hinting = self.hinting, tail in _TYPE_MAKERS
        if tail in IMPORTERS and isinstance(node.func, ast.Attribute):
            self.attribute(node.func, scope, _imported_name(node))
        elif tail in IMPORTERS:
            scope.loads.append(Load((tail,), argument=_imported_name(node)))
        elif tail == "vars" and not node.args:
            scope.loads.append(Load(("locals",)))
        else:
            self.visit(node.func, scope)
        args, keywords = substance(node, self.documented)
        self.all(args, scope)
        self.all(keywords, scope)
        self.hinting = before

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: NameScope) -> None:
        scope.bind(node.name)
        self.all(node.decorator_list, scope)
        scope = self.generic(node, scope)
        self.annotation(node.returns, scope)
        self.all(node.body, self.signature(node, scope))

    def lambda_(self, node: ast.Lambda, scope: NameScope) -> None:
        self.visit(node.body, self.signature(node, scope))

    def signature(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: NameScope
    ) -> NameScope:
        arguments = node.args
        self.all(arguments.defaults, scope)
        self.all(arguments.kw_defaults, scope)
        inner = self.scope("function", scope, node)
        every = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        for argument in every:
            if argument is not None:
                inner.bind(argument.arg)
                self.annotation(argument.annotation, scope)
        return inner

    def class_(self, node: ast.ClassDef, scope: NameScope) -> None:
        scope.bind(node.name)
        self.all(node.decorator_list, scope)
        scope = self.generic(node, scope)
        self.all(node.bases, scope)
        self.all(node.keywords, scope)
        self.all(node.body, self.scope("class", scope))

    def generic(self, node: ast.AST, scope: NameScope) -> NameScope:
        """Return the scope of the type parameters that Python 3.12 allows, or `scope` if there are
        none.
        """
        parameters = getattr(node, "type_params", ())
        if not parameters:
            return scope
        inner = self.scope("function", scope)
        self.all(parameters, inner)
        return inner

    def comprehension(self, node: Any, scope: NameScope) -> None:
        self.visit(node.generators[0].iter, scope)
        inner = self.scope("comprehension", scope)
        for position, generator in enumerate(node.generators):
            self.visit(generator.target, inner)
            self.all(generator.ifs, inner)
            if position:
                self.visit(generator.iter, inner)
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                self.visit(getattr(node, part), inner)

    def walrus(self, node: ast.NamedExpr, scope: NameScope) -> None:
        holder = scope
        while holder.kind == "comprehension" and holder.outer is not None:
            holder = holder.outer
        self.visit(node.target, holder)
        self.visit(node.value, scope)

    def augmented(self, node: ast.AugAssign, scope: NameScope) -> None:
        if isinstance(node.target, ast.Name):
            scope.loads.append(Load((node.target.id,)))
        self.children(node, scope)

    def annotated(self, node: ast.AnnAssign, scope: NameScope) -> None:
        self.visit(node.target, scope)
        self.annotation(node.annotation, scope)
        if dotted(node.annotation).endswith("TypeAlias"):
            self.annotation(node.value, scope)
        elif node.value is not None:
            self.visit(node.value, scope)

    def import_(self, node: ast.Import | ast.ImportFrom, scope: NameScope) -> None:
        for name, bound, whole in imported(node, self.package):
            scope.bind(name, bound)
            self.found.imports.add(whole)

    def global_(self, node: ast.Global, scope: NameScope) -> None:
        scope.globals.update(node.names)
        scope.loads.extend(Load((name,)) for name in node.names)

    def nonlocal_(self, node: ast.Nonlocal, scope: NameScope) -> None:
        scope.nonlocals.update(node.names)

    def capture(self, node: Any, scope: NameScope) -> None:
        """Bind the name of ``except ... as name``, ``case ... as name``, ``case [*name]``, ``case
        {**rest}`` or a type parameter.
        """
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if name:
            scope.bind(name)
        self.children(node, scope)

    def finish(self, top: NameScope) -> References:
        self.found.bound = top.bound
        for scope in self.scopes:
            for load in scope.loads:
                self.resolve(load, scope)
        return self.found

    def resolve(self, load: Load, scope: NameScope) -> None:
        if load.argument is not None:
            picked = tables(load.argument, scope)
            load = Load(load.chain, opening(load.argument), picked or ())
        holder = scope.holder(load.chain[0])
        if holder is not None:
            self.found.through.update((target, load) for target in holder.bound[load.chain[0]])
            if holder.kind != "class":
                return
            # A class body reads the global until it binds the name
            self.resolve(load._replace(hint=True), holder.outer or holder)
        else:
            self.found.loads.add(load)


def _imported_name(call: ast.Call) -> ast.expr | None:
    return (
        call.args[0]
        if call.args
        else next((word.value for word in call.keywords if word.arg == "name"), None)
    )


_HANDLERS: dict[type[ast.AST], Callable[..., None]] = {
    ast.Name: _Walk.name,
    ast.Attribute: _Walk.attribute,
    ast.Constant: _Walk.constant,
    ast.Subscript: _Walk.subscript,
    ast.Call: _Walk.call,
    ast.FunctionDef: _Walk.function,
    ast.AsyncFunctionDef: _Walk.function,
    ast.Lambda: _Walk.lambda_,
    ast.ClassDef: _Walk.class_,
    ast.ListComp: _Walk.comprehension,
    ast.SetComp: _Walk.comprehension,
    ast.DictComp: _Walk.comprehension,
    ast.GeneratorExp: _Walk.comprehension,
    ast.NamedExpr: _Walk.walrus,
    ast.AugAssign: _Walk.augmented,
    ast.AnnAssign: _Walk.annotated,
    ast.Import: _Walk.import_,
    ast.ImportFrom: _Walk.import_,
    ast.Global: _Walk.global_,
    ast.Nonlocal: _Walk.nonlocal_,
    ast.ExceptHandler: _Walk.capture,
    ast.MatchAs: _Walk.capture,
    ast.MatchStar: _Walk.capture,
    ast.MatchMapping: _Walk.capture,
}
_HANDLERS |= {
    getattr(ast, kind): _Walk.capture
    for kind in ("TypeVar", "ParamSpec", "TypeVarTuple")
    if hasattr(ast, kind)
}
