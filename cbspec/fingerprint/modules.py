"""The modules of a project. Each is read when it is first asked for."""

from __future__ import annotations

import os
from importlib.machinery import ModuleSpec
from pathlib import Path

from cbspec.fingerprint.canonical import Import
from cbspec.fingerprint.finder import Finder
from cbspec.fingerprint.module import Module, ParsedFile, Unit, whole
from cbspec.fingerprint.parsed import Parsed
from cbspec.fingerprint.signature import Signatures, forget_bytecode, signature

# They find code by a name that may be computed
_LOOKUP_MODULES = frozenset({
    "cloudpickle", "dill", "gc", "hydra", "joblib", "pickle", "pkgutil", "pydoc", "runpy",
    "shelve",
})  # fmt: skip


class Modules:
    """The modules of a project.

    Args:
        root: the project's folder.
        finder: knows where modules lie.
        sources: reads their files.
        seen: signatures of files, taken before any was imported.
    """

    def __init__(
        self, root: Path, finder: Finder, sources: Parsed, seen: Signatures | None = None
    ) -> None:
        self.signatures = dict(seen or {})
        self._sources = sources
        self._root = root
        self._finder = finder
        self._read: dict[Path | str, Module] = {}
        self._known: dict[tuple[str, str], Module | None] = {}
        self._imported: dict[tuple[str, str, str], list[Module]] = {}
        self._opening: dict[Unit, bool] = {}

    def get(self, name: str, importer: Module | None = None) -> Module | None:
        """Return a module by its full name; None if it is not in the project."""
        folder = importer.folder if importer else ""
        if (name, folder) not in self._known:
            spec = self._finder.spec(name, folder)
            self._known[name, folder] = self._of(spec)
        return self._known[name, folder]

    def _of(self, spec: ModuleSpec | None) -> Module | None:
        if spec is None:
            return None
        if spec.has_location and spec.origin:
            return self._module(spec.name, Path(spec.origin))
        return self._module(spec.name, None)

    def file(self, path: Path) -> Module:
        """Return the module of a file that a process was seen to load."""
        return self._module(path.stem, path)

    def used(self, shown: str) -> Module:
        """Return a pseudo-module for a file that a process was seen to load, read or look for.

        For a folder that was listed it stands for the names in it. A missing file counts as well,
        because the stage may compute something else once it exists.

        Args:
            shown: the path, relative to the project.
        """
        path = self._root / shown
        if path.is_dir():
            return self._folder(path)
        if path.is_file():
            return self.file(path)
        return Module(shown, None, shown, whole(b"", "absent"))

    def names(self) -> list[str]:
        """Return the names of all modules there are, for a suggestion."""
        return self._finder.names()

    def _folder(self, path: Path) -> Module:
        shown = f"{path.relative_to(self._root).as_posix()}/"
        if shown not in self._read:
            names = []
            for entry in sorted(path.iterdir()):
                if not entry.name.startswith((".", "__pycache__")):
                    names.append(entry.name)
            self._read[shown] = Module(shown, None, shown, whole("\n".join(names).encode()))
        return self._read[shown]

    def files(self, name: str, importer: Module) -> list[Module]:
        """Return the source files of the project that a string may name, seen from a module's own
        folder or from the project's.
        """
        files = []
        for folder in (Path(importer.folder), self._root):
            path = Path(os.path.normpath(folder / name))
            if path.is_file() and path.is_relative_to(self._root):
                files.append(self.file(path))
        return files

    def _module(self, name: str, path: Path | None) -> Module:
        key = path or name
        if key not in self._read:
            shown = name.replace(".", "/")
            if path:
                shown = path.relative_to(self._root).as_posix()
                self.signatures.setdefault(path, signature(path))
                forget_bytecode(path)
            self._read[key] = self._parsed(name, path, shown)
        return self._read[key]

    def _parsed(self, name: str, path: Path | None, shown: str) -> Module:
        if path is None:
            return Module(name, path, shown, ParsedFile("", []))
        return Module(name, path, shown, self._sources.source(name, path))

    def chain(self, name: str, importer: Module | None = None) -> list[Module]:
        """Return a module after the packages above it, as they are imported: as far as they are in
        the project.
        """
        modules: list[Module] = []
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            module = self.get(".".join(parts[:depth]), importer)
            if module is None:
                break
            modules.append(module)
        return modules

    def imported(self, alias: Import, importer: Module) -> list[Module]:
        """Return the modules that an import runs; what it takes of a package may be one."""
        key = (alias.module, alias.name, importer.folder)
        if key not in self._imported:
            modules = self.chain(alias.module, importer)
            if modules and alias.name and alias.name != "*":
                modules += self.chain(alias.target, importer)[len(modules) :]
            self._imported[key] = modules
        return self._imported[key]

    def opens(self, unit: Unit, module: Module) -> bool:
        """Tell whether a unit finds code by a computed name: it uses what looks names up, or hands a
        module on as a value.
        """
        if unit not in self._opening:
            self._opening[unit] = unit.references.looks_up or any(
                self._hands_on(chain, module) for chain in unit.references.chains
            )
        return self._opening[unit]

    def _hands_on(self, chain: str, module: Module) -> bool:
        """Tell whether a name with its attributes stands for a module, or for what finds code."""
        head, dot, rest = chain.partition(".")
        alias = module.aliases.get(head)
        if alias is None:
            return False
        full = f"{alias.meaning}{dot}{rest}"
        if f"{full}.".startswith("sys.modules.") or full.split(".")[0] in _LOOKUP_MODULES:
            return True
        # A module's own attributes, such as its __dict__, stand for the module
        return self.is_module(full.partition(".__")[0], module)

    def is_module(self, dotted: str, importer: Module) -> bool:
        """Tell whether a dotted name stands for a module of the project, also where another one
        hands it on.
        """
        seen: set[str] = set()
        while dotted not in seen:
            seen.add(dotted)
            if self.get(dotted, importer):
                return True
            package, _, name = dotted.rpartition(".")
            module = self.get(package, importer) if package else None
            if module is None or name not in module.aliases:
                return False
            importer, dotted = module, module.aliases[name].meaning
        return False
