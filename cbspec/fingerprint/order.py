"""The order in which modules act when they are imported, as far as it can matter."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.fingerprint.canonical import Import
from cbspec.fingerprint.closure import Closure
from cbspec.fingerprint.module import MODULE, Module, Unit
from cbspec.fingerprint.modules import Modules


class ImportOrder:
    """Tells what the modules of a closure do when they are imported, and in which order.

    Args:
        closure: the closure, after `complete`.
        modules: the project's modules.
    """

    def __init__(self, closure: Closure, modules: Modules) -> None:
        self._closure = closure
        self._modules = modules
        self._acting: set[Module] = set()
        self._imports: dict[Module, set[Module]] = {}
        for module in closure.modules:
            imported = self._imports[module] = set()
            for unit in module.units:
                if alias := unit.imported:
                    imported.update(modules.imported(alias, module))
                elif unit in closure.units and closure.acts(unit):
                    self._acting.add(module)

    def of(self, module: Module) -> list[str]:
        """Return what a module does when it is imported, in order; empty if no order matters.

        Listed are statements that act, the first import of each module that acts, and statements
        that may depend on either. The place of a plain function does not matter, nor the order
        among imports from outside the project. If a name is bound twice, or a star import may bind
        it again, every place matters.
        """
        counted = [unit for unit in module.units if unit in self._closure.units]
        ambiguous = bool(module.stars) or _rebinds(counted)
        acting = not self._acting.isdisjoint(self._run_by([module]))
        if not (ambiguous or acting or any(self._within(unit, module) for unit in counted)):
            return []
        lines: list[str] = []
        elsewhere: list[str] = []
        run: set[Module] = set()
        for unit in module.units:
            alias = unit.imported
            # Imports from outside may be sorted among each other, but not across a statement that
            # acts. So they are collected, and flushed before the next line
            if alias and not ambiguous:
                if first := self._acting_in(alias, module) - run:
                    run |= first
                elif unit in counted and not self._modules.imported(alias, module):
                    elsewhere.append(f"import {alias.target}")
                    continue
                else:
                    continue
            elif unit not in counted or not self._matters(unit, module, ambiguous):
                continue
            lines += [*sorted(elsewhere), self._line(unit, module)]
            elsewhere = []
        return [*lines, *sorted(elsewhere)]

    def _matters(self, unit: Unit, module: Module, ambiguous: bool) -> bool:
        if ambiguous or unit.evaluates or self._closure.acts(unit):
            return True
        return bool(self._within(unit, module))

    def _line(self, unit: Unit, module: Module) -> str:
        if alias := unit.imported:
            return f"import {alias.target}"
        name = ",".join(unit.names)
        if unit.names == (MODULE,):
            name = unit.digests[MODULE]
        return name + self._within(unit, module)

    def _within(self, unit: Unit, module: Module) -> str:
        """Return the order in which a unit itself imports modules that act; empty for fewer than two.

        The canonical form sorts neighbouring imports, so it does not show their order.
        """
        if unit.imported or len(unit.references.imports) < 2:
            return ""
        targets = []
        for alias in unit.references.imports:
            if self._acting_in(alias, module):
                targets.append(alias.target)
        if len(targets) < 2:
            return ""
        return f" imports {targets}"

    def _acting_in(self, alias: Import, importer: Module) -> set[Module]:
        """Return those of the modules that an import runs that act."""
        return self._acting & self._run_by(self._modules.imported(alias, importer))

    def _run_by(self, modules: Iterable[Module]) -> set[Module]:
        run: set[Module] = set()
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module not in run:
                run.add(module)
                waiting += self._imports.get(module, ())
        return run


def _rebinds(units: list[Unit]) -> bool:
    """Tell whether two of these units bind the same name."""
    names = [name for unit in units for name in unit.names if name != MODULE]
    return len(set(names)) < len(names)
