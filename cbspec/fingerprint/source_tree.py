"""The project's modules and what leads from one statement to others: a graph, each node's edges
found once.

Reaching is by reference. An object can only be used by code that got it from somewhere, so a method
called on something unknown needs no search by its name: its class was named where the object was
made, and a reached class brings all its methods. What breaks that rule (a namespace looked into by
a computed name, an import by a computed name) brings the whole module, or the whole project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cbspec.errors import ConfigError
from cbspec.fingerprint.module import DEFINITION, Module, Statement
from cbspec.fingerprint.node import Node, Whole
from cbspec.fingerprint.resolution import Resolution
from cbspec.fingerprint.scope import Chain, Imported, Load
from cbspec.fingerprint.signature import Signature, Signatures, signature
from cbspec.layout import source_folder

HARNESS = "cbspec"  # no project's code, also where it lies beside the engine: what it does with results has its own versions
_MENTIONS = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w., \t]+)|[\"'](\w+)[.:]\w", re.MULTILINE)


class SourceTree:
    """The modules of a project's packages.

    Args:
        root: the project's folder; the packages lie in it, or in its ``src``.
        packages: dotted names of packages or modules. What they import, or name in a string, of the
            same folder belongs to the project as well; nothing else is looked at.
        seen: signatures of files, taken before any code of the project was imported.
    """

    def __init__(self, root: Path, packages: Sequence[str], seen: Signatures | None = None) -> None:
        self.root = root
        self.source = source_folder(root, packages)
        self._signatures = dict(seen or {})
        self.paths: dict[str, Path | None] = {}
        self._loaded: dict[str, Module] = {}
        self._texts: dict[str, bytes] = {}
        self._edges: dict[Statement, frozenset[Node]] = {}
        for package in packages:
            self._discover(package)
        self._discover_neighbours()

    def _discover_neighbours(self) -> None:
        """Add the packages and modules beside those known that these mention, and so on."""
        waiting = list(self.paths)
        while waiting:
            mentions = b" ".join(map(b" ".join, _MENTIONS.findall(self._text(waiting.pop()))))
            words = set(re.findall(r"\w+", mentions.decode(errors="replace")))
            for package in sorted(filter(self._is_beside, words - {HARNESS, *self.paths})):
                known = set(self.paths)
                self._discover(package)
                waiting += self.paths.keys() - known

    def _is_beside(self, name: str) -> bool:
        return (self.source / f"{name}.py").is_file() or any((self.source / name).glob("*.py"))

    def _discover(self, package: str) -> None:
        folder = self.source.joinpath(*package.split("."))
        if folder.with_suffix(".py").is_file():
            self.paths[package] = folder.with_suffix(".py")
        elif not folder.is_dir():
            raise ConfigError(
                f"there is no package '{package}' in {self.root}: neither a folder {package} nor a file {package}.py, "
                "nor either of them in src"
            )
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(self.source).with_suffix("").parts
            self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
            for depth in range(1, len(parts)):
                self.paths.setdefault(".".join(parts[:depth]), None)

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def module(self, name: str) -> Module:
        """Return a module of the project by its dotted name, parsed at its first use."""
        if name not in self._loaded:
            self._see(self.paths[name])
            self._loaded[name] = load(name, self.paths[name], self.root)
        return self._loaded[name]

    def prefix(self, name: str) -> Module | None:
        """Return the module that a dotted name begins with, the longest there is."""
        while name and name not in self.paths:
            name = name.rpartition(".")[0]
        return self.module(name) if name else None

    def mentions(self, name: str, text: str) -> bool:
        """Tell whether a module's file contains `text`; a file that is not Python may, without
        being parsed.
        """
        return text.encode() in self._text(name)

    def _text(self, name: str) -> bytes:
        path = self.paths[name]
        if name not in self._texts:
            self._see(path)
            self._texts[name] = path.read_bytes() if path else b""
        return self._texts[name]

    def _see(self, path: Path | None) -> None:
        """Keep the signature of a file that is about to be read; the first one counts."""
        if path and path not in self._signatures:
            self._signatures[path] = signature(path)

    def seen(self, path: Path) -> Signature | None:
        """Return the signature that a file had before it was read."""
        return self._signatures[path]

    def modules(self) -> Iterator[Module]:
        """Yield every module of the project."""
        return map(self.module, self.paths)

    def edges(self, statement: Statement) -> frozenset[Node]:
        """Return what a statement leads to."""
        if statement not in self._edges:
            self._edges[statement] = frozenset(
                Resolution(self, statement.module).statement(statement)
            )
        return self._edges[statement]

    def edges_of_whole(self, module: Module) -> set[Node]:
        """Return what all of a module leads to: its statements, and all that its names could lead
        to.
        """
        resolution = Resolution(self, module)
        resolution.found.update(module.statements)
        for statement in module.statements:
            for name, targets in statement.imports.items():
                for target in targets:
                    resolution.imported(
                        Imported(target.module) if name == "*" else target, (), None
                    )
        below = f"{module.name}."
        resolution.found.update(
            Whole(self.module(name)) for name in self.paths if name.startswith(below)
        )
        return resolution.found

    def executed(self, imports: Iterable[Imported], module: Module) -> set[Node]:
        """Return the modules that imports run, with the packages above them."""
        resolution = Resolution(self, module)
        for target in imports:
            resolution.runs(target)
        return resolution.found

    def bound(self, module: Module, chain: Chain) -> set[Statement]:
        """Return the statements that give a dotted name its meaning, read from `module`; empty if
        it has none in the project.
        """
        resolution = Resolution(self, module)
        resolution.member(module, chain, Load(chain))
        return {node for node in resolution.found if isinstance(node, Statement)}

    def classes(self) -> set[Node]:
        """Return every statement of the project that defines a class."""
        return {
            statement
            for module in self.modules()
            for statement in module.statements
            if isinstance(statement.node, DEFINITION[-1])
        }


_SOURCES: dict[tuple[Path, str, str], tuple[Signature | None, Module]] = {}


def load(name: str, path: Path | None, root: Path) -> Module:
    """Return the parsed module, parsed anew only if its file has changed since this process last
    did.
    """
    if path is None:
        return Module(name, None, name.replace(".", "/"), b"")
    shown = path.relative_to(root).as_posix()
    stamp = signature(path)
    held = _SOURCES.get((path, name, shown))
    if held is None or held[0] != stamp:
        held = stamp, Module(name, path, shown, path.read_bytes())
        _SOURCES[path, name, shown] = held
    return held[1]
