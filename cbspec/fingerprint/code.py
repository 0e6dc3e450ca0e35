"""The fingerprint of what a stage's implementation reaches inside the project."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cbspec.errors import ConfigError, suggestion
from cbspec.fingerprint.canonical import short_hash
from cbspec.fingerprint.effects import Effects
from cbspec.fingerprint.module import DEFINITION, Module, Statement, entry_label
from cbspec.fingerprint.node import Everything, Node, Whole
from cbspec.fingerprint.scope import Imported
from cbspec.fingerprint.signature import Signatures, Watch
from cbspec.fingerprint.source_tree import SourceTree


@dataclass(frozen=True)
class Fingerprint:
    """The code that a result depends on.

    Attributes:
        digest: hex SHA-256 over the sorted definitions.
        definitions: ``"engine/rules.py:inner_product"`` (path relative to the project root,
            qualified name) -> short hash of its normal form. ``<module>`` are a module's statements
            that act when it is imported, and the order of those whose order matters;
            ``Stage('bp')`` is a catalog's entry; an imported name stands for what it is bound to.
    """

    digest: str
    definitions: Mapping[str, str]


class Code:
    """The source of a project, read as it is when first asked for; nothing of it is imported.

    Args:
        root: the project's folder; the packages lie in it, or in its ``src``.
        packages: dotted names of the packages (or modules) that belong to the project, e.g.
            ``("engine",)``.
        seen: signatures of files (`cbspec.fingerprint.signature`), taken before any code of the
            project was imported.

    Raises:
        ConfigError: a package does not exist.
    """

    def __init__(self, root: Path, packages: Sequence[str], seen: Signatures | None = None) -> None:
        self._root = root.resolve()
        self._project = SourceTree(self._root, packages, seen)
        self._effects = Effects(self._project)
        self._fingerprints: dict[str, Fingerprint] = {}
        self._files: dict[str, frozenset[Path]] = {}
        self._edges: dict[Node, frozenset[Node]] = {}

    def fingerprint(self, implementation: str) -> Fingerprint:
        """Return the fingerprint of ``"module:function"`` with its catalog entries, which are
        recognized by that text.

        Args:
            implementation: as the catalog names it; of several stages that share it, every entry
                counts.

        Raises:
            ConfigError: there is no such module or function, or a file it reaches is not Python.
        """
        if implementation not in self._fingerprints:
            module, name = self._locate(implementation)
            starts: list[Node] = [
                module,
                *self._project.bound(module, (name,)),
                *self._entries(implementation),
            ]
            reached = self._reached(starts)
            definitions = self._definitions(reached)
            self._files[implementation] = _files(reached)
            lines = "".join(
                f"{definition} {digest}\n" for definition, digest in definitions.items()
            )
            self._fingerprints[implementation] = Fingerprint(
                hashlib.sha256(lines.encode()).hexdigest(), definitions
            )
        return self._fingerprints[implementation]

    def watch(self, implementation: str) -> Watch:
        """Return what tells whether an implementation's code changed since its fingerprint."""
        self.fingerprint(implementation)
        files = self._files[implementation]
        return Watch(self._root, {path: self._project.seen(path) for path in files})

    def changed(self, implementation: str) -> Path | None:
        """Return a file of an implementation's code that changed since its fingerprint was taken,
        relative to the root; None where none did.
        """
        return self.watch(implementation).changed()

    def locate(self, definition: str) -> tuple[Path, int]:
        """Return the file and the line, counted from 1, of a definition; line 1 if it is no longer
        there.
        """
        module, path, name = self._held(definition)
        return path, _line(module, name, self._effects) if module else 1

    def imported(self, definition: str) -> bool:
        """Tell whether a definition is a name that a module imports and does nothing else with."""
        module, _, name = self._held(definition)
        bound = module.bindings.get(name, ()) if module else ()
        return bool(bound) and all(
            isinstance(statement.node, ast.Import | ast.ImportFrom) for statement in bound
        )

    def _held(self, definition: str) -> tuple[Module | None, Path, str]:
        """Return module, file and name of a definition as a fingerprint has it; no module if there
        is none any more.
        """
        shown, _, name = definition.partition(":")
        path = self._root / shown
        return (
            next(
                (
                    self._project.module(dotted)
                    for dotted, held in self._project.paths.items()
                    if held == path
                ),
                None,
            ),
            path,
            name,
        )

    def _locate(self, implementation: str) -> tuple[Module, str]:
        name, colon, function = implementation.partition(":")
        where = f"implementation '{implementation}'"
        if not colon:
            raise ConfigError(f"{where} is not of the form 'module:function'")
        if name not in self._project:
            raise ConfigError(
                f"{where}: there is no module '{name}'"
                f"{suggestion(name, sorted(self._project.paths))}"
            )
        module = self._project.module(name)
        head = function.partition(".")[0]
        if not self._project.bound(module, (head,)):
            known = [
                candidate
                for candidate, held in module.bindings.items()
                if isinstance(held[-1].node, DEFINITION)
            ]
            raise ConfigError(
                f"{where}: {module.shown} defines no '{head}'{suggestion(head, known)}"
            )
        return module, head

    def _entries(self, implementation: str) -> list[Statement]:
        modules = (
            self._project.module(name)
            for name in self._project.paths
            if self._project.mentions(name, implementation)
        )
        return [entry for module in modules for entry in module.calls_with(implementation)]

    def _reached(self, starts: Iterable[Node]) -> set[Node]:
        seen: set[Node] = set()
        waiting = list(starts)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += self._leads_to(node) - seen
        return seen

    def _leads_to(self, node: Node) -> frozenset[Node]:
        if node not in self._edges:
            self._edges[node] = frozenset(self._follow(node))
        return self._edges[node]

    def _follow(self, node: Node) -> Iterable[Node]:
        if isinstance(node, Statement):
            return self._project.edges(node)
        if isinstance(node, Whole):
            return {node.module, *self._project.edges_of_whole(node.module)}
        if isinstance(node, Everything):
            return map(Whole, self._project.modules())
        acting = {
            statement
            for statement in node.statements
            if self._effects.has(statement) or statement.is_future
        }
        return acting | self._project.executed([Imported(node.name), *node.imports], node)

    def _definitions(self, reached: set[Node]) -> dict[str, str]:
        digests_of: dict[str, list[str]] = {}
        statements = [node for node in reached if isinstance(node, Statement)]
        for statement in sorted(
            statements, key=lambda node: (node.module.name, node.position, node.label)
        ):
            for name, digest in statement.pieces.items():
                if name != "<module>":
                    digests_of.setdefault(f"{statement.module.shown}:{name}", []).append(digest)
        for module in (node for node in reached if isinstance(node, Module)):
            if order := self._order(module, reached):
                digests_of[f"{module.shown}:<module>"] = order
        return {
            name: digests[0] if len(digests) == 1 else short_hash(digests)
            for name, digests in sorted(digests_of.items())
        }

    def _order(self, module: Module, reached: set[Node]) -> list[str]:
        """Return what acts at import, and between what: a name of one value has it wherever its
        statement stands.
        """
        lines = [
            line
            for star in module.stars
            if star in reached
            for line in self._overridden(star, reached)
        ]
        acting = {statement for statement in module.statements if self._effects.has(statement)}
        if not acting and not module.volatile:
            return lines
        for statement in module.statements:
            if statement in acting or (statement in reached and statement.evaluated):
                lines += [
                    digest if name == "<module>" else name
                    for name, digest in statement.pieces.items()
                ]
        return lines

    def _overridden(self, star: Statement, reached: set[Node]) -> list[str]:
        """Return the names above a star import that it may bind anew."""
        source = star.imports["*"][0].module
        bindings = self._project.module(source).bindings if source in self._project else None
        above = [
            statement
            for statement in star.module.statements
            if statement.position < star.position and statement in reached
        ]
        names = sorted(
            {
                name
                for statement in above
                for name in statement.names
                if name != "*" and (bindings is None or name in bindings)
            }
        )
        return [f"{source} over {names}"] if names else []


def _files(reached: Iterable[Node]) -> frozenset[Path]:
    """Return the files that nodes stand in; `Everything` leads to each module of the project."""
    nodes = (node for node in reached if not isinstance(node, Everything))
    modules = {node if isinstance(node, Module) else node.module for node in nodes}
    return frozenset(module.path for module in modules if module.path)


def _line(module: Module, name: str, effects: Effects) -> int:
    if name == "<module>":
        return next(
            (candidate.node.lineno for candidate in module.statements if effects.has(candidate)), 1
        )
    head, *inner = name.split(".")
    if "(" in name:
        calls = (
            candidate for candidate in ast.walk(module.tree) if isinstance(candidate, ast.Call)
        )
        return next((candidate.lineno for candidate in calls if entry_label(candidate) == name), 1)
    held = module.bindings.get(head)
    if not held:
        return 1
    node = held[0].node
    for part in inner:
        node = next(
            (
                candidate
                for candidate in getattr(node, "body", ())
                if getattr(candidate, "name", "") == part
            ),
            node,
        )
    return node.lineno
