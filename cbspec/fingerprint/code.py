"""The fingerprint of what a stage's implementation reaches inside the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain
from pathlib import Path

from cbspec.errors import ConfigError
from cbspec.fingerprint.closure import Closure
from cbspec.fingerprint.definitions import Fingerprint, declared, definitions_of
from cbspec.fingerprint.finder import Finder
from cbspec.fingerprint.installed import installed_source
from cbspec.fingerprint.module import Module
from cbspec.fingerprint.modules import Modules
from cbspec.fingerprint.order import ImportOrder
from cbspec.fingerprint.parsed import Parsed
from cbspec.fingerprint.reach import Loaded, Reach
from cbspec.fingerprint.signature import Signature, Signatures, Watch
from cbspec.layout import source_folder
from cbspec.stage import Stage

# The harness' own stages
BUILT_IN: Mapping[str, Fingerprint] = {
    "cbspec.tables.emission:emit": Fingerprint.built_in("cbspec.tables.emission:emit", 1),
    "cbspec.tables.reported:emit": Fingerprint.built_in("cbspec.tables.reported:emit", 1),
}


def _nothing(_implementation: str) -> Iterable[str]:
    """Return that no run was seen to use anything."""
    return ()


class Code:
    """The source of a project, read as it is when first asked for; nothing of it is imported.

    Args:
        root: the project's folder; the packages lie in it, or in its ``src``.
        packages: dotted names of the packages (or modules) that belong to the project, e.g.
            ``("engine",)``.
        seen: signatures of files (`cbspec.fingerprint.signature`), taken before any code of the
            project was imported.
        catalog: the module of the catalog, which every process imports first; or several.
        installed: packages that are no part of the project and have stages, too.
        stages: its stages.
        loaded: implementation -> the files, relative to the root, that runs of it were seen to
            load though nothing names them.
        sources: reads the files.

    Raises:
        ConfigError: a package does not exist.
    """

    def __init__(
        self,
        root: Path,
        packages: Sequence[str],
        seen: Signatures | None = None,
        *,
        catalog: str | Sequence[str] = (),
        stages: Iterable[Stage] = (),
        installed: Iterable[str] = (),
        loaded: Loaded = _nothing,
        sources: Parsed | None = None,
    ) -> None:
        self.root = root.resolve()
        self._packages = packages
        finder = Finder(self.root, source_folder(self.root, packages))
        self._sources = sources or Parsed()
        self._modules = Modules(self.root, finder, self._sources, seen)
        self._catalogs = (catalog,) if isinstance(catalog, str) else tuple(catalog)
        self._installed = frozenset(installed)
        self._stages = tuple(stages)
        self._loaded = loaded
        self._reach = Reach(self._modules, self._catalogs, self._stages, loaded)
        self._closures: dict[str, Closure] = {}
        self._fingerprints: dict[str, Fingerprint] = {}
        for package in packages:
            if self._modules.get(package) is None:
                raise ConfigError(
                    f"there is no package '{package}' in {self.root}: neither a folder {package} "
                    f"nor a file {package}.py, nor either of them in src"
                )

    def fingerprint(self, implementation: str) -> Fingerprint:
        """Return the fingerprint of ``"module:function"`` with its catalog entries.

        Args:
            implementation: as the catalog names it; of several stages that share it, every entry
                counts.

        Raises:
            ConfigError: there is no such module or function.
        """
        fixed = self._fixed(implementation)
        if fixed is not None:
            return fixed
        if implementation not in self._fingerprints:
            closure = self._closure(implementation)
            definitions = definitions_of(closure, ImportOrder(closure, self._modules))
            for stage in self._reach.entries(implementation):
                entry = f"{self._reach.catalog_file(stage)}:Stage({stage.name!r})"
                definitions[entry] = declared(stage)
            self._fingerprints[implementation] = Fingerprint.of(definitions)
        return self._fingerprints[implementation]

    def watch(self, implementation: str, *inputs: str) -> Watch:
        """Return what tells whether the code of a stage changed since its fingerprint.

        Args:
            inputs: the implementations of the stages that it takes results of, and these of
                others: what opens their artifacts is loaded with it.
        """
        seen: dict[Path, Signature | None] = {}
        names = [name for name in (implementation, *inputs) if self._fixed(name) is None]
        closures = list(map(self._closure, names))
        for module in chain.from_iterable(closure.modules for closure in closures):
            if module.path:
                seen[module.path] = self._modules.signatures[module.path]
        known = frozenset(chain.from_iterable(map(self._loaded, names)))
        return Watch(self.root, seen, any(closure.hooks for closure in closures), known)

    def changed(self, implementation: str) -> Path | None:
        """Return a file of an implementation's code that changed since its fingerprint was taken,
        relative to the root; None where none did.
        """
        return self.watch(implementation).changed()

    def why(self, implementation: str, shown: str) -> str:
        """Return why a file counts for an implementation: ``"lab/walk.py:3 imports it"``; empty for
        its own file, and for one that does not count.
        """
        if self._fixed(implementation) is not None:
            return ""
        closure = self._closure(implementation)
        for module, reason in closure.modules.items():
            if module.shown == shown and module.name != implementation.partition(":")[0]:
                return f"{reason}, and {closure.open}" if closure.open else str(reason)
        return ""

    def locate(self, definition: str) -> tuple[Path, int]:
        """Return the file and the line, counted from 1, of a definition; line 1 if it is no longer
        there.
        """
        module, path, name = self._held(definition)
        if module is None:
            return path, 1
        return path, module.line(name)

    def imported(self, definition: str) -> bool:
        """Tell whether a definition is a name that a module imports and does nothing else with."""
        module, _, name = self._held(definition)
        if module is None or name not in module.bindings:
            return False
        return all(unit.imported for unit in module.bindings[name])

    def renewed(self) -> Code:
        """Return the same code with what runs were seen to load by now."""
        code = copy(self)
        code._closures, code._fingerprints = {}, {}
        return code

    def outgrown(self, implementation: str) -> bool:
        """Tell whether runs were seen to load a file that its fingerprint here does not count."""
        if self._fixed(implementation) is not None:
            return False
        modules = self._closure(implementation).modules
        counted = {module.shown.rstrip("/") for module in modules}  # a folder that was listed, too
        return not counted.issuperset(name.rstrip("/") for name in self._loaded(implementation))

    def at(self, root: Path) -> Code:
        """Return the same project in another folder, such as a copy of an earlier commit."""
        return Code(
            root,
            self._packages,
            catalog=self._catalogs,
            stages=self._stages,
            installed=self._installed,
            sources=self._sources,
        )

    def _fixed(self, implementation: str) -> Fingerprint | None:
        """Return the fingerprint of what is no part of the project; None for the project's own."""
        if implementation in BUILT_IN:
            return BUILT_IN[implementation]
        package = implementation.partition(":")[0].partition(".")[0]
        if package not in self._installed:
            return None
        label, digest = installed_source(package)
        return Fingerprint(digest, {label: digest[:16]})

    def _closure(self, implementation: str) -> Closure:
        if implementation not in self._closures:
            with self._sources.shared():
                self._closures[implementation] = self._reach.closure(implementation)
        return self._closures[implementation]

    def _held(self, definition: str) -> tuple[Module | None, Path, str]:
        """Return module, file and name of a definition as a fingerprint has it; no module if its
        file is gone.
        """
        shown, _, name = definition.partition(":")
        path = self.root / shown
        if not path.is_file():
            return None, path, name
        return self._modules.file(path), path, name
