"""Which top-level statements do more, when their module is imported, than give their names a value.

Such a statement counts for every stage that reaches its module, whether or not the stage names
anything it binds. The test errs on the side of an effect: only what is known to have none is let
pass. Taken to have none are operators, attribute access, and constructing an object of a class from
outside the project.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from cbspec.fingerprint.canonical import dotted, idle
from cbspec.fingerprint.external import BUILTINS, PURE_METHODS, is_pure
from cbspec.fingerprint.module import DEFINITION, Module, Statement
from cbspec.fingerprint.scope import Chain
from cbspec.fingerprint.source_tree import SourceTree

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__call__"})
_SUBCLASS_HOOKS = frozenset({"__init_subclass__", "__set_name__", "__prepare__"})
_LITERAL = (ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Tuple, ast.Set)
_MOST_REEXPORTS = 20


class Effects:
    """Tells the statements with effects; memoised for one project."""

    def __init__(self, project: SourceTree) -> None:
        self.project = project
        self._statements: dict[Statement, bool] = {}
        self._functions: dict[tuple[ast.AST, int, str], bool] = {}

    def has(self, statement: Statement) -> bool:
        """Tell whether importing the statement's module does something beyond binding the
        statement's names.
        """
        if statement not in self._statements:
            inert = statement.is_main or _Scope(self, statement.module).inert(
                statement.node, statement.owner
            )
            self._statements[statement] = not inert
        return self._statements[statement]

    def pure(self, module: Module, function: _Function, depth: int, own: str = "") -> bool:
        """Tell whether calling a function of the project, and then `depth` times what it returns,
        changes nothing that was there.

        Args:
            own: the name of the argument that the function is to change: ``self`` of a constructor.
        """
        key = function, depth, own
        if key not in self._functions:
            self._functions[key] = False  # what recursion comes back to
            scope = _Scope(self, module, _locals(function), inside=True)
            scope.own = own
            self._functions[key] = all(
                scope.block(nested.body) for nested in _nested(function, depth)
            )
        return self._functions[key]

    def meaning(self, module: Module, chain: Chain) -> Statement | str | None:
        """Return what a dotted name stands for: a statement of the project, a dotted name outside
        it, or None if that is open.
        """
        for _ in range(_MOST_REEXPORTS):
            held = module.bindings.get(chain[0], [])
            if module.stars or len(held) > 1:
                return None
            if not held:
                return f"builtins.{'.'.join(chain)}" if chain[0] in BUILTINS else None
            targets = held[0].imports.get(chain[0], [])
            if not targets:
                return held[0] if len(chain) == 1 else None
            name = targets[0].module
            chain = (targets[0].name, *chain[1:]) if targets[0].name else chain[1:]
            while chain and f"{name}.{chain[0]}" in self.project:
                name, chain = f"{name}.{chain[0]}", chain[1:]
            if name not in self.project:
                return ".".join((name, *chain))
            if not chain:
                return None
            module = self.project.module(name)
        return None


class _Scope:
    """Judges the code of one module, or of a function (`inside`) that binds the names `local`."""

    own = ""

    def __init__(
        self,
        effects: Effects,
        module: Module,
        local: frozenset[str] = frozenset(),
        *,
        inside: bool = False,
    ) -> None:
        self.effects = effects
        self.module = module
        self.local = local
        self.inside = inside

    def block(self, body: Iterable[ast.stmt]) -> bool:
        return all(self.inert(node) for node in body)

    def inert(self, node: ast.stmt, owner: str = "") -> bool:
        """Tell whether a statement only binds names, or fills the one container that it owns."""
        if idle(node):
            return True
        if isinstance(node, ast.Import | ast.ImportFrom):
            return not (self.inside and self.runs_project(node))
        if isinstance(node, _FUNCTION):
            return self.function(node)
        if isinstance(node, ast.ClassDef):
            return self.class_(node)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return self.assignment(node, owner)
        if isinstance(node, ast.If):
            return self.expression(node.test) and self.block([*node.body, *node.orelse])
        if isinstance(node, ast.Try):
            handled = [statement for handler in node.handlers for statement in handler.body]
            return self.block([*node.body, *handled, *node.orelse, *node.finalbody])
        if owner and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self.all([*node.value.args, *(word.value for word in node.value.keywords)])
        return self.inside_function(node) if self.inside else type(node).__name__ == "TypeAlias"

    def inside_function(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.For):
            return (
                self.targets([node.target])
                and self.expression(node.iter)
                and self.block([*node.body, *node.orelse])
            )
        if isinstance(node, ast.While):
            return self.expression(node.test) and self.block([*node.body, *node.orelse])
        if isinstance(node, ast.Return | ast.Expr | ast.Raise | ast.Assert):
            return self.all(
                child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
            )
        return isinstance(node, ast.Break | ast.Continue)

    def runs_project(self, node: ast.Import | ast.ImportFrom) -> bool:
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
        relative = isinstance(node, ast.ImportFrom) and node.level > 0
        return relative or any(name.partition(".")[0] in self.effects.project for name in names)

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, owner: str) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if (
            isinstance(node, ast.AugAssign)
            and not owner
            and not (self.inside and isinstance(node.value, ast.Constant))
        ):
            return False  # += may change, in place, what other names hold
        if isinstance(node.value, ast.Call) and any(
            getattr(target, "id", "") == "_" for target in targets
        ):
            return False  # called for what it does
        values = [node.value, getattr(node, "annotation", None)]
        return self.targets(targets, owner) and self.all(
            value for value in values if value is not None
        )

    def targets(self, targets: Iterable[ast.expr], owner: str = "") -> bool:
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                bound = self.targets(target.elts)
            elif isinstance(target, ast.Name):
                bound = not self.inside or target.id in self.local
            elif isinstance(target, ast.Subscript):
                bound = bool(owner) and self.expression(target.slice)
            else:
                bound = (
                    bool(self.own)
                    and isinstance(target, ast.Attribute)
                    and dotted(target.value) == self.own
                )
            if not bound:
                return False
        return True

    def function(self, node: _Function) -> bool:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        parts = [
            *node.args.defaults,
            *node.args.kw_defaults,
            *(argument.annotation for argument in arguments),
            node.returns,
        ]
        return self.decorators(node) and self.all(part for part in parts if part is not None)

    def decorators(self, node: _Function | ast.ClassDef) -> bool:
        return all(
            self.expression(decorator) and self.call(decorator, 1)
            if isinstance(decorator, ast.Call)
            else self.callee(decorator, 0)
            for decorator in node.decorator_list
        )

    def class_(self, node: ast.ClassDef) -> bool:
        if self.has_own_metaclass(node) or any(self.hooked(base) for base in node.bases):
            return False
        properties = {
            f"{member.name}.{part}"
            for member in node.body
            for part in ("setter", "deleter")
            if isinstance(member, _FUNCTION)
        }
        inner = _Class(
            self.effects, self.module, self.local | _stored(node.body), inside=self.inside
        )
        inner.properties = frozenset(properties)
        return (
            self.decorators(node)
            and self.all([*node.bases, *(word.value for word in node.keywords)])
            and inner.block(node.body)
        )

    def hooked(self, base: ast.expr) -> bool:
        """Tell whether a base class does something whenever a class is derived from it."""
        meaning = self.meaning(base.value if isinstance(base, ast.Subscript) else base)
        if not isinstance(meaning, Statement) or not isinstance(meaning.node, ast.ClassDef):
            return not isinstance(meaning, str)
        scope = _Scope(self.effects, meaning.module)
        hooks = {
            member.name for member in meaning.node.body if isinstance(member, _FUNCTION)
        } & _SUBCLASS_HOOKS
        return (
            bool(hooks)
            or scope.has_own_metaclass(meaning.node)
            or any(scope.hooked(above) for above in meaning.node.bases)
        )

    def has_own_metaclass(self, node: ast.ClassDef) -> bool:
        return any(
            word.arg in {"metaclass", None} and not isinstance(self.meaning(word.value), str)
            for word in node.keywords
        )

    def meaning(self, node: ast.expr) -> Statement | str | None:
        name = dotted(node)
        if not name or name.partition(".")[0] in self.local:
            return None
        return self.effects.meaning(self.module, tuple(name.split(".")))

    def all(self, nodes: Iterable[ast.expr]) -> bool:
        return all(self.expression(node) for node in nodes)

    def expression(self, node: ast.expr) -> bool:
        """Tell whether evaluating an expression calls nothing that could have an effect."""
        executed = list(_executed(node))
        bound = {
            part.id
            for part in executed
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        scope = (
            _Scope(self.effects, self.module, self.local | bound, inside=self.inside)
            if bound
            else self
        )
        calls = [part for part in executed if isinstance(part, ast.Call)]
        return not any(isinstance(part, ast.NamedExpr | ast.Await) for part in executed) and all(
            map(scope.call, calls)
        )

    def call(self, node: ast.Call, depth: int = 0) -> bool:
        """Tell whether a call, and calling `depth` times what it returns, has no effect; its
        arguments apart.
        """
        if any(word.arg == "key" for word in node.keywords) and dotted(node.func) in {
            "sorted",
            "min",
            "max",
        }:
            return False
        return self.callee(node.func, depth)

    def callee(self, node: ast.expr, depth: int) -> bool:
        if isinstance(node, ast.Call):
            return self.call(node, depth + 1)
        if (
            isinstance(node, ast.Attribute)
            and node.attr in PURE_METHODS
            and self.harmless(node.value)
        ):
            return True
        meaning = self.meaning(node)
        if isinstance(meaning, str):
            return is_pure(meaning) and not (depth and meaning == "functools.partial")
        if (
            isinstance(meaning, Statement)
            and isinstance(meaning.node, _FUNCTION)
            and not meaning.node.decorator_list
        ):
            return self.effects.pure(meaning.module, meaning.node, depth)
        return (
            isinstance(meaning, Statement)
            and isinstance(meaning.node, ast.ClassDef)
            and self.constructor(meaning, meaning.node)
        )

    def constructor(self, statement: Statement, node: ast.ClassDef) -> bool:
        """Tell whether making an instance of a class of the project, and calling it, has no
        effect.
        """
        scope = _Scope(self.effects, statement.module)
        made = [
            method
            for method in node.body
            if isinstance(method, _FUNCTION) and method.name in _CONSTRUCTORS
        ]
        bases = [
            scope.meaning(base.value if isinstance(base, ast.Subscript) else base)
            for base in node.bases
        ]
        return (
            not scope.has_own_metaclass(node)
            and all(self.effects.pure(statement.module, method, 0, own="self") for method in made)
            and all(
                isinstance(base, str) or (isinstance(base, Statement) and scope.constructs(base))
                for base in bases
            )
        )

    def constructs(self, base: Statement) -> bool:
        return isinstance(base.node, ast.ClassDef) and self.constructor(base, base.node)

    def harmless(self, node: ast.expr) -> bool:
        """Tell whether a method known to change nothing is that method indeed: its object is of no
        class of the project.
        """
        if isinstance(node, _LITERAL):
            return True
        meaning = self.meaning(node.func if isinstance(node, ast.Call) else node)
        if isinstance(meaning, Statement):
            return isinstance(getattr(meaning.node, "value", None), _LITERAL)
        return isinstance(meaning, str)


class _Class(_Scope):
    """Judges a class body; `properties` are the decorators that its own properties lend."""

    properties: frozenset[str] = frozenset()

    def callee(self, node: ast.expr, depth: int) -> bool:
        return dotted(node) in self.properties or super().callee(node, depth)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression that run when it does: all but the bodies of lambdas."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Lambda) and child is node.body):
            yield from _executed(child)


def _nested(function: _Function, depth: int) -> Iterator[_Function]:
    """Yield the function, and those that stand in it, `depth` levels down: one of them is what it
    returns.
    """
    yield function
    if depth:
        within = [node for node in _own(function) if isinstance(node, _FUNCTION)]
        for inner in within:
            yield from _nested(inner, depth - 1)


def _own(function: _Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, DEFINITION):
            waiting.extend(ast.iter_child_nodes(node))


def _stored(body: Iterable[ast.stmt]) -> frozenset[str]:
    names = {
        node.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return frozenset(
        names | {statement.name for statement in body if isinstance(statement, DEFINITION)}
    )


def _locals(function: _Function) -> frozenset[str]:
    names = {function.name}
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, DEFINITION) and node is not function:
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            shared.update(node.names)
    return frozenset(names - shared)
