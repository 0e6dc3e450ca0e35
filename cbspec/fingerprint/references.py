"""Find what a piece of code refers to: names, attributes, import paths and imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

import msgspec

from cbspec.fingerprint.canonical import Import, children, dotted, idle, imports_of

# What finds code by a name that is computed, of Python and of what is often installed
_LOOKUPS = frozenset({
    "__builtins__", "__globals__", "__import__", "__subclasses__", "_getframe", "currentframe",
    "UnsafeLoader", "entry_points", "eval", "exec", "exec_module", "f_globals", "f_locals",
    "get_class", "get_method", "get_object", "getmodule", "globals", "import_module",
    "import_object", "import_string", "instantiate", "load_module", "locals", "reload",
    "resolve_name", "unsafe_load", "vars",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w*")
# The base classes of metaclasses: one of the project acts wherever a class of it gets a subclass
_METACLASSES = frozenset({"ABCMeta", "EnumMeta", "EnumType", "StructMeta", "type"})
_HOOKS = frozenset({"__init_subclass__", "__mro_entries__"})
SOURCES = (".c", ".cc", ".cpp", ".cu", ".h", ".py", ".pyx", ".so")
_PATH = re.compile(r"\.*[A-Za-z_]\w*(?:[.:]\w+)*[.:]?")


class References(msgspec.Struct):
    """What one top-level statement refers to, without regard to scopes.

    Attributes:
        names: the names that it reads.
        words: its attributes, and the words of strings that may be names or types.
        paths: strings that may be import paths, or begin one.
        files: strings that may name a source file.
        chains: ``"maths.halve"``: each name that is read, with all attributes that follow it.
        imports: every import in it, in order.
        docs: its docstrings.
        hooks: whether it has an ``__init_subclass__``, a ``metaclass=`` or a metaclass, which act
            when a subclass is defined.
    """

    names: set[str] = set()
    words: set[str] = set()
    paths: set[str] = set()
    files: set[str] = set()
    chains: set[str] = set()
    imports: list[Import] = []
    docs: list[str] = []
    hooks: bool = False

    @property
    def looks_up(self) -> bool:
        """Tell whether code is found by a computed name."""
        return self.mentions(_LOOKUPS)

    def mentions(self, names: Collection[str]) -> bool:
        """Tell whether it uses one of these names, also as the module or under another name."""
        for alias in self.imports:
            # Where an import renames nothing, it is the use of the name that counts
            if alias.module in names or (alias.name in names and alias.name != alias.bound):
                return True
        return not (self.names.isdisjoint(names) and self.words.isdisjoint(names))


def references_of(root: ast.AST, package: str) -> References:
    """Return what a piece of code refers to.

    Args:
        package: where its relative imports start.
    """
    references = References()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            references.chains.add(node.id)
            if not isinstance(node.ctx, ast.Store):
                references.names.add(node.id)
        elif isinstance(node, ast.Attribute):
            waiting += _attribute(node, references)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                _string(node.value, references)
        elif not idle(node):
            _statement(node, references, package)
            waiting += reversed(children(node))
    if not (_HOOKS.isdisjoint(references.words) and _HOOKS.isdisjoint(references.chains)):
        references.hooks = True
    return references


def _attribute(node: ast.expr, references: References) -> list[ast.AST]:
    """Record ``nets.forward`` as a whole; return the object before the dots if it is no name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    references.words.update(names)
    if not isinstance(node, ast.Name):
        return [node]
    references.names.add(node.id)
    references.chains.add(".".join([node.id, *reversed(names)]))
    return []


def _string(text: str, references: References) -> None:
    if text.endswith(SOURCES):
        references.files.add(text)
    if _PATH.fullmatch(text):
        references.words.update(_WORD.findall(text))
        if "." in text or ":" in text:
            references.paths.add(text)
    elif "[" in text or not re.search(r"\s", text.replace(" | ", "")):
        references.words.update(_WORD.findall(text))  # perhaps a quoted annotation


def _statement(node: ast.AST, references: References, package: str) -> None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        references.imports += imports_of(node, package)
    elif isinstance(node, ast.Global):
        references.names.update(node.names)
    elif isinstance(node, ast.keyword):
        references.hooks |= node.arg == "metaclass"
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        references.hooks |= node.name in _HOOKS or _is_metaclass(node)
        references.docs.append(ast.get_docstring(node) or "")


def _is_metaclass(node: ast.AST) -> bool:
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(dotted(base).rpartition(".")[2] in _METACLASSES for base in bases)
