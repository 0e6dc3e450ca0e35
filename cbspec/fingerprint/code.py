"""The fingerprint of what a stage's implementation reaches inside the project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from cbspec.errors import ConfigError, suggestion
from cbspec.fingerprint.canonical import short_hash
from cbspec.fingerprint.change import ORDER, TEXT
from cbspec.fingerprint.closure import Closure, Reason
from cbspec.fingerprint.finder import Finder
from cbspec.fingerprint.module import Module, Unit
from cbspec.fingerprint.modules import Modules
from cbspec.fingerprint.order import ImportOrder
from cbspec.fingerprint.parsed import Parsed
from cbspec.fingerprint.signature import Signature, Signatures, Watch
from cbspec.layout import source_folder
from cbspec.stage import NoParameters, Stage

DOCSTRINGS = frozenset({"__doc__", "getdoc"})  # where one is read, docstrings are part of the code


# Modules that Python imports by itself where the project's folder is on its path from the start
STARTED = ("sitecustomize", "usercustomize")
# Where one is used, comments are part of the code
SOURCE_READERS = frozenset({"getsource", "getsourcelines", "getcomments", "linecache"})


@dataclass(frozen=True)
class Fingerprint:
    """The code that a result depends on.

    Attributes:
        digest: hex SHA-256 over the sorted definitions.
        definitions: ``"engine/rules.py:inner_product"`` (path relative to the project root,
            qualified name) -> short hash of its canonical form. ``<module>`` are statements that
            bind nothing; ``<order>`` is the order of what a module does when it is imported;
            ``Stage('bp')`` is a catalog's entry; an imported name stands for what it is bound to.
    """

    digest: str
    definitions: Mapping[str, str]


def _built_in(implementation: str, revision: int) -> Fingerprint:
    text = f"{implementation} {revision}"
    return Fingerprint(hashlib.sha256(text.encode()).hexdigest(), {text: short_hash(text)})


# The harness' own stages: results outlive an edit of its code that changes no value. Raise the
# revision where one does.
BUILT_IN: Mapping[str, Fingerprint] = {
    "cbspec.tables.emission:emit": _built_in("cbspec.tables.emission:emit", 1),
    "cbspec.tables.reported:emit": _built_in("cbspec.tables.reported:emit", 1),
}


class Code:
    """The source of a project, read as it is when first asked for; nothing of it is imported.

    Args:
        root: the project's folder; the packages lie in it, or in its ``src``.
        packages: dotted names of the packages (or modules) that belong to the project, e.g.
            ``("engine",)``.
        seen: signatures of files (`cbspec.fingerprint.signature`), taken before any code of the
            project was imported.
        catalog: the module of the catalog, which every process imports first.
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
        catalog: str = "",
        stages: Iterable[Stage] = (),
        loaded: Callable[[str], Iterable[str]] | None = None,
        sources: Parsed | None = None,
    ) -> None:
        self.root = root.resolve()
        self._packages = packages
        self._source = source_folder(self.root, packages)
        finder = Finder(self.root, self._source)
        self._sources = sources or Parsed()
        self._modules = Modules(self.root, finder, self._sources, seen)
        self._catalog = catalog
        self._stages = tuple(stages)
        self._loaded = loaded or _nothing
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
        if implementation in BUILT_IN:
            return BUILT_IN[implementation]
        if implementation not in self._fingerprints:
            closure = self._closure(implementation)
            definitions = _definitions(closure, ImportOrder(closure, self._modules))
            for stage in self._entries(implementation):
                definitions[f"{self._catalog_file}:Stage({stage.name!r})"] = _declared(stage)
            definitions = dict(sorted(definitions.items()))
            lines = "".join(f"{name} {digest}\n" for name, digest in definitions.items())
            digest = hashlib.sha256(lines.encode()).hexdigest()
            self._fingerprints[implementation] = Fingerprint(digest, definitions)
        return self._fingerprints[implementation]

    def watch(self, implementation: str, *inputs: str) -> Watch:
        """Return what tells whether the code of a stage changed since its fingerprint.

        Args:
            inputs: the implementations of the stages that it takes results of, and these of
                others: what opens their artifacts is loaded with it.
        """
        seen: dict[Path, Signature | None] = {}
        names = [name for name in (implementation, *inputs) if name not in BUILT_IN]
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
        if implementation in BUILT_IN:
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
        return path, module.line(name) if module else 1

    def imported(self, definition: str) -> bool:
        """Tell whether a definition is a name that a module imports and does nothing else with."""
        module, _, name = self._held(definition)
        units = module.bindings.get(name, ()) if module else ()
        return bool(units) and all(unit.imported for unit in units)

    def renewed(self) -> Code:
        """Return the same code with what runs were seen to load by now."""
        code = copy(self)
        code._closures, code._fingerprints = {}, {}
        return code

    def at(self, root: Path) -> Code:
        """Return the same project in another folder, such as a copy of an earlier commit."""
        return Code(root, self._packages, catalog=self._catalog, stages=self._stages)

    @property
    def _catalog_file(self) -> str:
        module = self._modules.get(self._catalog) if self._catalog else None
        return module.shown if module else self._catalog

    @cached_property
    def _declarations(self) -> Sequence[Unit]:
        """Return the statements that declare the stages: each entry counts for its own stage, by
        what it says.
        """
        module = self._modules.get(self._catalog) if self._catalog else None
        return module.bindings.get("STAGES", ()) if module else ()

    def _entries(self, implementation: str) -> list[Stage]:
        return [stage for stage in self._stages if stage.implementation == implementation]

    def _closure(self, implementation: str) -> Closure:
        if implementation not in self._closures:
            with self._sources.shared():
                self._closures[implementation] = self._reached(implementation)
        return self._closures[implementation]

    def _reached(self, implementation: str) -> Closure:
        closure = Closure(self._modules, self._declarations)
        self._want(closure, implementation, f"it is the implementation {implementation}")
        if self._catalog:
            reason = Reason("the catalog is imported before every stage")
            closure.add(self._modules.chain(self._catalog), reason)
        for stage in self._entries(implementation):
            self._add_entry(closure, stage)
        for name in STARTED:
            closure.add(self._modules.chain(name), Reason("Python imports it when it starts"))
        for shown in self._loaded(implementation):
            path = self.root / shown
            if path.is_file():
                reason = Reason(f"a run of {implementation} loaded it")
                closure.add_whole(self._modules.file(path), reason)
            elif path.is_dir():
                reason = Reason(f"a run of {implementation} listed it")
                closure.add_whole(self._modules.folder(path), reason)
        closure.complete()
        return closure

    def _add_entry(self, closure: Closure, stage: Stage) -> None:
        """Add what a stage's entry in the catalog names besides its implementation."""
        if stage.opens:
            self._want(closure, stage.opens, f"stage {stage.name} opens its artifacts by it")
        parameters = stage.parameters
        if parameters is NoParameters:
            return
        reason = Reason(f"it declares the parameters of {stage.name}")
        name = parameters.__qualname__.partition(".")[0]
        modules = self._modules.chain(parameters.__module__)
        closure.add(modules, reason)
        if modules and name in modules[-1].bindings:
            closure.want(modules[-1], name)
            return
        # A class that no statement names, such as one that a loop makes, may be made of anything
        for module in modules or self._modules.chain(self._catalog):
            closure.add_whole(module, reason)

    def _want(self, closure: Closure, reference: str, reason: str) -> None:
        """Add ``"module:name"``.

        Raises:
            ConfigError: there is no such module or name.
        """
        name, colon, attribute = reference.partition(":")
        where = f"implementation '{reference}'"
        if not colon:
            raise ConfigError(f"{where} is not of the form 'module:function'")
        modules = self._modules.chain(name)
        if not modules or modules[-1].name != name:
            hint = suggestion(name, self._names())
            raise ConfigError(f"{where}: there is no module '{name}'{hint}")
        module = modules[-1]
        head = attribute.partition(".")[0]
        bound = {*module.bindings, *module.aliases}
        if head not in bound and not module.may_bind_more:
            hint = suggestion(head, sorted(bound))
            raise ConfigError(f"{where}: {module.shown} defines no '{head}'{hint}")
        closure.add(modules, Reason(reason))
        closure.want(module, head)

    def _names(self) -> list[str]:
        """Return the names of all modules there are, for a suggestion."""
        files = (path.relative_to(self._source) for path in self._source.rglob("*.py"))
        return [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]

    def _held(self, definition: str) -> tuple[Module | None, Path, str]:
        """Return module, file and name of a definition as a fingerprint has it; no module if its
        file is gone.
        """
        shown, _, name = definition.partition(":")
        path = self.root / shown
        return (self._modules.file(path) if path.is_file() else None), path, name


def _nothing(_implementation: str) -> Iterable[str]:
    return ()


def _definitions(closure: Closure, order: ImportOrder) -> dict[str, str]:
    hashes: dict[str, list[str]] = {}
    documented = not DOCSTRINGS.isdisjoint(closure.words)
    read = not SOURCE_READERS.isdisjoint(closure.words)
    for module in closure.modules:
        if read and module.path:
            hashes[f"{module.shown}:{TEXT}"] = [short_hash(module.path.read_text(errors="replace"))]
        if documented and module.docs:
            hashes[f"{module.shown}:__doc__"] = [short_hash(module.docs)]
        for unit in module.units:
            if unit in closure.units:
                for name, digest in unit.hashes(documented).items():
                    hashes.setdefault(f"{module.shown}:{name}", []).append(digest)
        if lines := order.of(module):
            hashes[f"{module.shown}:{ORDER}"] = [short_hash("\n".join(lines))]
    definitions = {}
    for name, digests in hashes.items():
        definitions[name] = digests[0] if len(digests) == 1 else short_hash("".join(digests))
    return definitions


def _declared(stage: Stage) -> str:
    """Return the hash of what a catalog's entry says, without what only documents or forecasts."""
    said = {
        "implementation": stage.implementation,
        "opens": stage.opens,
        "parameters": f"{stage.parameters.__module__}:{stage.parameters.__qualname__}",
        "kind": stage.kind,
        "inputs": {name: taken.kind for name, taken in stage.inputs.items()},
        "measures": {name: measure.unit for name, measure in stage.measures.items()},
        "progress": stage.progress,
        "varying": sorted(stage.varying),
    }
    return short_hash(json.dumps(said, sort_keys=True))
