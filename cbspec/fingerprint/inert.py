"""Find the inert statements of a module: those that only bind names to definitions and constants.

An inert statement counts only where one of its names is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from cbspec.fingerprint.canonical import dotted, idle, imports_of

# Their calls describe a definition, and do nothing but with their arguments
DESCRIBING = frozenset({
    "abc", "cbspec", "collections", "contextlib", "dataclasses", "enum", "functools", "msgspec",
    "typing",
})  # fmt: skip
_WRAPPERS = frozenset({"classmethod", "property", "staticmethod"})
# What their calls return, as a decorator, changes only what it decorates. `partial` may register it
_FACTORIES = frozenset({
    "dataclasses.dataclass", "enum.verify", "functools.lru_cache", "functools.wraps",
    "typing.dataclass_transform",
})  # fmt: skip
# With one of these, making an instance of a class may do more than to keep the arguments, or its
# instances may act where a class has them
_ACTING = frozenset({
    "__call__", "__init__", "__new__", "__post_init__", "__set_name__", "__setattr__",
    "default_factory",
})  # fmt: skip


class Inert:
    """Knows what is inert in one module.

    Args:
        tree: the module, whose imports tell what its names stand for.
        package: the package that relative imports start from.
    """

    def __init__(self, tree: ast.Module, package: str) -> None:
        self._describing = set(_WRAPPERS)
        self._records: set[str] = set()
        self._meanings: dict[str, str] = {}
        self._functions: set[str] = set()
        self._classes: set[str] = set()
        self._made: set[str] = set()
        for statement in tree.body:
            self._bind(statement)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in imports_of(statement, package):
                    self._meanings[alias.bound] = alias.meaning
                    if alias.module.partition(".")[0] in DESCRIBING:
                        self._describing.add(alias.bound)
            elif isinstance(statement, ast.ClassDef) and self._is_record(statement):
                self._records.add(statement.name)

    def _bind(self, node: ast.stmt) -> None:
        """Note what a statement of the module binds: functions, classes and what calls return."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._functions.add(node.name)
        elif isinstance(node, ast.ClassDef):
            self._classes.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self._made.update(map(dotted, targets))

    def _is_record(self, node: ast.ClassDef) -> bool:
        """Tell whether making an instance of a class only keeps the arguments."""
        if not (self._class(node) and all(map(self._describes, node.bases))):
            return False
        return _ACTING.isdisjoint(_words(node))

    def imports(self, package: str) -> bool:
        """Tell whether a name of the module stands for something of a package."""
        return any(name.partition(".")[0] == package for name in self._meanings.values())

    def meaning(self, node: ast.AST) -> str:
        """Return what a name with its attributes stands for, such as ``"msgspec.Meta"``.

        Empty if no import of the module binds the name.
        """
        head, dot, rest = dotted(node).partition(".")
        return f"{self._meanings[head]}{dot}{rest}" if head in self._meanings else ""

    def is_typing_block(self, node: ast.stmt) -> bool:
        """Tell whether a statement is ``if TYPE_CHECKING:``, which is never run."""
        return (
            isinstance(node, ast.If)
            and not node.orelse
            and self.meaning(node.test)
            in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")
        )

    def statement(self, node: ast.stmt) -> bool:
        """Tell whether a statement of a module or of a class body is inert."""
        if isinstance(node, ast.ClassDef):
            return self._class(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._decorated(node) and self._all(*_evaluated(node))
        if isinstance(node, ast.Assign):
            return all(map(_is_name, node.targets)) and self._expression(node.value)
        if isinstance(node, ast.AnnAssign):
            return _is_name(node.target) and self._all(node.annotation, node.value)
        return idle(node) or type(node).__name__ == "TypeAlias"

    def _class(self, node: ast.ClassDef) -> bool:
        words = [word.value for word in node.keywords if word.arg != "metaclass"]
        return (
            len(words) == len(node.keywords)
            and self._decorated(node)
            and self._all(*node.bases, *words)
            and all(map(self.statement, node.body))
        )

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Tell whether its decorators change only the function or class that they decorate."""
        return all(self._wraps(decorator, node.name) for decorator in node.decorator_list)

    def _wraps(self, decorator: ast.expr, name: str) -> bool:
        if isinstance(decorator, ast.Call):  # what it returns is called
            factory = self.meaning(decorator.func)
            return factory in _FACTORIES and self._expression(decorator)
        place, _, accessor = dotted(decorator).rpartition(".")
        if accessor in ("deleter", "getter", "setter") and place.rpartition(".")[2] == name:
            return True  # of a property, which has the name of its functions
        return self._describes(decorator)

    def _describes(self, function: ast.expr) -> bool:
        name = dotted(function)
        if name in self._records:
            return True
        known = name.partition(".")[0] in self._describing
        return known and self.meaning(function) != "functools.reduce"

    def _hands_over(self, node: ast.AST) -> bool:
        """Tell whether an operator, which may be one of the project's classes, gets a definition."""
        if isinstance(node, ast.BinOp):
            classes = not isinstance(node.op, ast.BitOr)  # `Net | None` is a type
            return self._is_definition(node.left, classes) or self._is_definition(
                node.right, classes
            )
        if not isinstance(node, ast.Subscript) or self._describes(node.value):
            return False
        classes = dotted(node.value) in self._made  # any other, as in `Box[Net]`, is a type
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return any(self._is_definition(item, classes) for item in items)

    def _is_definition(self, node: ast.expr, classes: bool) -> bool:
        """Tell whether an expression is a function of the module.

        Args:
            classes: or a class of it.
        """
        name = dotted(node)
        known = name in self._functions or (classes and name in self._classes)
        return known or isinstance(node, ast.Lambda)

    def _all(self, *expressions: ast.expr | None) -> bool:
        return all(self._expression(node) for node in expressions if node is not None)

    def _expression(self, root: ast.expr) -> bool:
        """Tell whether an expression calls only functions and classes that describe a definition."""
        waiting: list[ast.AST] = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Lambda):
                waiting += _defaults(node.args)
                continue
            if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
                return False
            if isinstance(node, ast.Call) and not self._describes(node.func):
                return False
            if self._hands_over(node):
                return False
            waiting += ast.iter_child_nodes(node)
        return True


def evaluates(node: ast.stmt) -> bool:
    """Tell whether an inert statement may bind another value at another place in its module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(node.decorator_list) or any(
            not isinstance(default, ast.Constant) for default in _defaults(node.args)
        )
    return not isinstance(getattr(node, "value", None), ast.Constant)


def derives(node: ast.stmt) -> bool:
    """Tell whether a statement defines a class with bases, which may be told of it."""
    if not isinstance(node, ast.ClassDef):
        return False
    return bool(node.bases) or any(map(derives, node.body))


def is_main_block(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if __name__ == "__main__":``, which no import runs."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and not node.orelse):
        return False
    sides = [node.test.left, *node.test.comparators]
    equal = isinstance(node.test.ops[0], ast.Eq)
    names = {getattr(side, "id", getattr(side, "value", None)) for side in sides}
    return equal and names == {"__name__", "__main__"}


def _words(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names that a class defines or assigns, and those of keyword arguments."""
    for part in ast.walk(node):
        for field in ("name", "arg", "id"):
            yield getattr(part, field, None) or ""


def _is_name(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_name, node.elts))
    return isinstance(node, ast.Name)


def _evaluated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Yield what is evaluated where a function is defined: defaults and annotations."""
    yield from _defaults(node.args)
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    for parameter in (*parameters, node.args.vararg, node.args.kwarg):
        if parameter is not None and parameter.annotation is not None:
            yield parameter.annotation
    if node.returns is not None:
        yield node.returns


def _defaults(arguments: ast.arguments) -> Sequence[ast.expr]:
    keyword_only = [default for default in arguments.kw_defaults if default is not None]
    return [*arguments.defaults, *keyword_only]
