"""The parts of a project. Each is loaded when first asked for, so commands pay only for theirs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbspec.config import Config, load
from cbspec.errors import ConfigError, StoreError
from cbspec.paths import display

if TYPE_CHECKING:
    from cbspec.catalog import Catalog
    from cbspec.execution.numerics import Numerics
    from cbspec.execution.plan import Planner
    from cbspec.fingerprint import Code
    from cbspec.fingerprint.signature import Signatures
    from cbspec.language import Versions
    from cbspec.ledger import EvidenceFolder, Ledger, NoiseRecord
    from cbspec.store import Damage, Store


class Parts:
    """The parts of one project. Each raises `CbspecError` if it cannot be loaded.

    Args:
        folder: a folder in the project; by default the working directory.
        settings: keys of ``[tool.cbspec]`` with other values than in pyproject.toml.
    """

    def __init__(self, folder: str | Path | None = None, **settings: Any) -> None:
        self._start = Path(folder) if folder is not None else None
        self._asked = settings

    @cached_property
    def config(self) -> Config:
        """Return the settings of the project, and register its own assertion kinds."""
        config = replace(load(self._start), **self._asked)
        if config.kinds:
            from cbspec import kinds

            kinds.load(config)
        if config.devices:
            from cbspec.execution import devices

            devices.load(config)
        return config

    @cached_property
    def catalog(self) -> Catalog:
        """Return the catalog of stages, and register the project's own assertion kinds."""
        from cbspec import catalog, kinds

        assert self._signatures is not None  # they are taken before the engine is imported
        with self._catalog_observed():
            stages = catalog.load(self.config)
        kinds.load(self.config)
        return stages

    def _catalog_observed(self) -> AbstractContextManager[None]:
        """Return a block that notes what the catalog loads, where this process computes stages."""
        if self.config.backend != "inline":
            return nullcontext()
        from cbspec.execution.computing import observed

        return observed(self.config.root.resolve()).loading_catalog()

    @cached_property
    def _signatures(self) -> Signatures:
        """Return the stamps of the source files, taken before any of them is imported.

        If a file is edited after that, a run stops.
        """
        from cbspec.fingerprint.signature import signatures

        return signatures(self.config.root, self.config.packages)

    @cached_property
    def ledger(self) -> Ledger:
        """Return the ledger, as it was when first asked for."""
        from cbspec.ledger import Ledger

        return Ledger.load(self.config.ledger)

    @cached_property
    def evidence(self) -> EvidenceFolder:
        """Return the evidence of the recorded verdicts."""
        from cbspec.ledger import EvidenceFolder

        return EvidenceFolder(self.config.evidence)

    @cached_property
    def noise(self) -> NoiseRecord:
        """Return how far measures move where nothing has changed, as it is on record."""
        from cbspec.ledger import NoiseRecord

        return NoiseRecord.load(self.config.noise_record)

    @cached_property
    def store(self) -> Store:
        """Return the store. It reports damaged results to standard error."""
        from cbspec.store import Store

        def warn(damage: Damage) -> None:
            print(damage, file=sys.stderr)

        return Store(self.config.store, on_damage=warn)

    @cached_property
    def code(self) -> Code:
        """Return the present source code of the engine."""
        from cbspec.fingerprint import Code, Parsed
        from cbspec.store import Locks

        self._learn_loaded()
        sources = Parsed()
        folder = self.config.runs.parent
        if folder.is_dir():  # a command that only looks does not create it
            sources = Parsed(folder / "sources.msgpack", partial(Locks(folder).take, "sources"))
        return Code(
            self.config.root,
            self.config.packages,
            self._signatures,
            catalog=self.config.own_engines,
            installed=self.config.installed,
            stages=self.catalog.values(),
            loaded=self.store.loaded.of,
            sources=sources,
        )

    def _learn_loaded(self) -> None:
        """Tell the store which files the runs on record have loaded; another store saw them.

        Without them the code of these verdicts would look changed.
        """
        for implementation, files in self.ledger.loaded.items():
            for file in files.difference(self.store.loaded.of(implementation)):
                with suppress(StoreError):  # of a read-only store
                    self.store.loaded.keep(implementation, file)

    @cached_property
    def versions(self) -> Versions:
        """Return a reader of claims at other scales."""
        from cbspec.language import Versions

        return Versions(self.catalog)

    @property
    def claims_folder(self) -> Path:
        """Return the folder of the claims, relative to the working directory if it lies below that.

        Raises:
            ConfigError: there is no such folder.
        """
        folder = self.config.claims
        if not folder.is_dir():
            where = f"([tool.cbspec] claims of {self.config.root})"
            raise ConfigError(f"{folder}: there is no such folder of claims {where}")
        return display(folder)

    @contextmanager
    def editing(self) -> Iterator[Ledger]:
        """Yield the ledger from disk, to be changed, while other processes wait to change it."""
        from cbspec.ledger.editing import editing

        with editing(self.config.ledger) as ledger:
            yield ledger

    def scale(self, asked: str | None = None) -> str:
        """Return the scale of a run: the asked one, or the project's own.

        Raises:
            ConfigError: no defaults define the scale, or the canaries'.
        """
        from cbspec.language.defaults import known_scale

        return known_scale(asked, self.config.scale, self.config.claims, self.config.canary)

    def numerics(self, device: str = "auto", threads: int = 1, *, computing: bool) -> Numerics:
        """Return the arithmetic of a run on this machine.

        Args:
            device: the name of a device family, or ``"auto"``.
            threads: the threads of one worker.
            computing: whether something will be computed, so that the device has to be there.
        """
        from cbspec.execution.numerics import resolve

        return resolve(device, threads, computing=computing)

    def planner(
        self, device: str = "auto", threads: int = 1, *, computing: bool = False
    ) -> Planner:
        """Return a planner for the present code of the engine. See `numerics` for the arguments."""
        from cbspec.execution.plan import Planner
        from cbspec.execution.surroundings import Surroundings

        numerics = self.numerics(device, threads, computing=computing)
        return Planner(self.code.fingerprint, numerics, Surroundings.of_project(self.config))
