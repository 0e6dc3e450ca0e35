"""What the names in a statement mean: the statements and modules of the project that they lead
to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cbspec.fingerprint.external import (
    BUILTINS,
    IMPORTERS,
    NAMESPACE_BUILTINS,
    OPEN_ATTRIBUTES,
    OPEN_BUILTINS,
    is_open,
)
from cbspec.fingerprint.module import Module, Statement
from cbspec.fingerprint.node import EVERYTHING, Node, Whole
from cbspec.fingerprint.scope import Chain, Imported, Load

if TYPE_CHECKING:
    from cbspec.fingerprint.source_tree import SourceTree

_MODULE_ATTRIBUTES = frozenset({"__name__", "__file__", "__doc__", "__path__", "__package__"})
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*(:\w+(\.\w+)*)?$")


class Resolution:
    """Finds what names mean, read from one module; `found` fills with every node they lead to."""

    def __init__(self, project: SourceTree, module: Module) -> None:
        self.project = project
        self.module = module
        self.found: set[Node] = set()
        self.trail: dict[tuple[Module, Chain, Load], bool] = {}

    def statement(self, statement: Statement) -> set[Node]:
        refers = statement.references
        for load_ in refers.loads:
            self.load(load_)
        for target, load_ in refers.through:
            self.imported(target, load_.rest, load_)
        for text in refers.texts:
            self.text(text)
        if refers.attributes & OPEN_ATTRIBUTES:
            self.found.add(EVERYTHING)
        if "__subclasses__" in refers.attributes:
            self.found |= self.project.classes()
        for module_import in refers.imports:
            self.runs(module_import)
        self.found.add(statement.module)
        return self.found

    def load(self, load_: Load) -> None:
        head = load_.chain[0]
        if self.member(self.module, load_.chain, load_) or load_.hint:
            return
        if head in IMPORTERS:
            self.external(f"importlib.{head}", load_)
        elif head in OPEN_BUILTINS:
            self.found.add(EVERYTHING)
        elif head in NAMESPACE_BUILTINS or head not in BUILTINS:
            self.found.add(Whole(self.module))

    def member(self, module: Module, chain: Chain, load_: Load) -> bool:
        """Follow ``chain[0]`` as a name that `module` binds, on behalf of a load; whether it
        does.
        """
        key = module, chain, load_
        if key in self.trail:
            return self.trail[key]
        self.trail[key] = False  # what circular imports come back to
        held = module.bindings.get(chain[0], [])
        for statement in held:
            self.found.add(statement)
            for target in statement.imports.get(chain[0], ()):
                self.imported(target, chain[1:], load_)
        self.trail[key] = self.starred(module, chain, load_) or bool(held)
        return self.trail[key]

    def starred(self, module: Module, chain: Chain, load_: Load) -> bool:
        bound = False
        for star in module.stars:
            name = star.imports["*"][0].module
            if name in self.project and self.member(self.project.module(name), chain, load_):
                bound = True
                self.found.add(star)
                self.found.update(self.project.module(name).bindings.get("__all__", ()))
        return bound

    def imported(self, target: Imported, rest: Chain, load_: Load | None) -> None:
        """Follow what an import bound, and the attributes after it; of others' code only what a
        load calls.
        """
        chain = (target.name, *rest) if target.name else rest
        if target.module in self.project:
            self.attribute(self.project.module(target.module), chain, load_)
            return
        parts = (*target.module.split("."), *chain)
        for length in range(len(parts), 0, -1):
            if ".".join(parts[:length]) in self.project:
                self.attribute(self.project.module(".".join(parts[:length])), parts[length:], load_)
                return
        if load_ is not None:
            self.external(".".join(parts), load_)

    def attribute(self, module: Module, chain: Chain, load_: Load | None) -> None:
        """Follow attributes of a module; the module as a value, or an attribute it has not, may
        mean anything in it.
        """
        self.found.add(module)
        if not chain:
            self.found.add(Whole(module))
            return
        bound = self.member(module, chain, load_ or Load(chain))
        below = f"{module.name}.{chain[0]}"
        if below in self.project:
            self.attribute(self.project.module(below), chain[1:], load_)
        elif not bound and chain[0] not in _MODULE_ATTRIBUTES:
            self.found.add(Whole(module))

    def runs(self, target: Imported) -> None:
        """Add the modules that an import statement runs."""
        parts = target.module.split(".")
        names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        for name in [*names, f"{target.module}.{target.name}"]:
            if name in self.project:
                self.found.add(self.project.module(name))

    def external(self, name: str, load_: Load) -> None:
        """Follow others' code, which matters only if it hands out the project's objects by name."""
        if name.startswith("importlib.") and name.rpartition(".")[2] in IMPORTERS:
            from_top = name.endswith("__import__")
            picked = None if from_top else self.picked(load_.tables)
            self.found |= self.opened(load_.opening or "*", from_top) if picked is None else picked
        elif is_open(name):
            self.found.add(EVERYTHING)

    def picked(self, tables: Iterable[Chain]) -> set[Node] | None:
        """Return the modules that constant tables name; None if a table is no display of
        constants.
        """
        modules: set[Node] = set()
        for chain in tables:
            held = [
                statement
                for statement in self.project.bound(self.module, chain)
                if not statement.imports
            ]
            texts = [_constants(statement.node) for statement in held]
            if not texts or None in texts:
                return None
            for text in (text for within in texts for text in within or ()):
                module = self.project.prefix(text.partition(":")[0])
                if module is not None:
                    modules.add(Whole(module))
        return modules or None

    def opened(self, opening: str, from_top: bool) -> set[Node]:
        """Return what an import by name brings, of which only `opening` is known.

        Args:
            from_top: whether the import yields the topmost package.
        """
        start, computed = opening.rstrip("*"), opening.endswith("*")
        if start.startswith("."):
            chosen = [name for name in self.project.paths if start in f".{name}"]
        elif computed:
            chosen = [name for name in self.project.paths if start and name.startswith(start)]
        else:
            chosen = [name for name in self.project.paths if name == start]
        if chosen:
            return (
                {EVERYTHING} if from_top else {Whole(self.project.module(name)) for name in chosen}
            )
        foreign = start and not start.startswith(".") and ("." in start or not computed)
        return set() if foreign else {EVERYTHING}

    def text(self, text: str) -> None:
        """Follow a string that is an import path of the project, or opens one: it may be used as
        one.
        """
        path, _, name = text.rstrip(".").partition(":")
        if not _PATH.match(text.rstrip(".:")):
            if re.match(r"[\w.]+\.?[%{]", text):
                start = re.split("[%{]", text)[0]
                self.found |= {
                    Whole(self.project.module(dotted))
                    for dotted in self.project.paths
                    if dotted.startswith(start)
                }
            return
        module = self.project.prefix(path)
        if module is not None:
            inner = path[len(module.name) + 1 :]
            chain = (*(inner.split(".") if inner else ()), *(name.split(".") if name else ()))
            self.attribute(module, chain, None)


def _constants(node: ast.stmt) -> list[str] | None:
    """Return the strings of a name's value that consists of constants alone; None for another
    value.
    """
    simple = isinstance(node, ast.AnnAssign) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    )
    value = getattr(node, "value", None) if simple else None
    if value is None:
        return None
    parts = list(ast.walk(value))
    if not all(
        isinstance(
            part, ast.Constant | ast.Dict | ast.Tuple | ast.List | ast.Set | ast.expr_context
        )
        for part in parts
    ):
        return None
    return [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
