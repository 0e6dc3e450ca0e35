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
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in imports_of(statement, package):
                    self._meanings[alias.bound] = alias.meaning
                    if alias.module.partition(".")[0] in DESCRIBING:
                        self._describing.add(alias.bound)
            elif isinstance(statement, ast.ClassDef) and self._is_record(statement):
                self._records.add(statement.name)

    def _is_record(self, node: ast.ClassDef) -> bool:
        """Tell whether making an instance of a class only keeps the arguments."""
        if not (self._class(node) and all(map(self._describes, node.bases))):
            return False
        names = {getattr(part, "name", getattr(part, "arg", "")) for part in ast.walk(node)}
        return names.isdisjoint(("__init__", "__new__", "__post_init__", "default_factory"))

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
            return all(map(self._wraps, node.decorator_list)) and self._all(*_evaluated(node))
        if isinstance(node, ast.Assign):
            return all(map(_is_name, node.targets)) and self._expression(node.value)
        if isinstance(node, ast.AnnAssign):
            return _is_name(node.target) and self._all(node.annotation, node.value)
        return idle(node) or type(node).__name__ == "TypeAlias"

    def _class(self, node: ast.ClassDef) -> bool:
        words = [word.value for word in node.keywords if word.arg != "metaclass"]
        return (
            len(words) == len(node.keywords)
            and all(map(self._wraps, node.decorator_list))
            and self._all(*node.bases, *words)
            and all(map(self.statement, node.body))
        )

    def _wraps(self, decorator: ast.expr) -> bool:
        """Tell whether a decorator changes only the function or class that it decorates."""
        if isinstance(decorator, ast.Call):
            return self._expression(decorator)
        accessor = dotted(decorator).endswith((".setter", ".getter", ".deleter"))
        return accessor or self._describes(decorator)

    def _describes(self, function: ast.expr) -> bool:
        name = dotted(function)
        calls = name.rpartition(".")[2] == "reduce"
        return name in self._records or (name.partition(".")[0] in self._describing and not calls)

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
            waiting += ast.iter_child_nodes(node)
        return True


def evaluates(node: ast.stmt) -> bool:
    """Tell whether an inert statement may bind another value at another place in its module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(node.decorator_list) or any(
            not isinstance(default, ast.Constant) for default in _defaults(node.args)
        )
    return not isinstance(getattr(node, "value", None), ast.Constant)


def is_main_block(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if __name__ == "__main__":``, which no import runs."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and not node.orelse):
        return False
    sides = [node.test.left, *node.test.comparators]
    equal = isinstance(node.test.ops[0], ast.Eq)
    names = {getattr(side, "id", getattr(side, "value", None)) for side in sides}
    return equal and names == {"__name__", "__main__"}


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
