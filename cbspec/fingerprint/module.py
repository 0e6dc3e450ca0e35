"""A source file, cut into the units that a stage reaches or does not: its top-level statements."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cbspec.fingerprint.canonical import (
    DEFINITION,
    Import,
    canonical,
    idle,
    imports_of,
    pieces,
    short_hash,
)
from cbspec.fingerprint.inert import Inert, derives, evaluates, is_main_block
from cbspec.fingerprint.references import References, references_of

MODULE, MAIN, WHOLE = "<module>", "<main>", "<file>"
_PROSE = frozenset({"title", "description", "examples"})
_ASKED = ("__getattr__", "__dir__")  # functions that Python asks for what a module does not bind


class Unit(msgspec.Struct, eq=False):
    """One top-level statement; an import statement has one for each of its aliases.

    Attributes:
        names: what it binds in its module; `MODULE` where it binds nothing.
        line: where it stands.
        references: what it refers to.
        digests: qualified name -> hash of the canonical form, of each definition in it; empty for
            an import.
        acts: whether it does more than bind names to definitions and constants, so that it counts
            wherever its module is imported.
        evaluates: whether what it binds may depend on its place.
        derives: whether it defines a class with bases, which may be told of it.
        lines: qualified name -> line, of each definition in it.
    """

    names: tuple[str, ...]
    line: int
    references: References
    digests: dict[str, str] = {}
    acts: bool = False
    evaluates: bool = False
    derives: bool = False
    lines: dict[str, int] = {}

    @property
    def imported(self) -> Import | None:
        """Return the import that is all of this unit; None for any other."""
        if self.digests:
            return None
        return self.references.imports[0]

    def hashes(self, documented: bool) -> dict[str, str]:
        """Return qualified name -> hash of each definition, an import by what it binds.

        Args:
            documented: whether docstrings are part of it.
        """
        if alias := self.imported:
            return {alias.bound: short_hash(f"import {alias.target}")}
        if documented and any(self.references.docs):
            docs = short_hash("".join(self.references.docs))
            return {**self.digests, f"{self.names[0]}.__doc__": docs}
        return self.digests


class ParsedFile(msgspec.Struct):
    """What a source file says: its docstring and its statements."""

    docs: str
    units: list[Unit]


class Module:
    """A module of the project.

    Args:
        name: its dotted name.
        path: its file; None for a folder without ``__init__.py``.
        shown: its path relative to the project, as definitions name it.
        source: what the file says.
    """

    def __init__(self, name: str, path: Path | None, shown: str, source: ParsedFile) -> None:
        self.name = name
        self.path = path
        self.shown = shown
        self.folder = ""
        if path:
            self.folder = str(path.parent)
        self.package = package_of(name, path)
        self.docs = source.docs
        self.units = source.units
        self.bindings: dict[str, list[Unit]] = {}
        self.aliases: dict[str, Import] = {}  # wherever in the file the import stands
        for unit in self.units:
            for bound in unit.names:
                self.bindings.setdefault(bound, []).append(unit)
            for alias in unit.references.imports:
                self.aliases[alias.bound] = alias
        self.stars = [unit.references.imports[0] for unit in self.bindings.get("*", ())]
        self.hooks = any(unit.references.hooks for unit in self.units)

    @property
    def may_bind_more(self) -> bool:
        """Tell whether it may have names that no statement shows, such as a loop's over globals."""
        if any(name in self.bindings for name in ("*", WHOLE, *_ASKED)):
            return True
        used = (unit.references for unit in self.units)
        return any(references.looks_up or "setattr" in references.names for references in used)

    def line(self, name: str) -> int:
        """Return the line of a definition, counted from 1; 1 where there is none of that name.

        Of what acts when the module is imported, that is the first; of a catalog's entry, where
        the stage is named.
        """
        if stage := re.fullmatch(r"Stage\(['\"](.+)['\"]\)", name):
            return self._line_of_text(stage[1])
        for unit in self.units:
            if name in unit.lines or (name == MODULE and unit.acts):
                return unit.lines.get(name, unit.line)
        return 1

    def _line_of_text(self, text: str) -> int:
        """Return the line of the first string that is this text; 1 where there is none."""
        content = self.path.read_text(errors="replace") if self.path else ""
        for number, line in enumerate(content.splitlines(), start=1):
            if f'"{text}"' in line or f"'{text}'" in line:
                return number
        return 1


def package_of(name: str, path: Path | None) -> str:
    """Return the package that a module's relative imports start from."""
    if path is None or path.stem == "__init__":
        return name
    return name.rpartition(".")[0]


def read(text: bytes, package: str) -> ParsedFile:
    """Return what a source file says.

    Args:
        package: where its relative imports start.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return whole(text)  # half written: who imports it fails there
    inert = Inert(tree, package)
    _drop_prose(tree, inert)
    units: list[Unit] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            units += _imports(statement, package)
        elif not idle(statement) and not inert.is_typing_block(statement):
            units.append(_unit(statement, package, inert))
    return ParsedFile(ast.get_docstring(tree) or "", units)


def whole(content: bytes, digest: str = "") -> ParsedFile:
    """Return a file that is no Python, or cannot be read as such: it counts by its bytes.

    Args:
        digest: what it counts by instead.
    """
    digest = digest or hashlib.sha256(content).hexdigest()[:16]
    return ParsedFile("", [Unit((WHOLE,), 1, References(), {WHOLE: digest}, acts=True)])


def _drop_prose(tree: ast.Module, inert: Inert) -> None:
    """Remove the descriptions of parameters: they change no value."""
    if not inert.imports("msgspec"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and inert.meaning(node.func) == "msgspec.Meta":
            node.keywords = [word for word in node.keywords if word.arg not in _PROSE]


def _imports(statement: ast.Import | ast.ImportFrom, package: str) -> Iterator[Unit]:
    for alias in imports_of(statement, package):
        yield Unit(
            (alias.bound,),
            statement.lineno,
            References(imports=[alias]),
            acts=alias.bound == "*",
            lines={alias.bound: statement.lineno},
        )


def _unit(node: ast.stmt, package: str, inert: Inert) -> Unit:
    is_main = is_main_block(node)
    names = (MAIN,) if is_main else tuple(_bound(node)) or (MODULE,)
    if isinstance(node, DEFINITION):
        digests = pieces(node, node.name, package)
    else:
        digests = dict.fromkeys(names, short_hash(canonical(node, package)))
    return Unit(
        names,
        node.lineno,
        references_of(node, package),
        dict(digests),
        acts=not is_main and (names[0] in _ASKED or not inert.statement(node)),
        evaluates=evaluates(node),
        derives=derives(node),
        lines=_lines(node, names),
    )


def _lines(node: ast.stmt, names: Iterable[str]) -> dict[str, int]:
    """Return qualified name -> line, of each definition of a statement."""
    lines = dict.fromkeys(names, node.lineno)
    waiting = []
    if isinstance(node, ast.ClassDef):
        waiting.append((node, node.name))
    while waiting:
        owner, name = waiting.pop()
        for member in owner.body:
            if isinstance(member, DEFINITION):
                lines[f"{name}.{member.name}"] = member.lineno
                if isinstance(member, ast.ClassDef):
                    waiting.append((member, f"{name}.{member.name}"))
    return lines


def _bound(root: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds in its module."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, DEFINITION):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif not isinstance(node, ast.Lambda | ast.comprehension):
            if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                yield node.name
            waiting += reversed(list(ast.iter_child_nodes(node)))
