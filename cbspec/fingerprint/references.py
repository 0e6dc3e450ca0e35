"""What a piece of code refers to: names, attributes, import paths and imports."""

from __future__ import annotations

import ast
import re

from cbspec.fingerprint.canonical import Import, dotted, imports_of

# What finds code by a name that is computed
_LOOKUPS = frozenset({
    "__builtins__", "__globals__", "__import__", "__subclasses__", "_getframe", "currentframe",
    "entry_points", "eval", "exec", "exec_module", "f_globals", "f_locals", "getmodule", "globals",
    "import_module", "load_module", "locals", "reload", "vars",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w*")
_PATH = re.compile(r"\.*[A-Za-z_]\w*(?:[.:]\w+)*[.:]?")


class References:
    """What one top-level statement refers to; scopes are not told apart.

    Attributes:
        names: the names that it reads.
        words: its attributes, and the words of strings that may be names or types.
        paths: strings that may be import paths, or begin one.
        chains: ``"maths.halve"``: each name that is read, with all attributes that follow it.
        imports: every import in it, in order.
        docs: its docstrings.
        looks_up: whether it finds code by a computed name.
        hooks: whether it defines a class that is told of its subclasses, or makes them.
    """

    def __init__(self, package: str) -> None:
        self.names: set[str] = set()
        self.words: set[str] = set()
        self.paths: set[str] = set()
        self.chains: set[str] = set()
        self.imports: list[Import] = []
        self.docs: list[str] = []
        self.hooks = False
        self._package = package

    @property
    def looks_up(self) -> bool:
        return not _LOOKUPS.isdisjoint(self.names | self.words)

    def read(self, root: ast.AST) -> None:
        """Add what a piece of code refers to."""
        attributed: set[int] = set()  # nodes that an attribute follows
        for node in ast.walk(root):
            if isinstance(node, ast.Attribute):
                self.words.add(node.attr)
                attributed.add(id(node.value))
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
                self.names.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._string(node.value)
            else:
                self._statement(node)
            if isinstance(node, ast.Attribute | ast.Name) and id(node) not in attributed:
                self.chains.add(dotted(node))

    def _string(self, text: str) -> None:
        if _PATH.fullmatch(text):
            self.words.update(_WORD.findall(text))
            if "." in text or ":" in text:
                self.paths.add(text)
        elif not re.search(r"\s", text.replace(", ", "").replace(" | ", "")):
            self.words.update(_WORD.findall(text))  # a quoted annotation

    def _statement(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imports += imports_of(node, self._package)
        elif isinstance(node, ast.Global):
            self.names.update(node.names)
        elif isinstance(node, ast.keyword):
            self.hooks |= node.arg == "metaclass"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.hooks |= node.name == "__init_subclass__"
            self.docs.append(ast.get_docstring(node) or "")
