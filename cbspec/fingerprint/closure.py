"""The closure: all code that a stage can reach.

It consists of the modules that the stage can import, and of two kinds of code in them: statements
that do something when the module is imported, and definitions that are named.

Too much counts rather than too little, so scopes are ignored. A name leads to the definitions of
that name in its own module and in star imports, an import to what it imports, and an attribute to
every definition of that name in any module. If code is looked up by a computed name, every
definition counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.util import resolve_name

from cbspec.fingerprint.canonical import Import
from cbspec.fingerprint.finder import OUTSIDE
from cbspec.fingerprint.module import MAIN, Module, Unit
from cbspec.fingerprint.modules import Modules


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a module counts: the place where it is imported, or a reason in words."""

    text: str = ""
    importer: str = ""
    line: int = 0

    def __str__(self) -> str:
        return self.text or f"{self.importer}:{self.line} imports it"


class Closure:
    """The code that one stage reaches.

    Args:
        modules: the project's modules.
        without: units that do not count.

    Attributes:
        modules: module that may be imported -> why.
        units: unit that counts -> its module.
        words: the attributes, and the words in strings, of all units that count.
        hooks: whether some class is notified of its subclasses, which then act on definition.
        open: why every definition counts; empty if only named definitions do.
    """

    def __init__(self, modules: Modules, without: Collection[Unit] = ()) -> None:
        self.modules: dict[Module, Reason] = {}
        self.units: dict[Unit, Module] = {}
        self.words: set[str] = set()
        self.open = ""
        self.hooks = False
        self._source = modules
        self._without = without
        self._wanted: set[tuple[Module, str]] = set()
        self._imported: list[Module] = []
        self._reached: list[Unit] = []
        # Word -> the units of imported modules that count as soon as any unit mentions the word
        self._awaiting: dict[str, list[Unit]] = defaultdict(list)
        self._homes: dict[Unit, Module] = {}

    def add(self, modules: Iterable[Module], reason: Reason) -> None:
        """Add modules that may be imported."""
        for module in modules:
            if module not in self.modules:
                self.modules[module] = reason
                self._imported.append(module)
                if module.hooks and not self.hooks:
                    self.hooks = True
                    self._reconsider()

    def add_whole(self, module: Module, reason: Reason) -> None:
        """Add a module with all its units."""
        self.add([module], reason)
        for unit in module.units:
            self._include(unit, module)

    def want(self, module: Module, name: str) -> None:
        """Add the units that define a name in a module."""
        if (module, name) in self._wanted:
            return
        self._wanted.add((module, name))
        for unit in module.bindings.get(name, ()):
            self._include(unit, module)
        for star in module.stars:
            if source := self._source.get(star.module, module):
                self.want(source, name)
                self.want(source, "__all__")

    def complete(self) -> None:
        """Follow everything that was added, until nothing new is found."""
        while self._imported or self._reached:
            if self._imported:
                self._run(self._imported.pop())
            else:
                unit = self._reached.pop()
                self._follow(unit, self.units[unit])

    def acts(self, unit: Unit) -> bool:
        """Tell whether a unit does something when its module is imported."""
        return unit.acts or (self.hooks and unit.derives)

    def _include(self, unit: Unit, module: Module) -> None:
        if unit not in self.units and unit not in self._without:
            self.units[unit] = module
            self._reached.append(unit)

    def _run(self, module: Module) -> None:
        """Add the units of a module that act when it is imported, or that are mentioned already."""
        for unit in module.units:
            self._homes[unit] = module
            words = [module.name] if unit.names == (MAIN,) else unit.names
            for word in words:
                self._awaiting[word].append(unit)
            alias = unit.imported
            external = alias is not None and not self._import(alias, module)
            if (
                (alias and external and _acts(alias))
                or self.open
                or self.acts(unit)
                or not self.words.isdisjoint(words)
            ):
                self._include(unit, module)

    def _reconsider(self) -> None:
        """Look again at the units that did not count so far.

        Called when it turns out that there are hooks, or that code is looked up by a computed name.
        """
        for unit, module in self._homes.items():
            if self.open or self.acts(unit):
                self._include(unit, module)

    def _say(self, words: Iterable[str]) -> None:
        """Note words that are mentioned, and add the units with these names."""
        for word in words:
            if word not in self.words:
                self.words.add(word)
                for unit in self._awaiting.get(word, ()):
                    self._include(unit, self._homes[unit])

    def _import(self, alias: Import, module: Module) -> bool:
        """Add the modules that an import runs, and tell whether they are in the project."""
        modules = self._source.imported(alias, module)
        self.add(modules, Reason(importer=module.shown, line=alias.line))
        return bool(modules)

    def _follow(self, unit: Unit, module: Module) -> None:
        references = unit.references
        self._say(references.words)
        for name in references.names:
            self.want(module, name)
        for path in references.paths:
            self._path(path, unit, module)
        for name in references.files:
            for file in self._source.files(name, module):
                self.add_whole(file, Reason(f"{module.shown}:{unit.line} names it"))
        for alias in references.imports:
            self._import(alias, module)
            if alias.name and (source := self._source.get(alias.module, module)):
                self.want(source, alias.name)
        if not self.open and self._source.opens(unit, module):
            self.open = f"{module.shown}:{unit.line} finds code by a name that is computed"
            self._reconsider()

    def _path(self, path: str, unit: Unit, module: Module) -> None:
        """Follow a string that may be an import path, or the beginning of one."""
        try:
            name = resolve_name(path.partition(":")[0].rstrip("."), module.package)
        except ImportError:  # a relative path in a module without a package
            return
        modules = self._source.chain(name)
        self.add(modules, Reason(f"{module.shown}:{unit.line} names it"))
        self._say(module.name for module in modules)


def _acts(alias: Import) -> bool:
    """Tell whether an import from outside the project may change anything.

    Python's own modules and the harness only bind names, except `__future__`.
    """
    top = alias.module.partition(".")[0]
    return top == "__future__" or top not in OUTSIDE
