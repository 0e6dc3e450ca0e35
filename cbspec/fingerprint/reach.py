"""Find where the closure of an implementation begins.

It begins with the names in the catalog, the modules that Python imports by itself, and the files
that earlier runs were seen to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from cbspec.errors import ConfigError, suggestion
from cbspec.fingerprint.closure import Closure, Reason
from cbspec.fingerprint.module import Unit
from cbspec.fingerprint.modules import Modules
from cbspec.stage import NoParameters, Stage

# What Python imports by itself where the project's folder is on its path from the start
STARTED = ("sitecustomize", "usercustomize")
Loaded = Callable[[str], Iterable[str]]
"""Implementation -> the files, relative to the root, that runs of it used and nothing names."""


class Reach:
    """Completes the closure of each implementation.

    Args:
        modules: the project's.
        catalogs: the names of the modules of the catalogs.
        stages: its stages.
        loaded: what runs were seen to use.
    """

    def __init__(
        self, modules: Modules, catalogs: Sequence[str], stages: Iterable[Stage], loaded: Loaded
    ) -> None:
        self._modules = modules
        self._catalogs = catalogs
        self._entries: dict[str, list[Stage]] = {}
        for stage in stages:
            self._entries.setdefault(stage.implementation, []).append(stage)
        self._loaded = loaded

    def closure(self, implementation: str) -> Closure:
        """Return all code that an implementation reaches.

        Raises:
            ConfigError: there is no such module or function.
        """
        closure = Closure(self._modules, self._declarations)
        self._want(closure, implementation, f"it is the implementation {implementation}")
        for catalog in self._catalogs:
            reason = Reason("the catalog is imported before every stage")
            closure.add(self._modules.chain(catalog), reason)
        for stage in self.entries(implementation):
            self._add_entry(closure, stage)
        for name in STARTED:
            closure.add(self._modules.chain(name), Reason("Python imports it when it starts"))
        for shown in self._loaded(implementation):
            reason = Reason(f"a run of {implementation} loaded it")
            closure.add_whole(self._modules.used(shown), reason)
        closure.complete()
        return closure

    def entries(self, implementation: str) -> list[Stage]:
        """Return the stages that share an implementation."""
        return self._entries.get(implementation, [])

    def catalog_file(self, stage: Stage) -> str:
        """Return the file of the catalog that declares a stage, relative to the root.

        That is the catalog of its implementation's package, or else the first one.
        """
        package = stage.implementation.partition(".")[0]
        beside = [name for name in self._catalogs if name.partition(".")[0] == package]
        name = next(iter(beside or self._catalogs), "")
        module = self._modules.get(name) if name else None
        return module.shown if module else name

    @cached_property
    def _declarations(self) -> Sequence[Unit]:
        """Return the statements that declare the stages. Each counts for its own stage only."""
        units: list[Unit] = []
        for name in self._catalogs:
            if module := self._modules.get(name):
                units += module.bindings.get("STAGES", ())
        return units

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
        for catalog in self._catalogs:
            for module in modules or self._modules.chain(catalog):
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
            hint = suggestion(name, self._modules.names())
            raise ConfigError(f"{where}: there is no module '{name}'{hint}")
        module = modules[-1]
        head = attribute.partition(".")[0]
        bound = {*module.bindings, *module.aliases}
        if head not in bound and not module.may_bind_more:
            hint = suggestion(head, sorted(bound))
            raise ConfigError(f"{where}: {module.shown} defines no '{head}'{hint}")
        closure.add(modules, Reason(reason))
        closure.want(module, head)
