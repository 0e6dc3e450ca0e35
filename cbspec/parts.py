"""The parts of a project, put together in one place, each loaded when it is first asked for, so that
a command pays only for what it uses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbspec.config import Config, load
from cbspec.errors import ConfigError
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
    """What a project consists of. Each part raises `CbspecError` where it cannot be loaded.

    Args:
        folder: the project is the one around this folder; around the working directory if left out.
        settings: keys of ``[tool.cbspec]`` that have another value than the project gives them.
    """

    def __init__(self, folder: str | Path | None = None, **settings: Any) -> None:
        self._start = Path(folder) if folder is not None else None
        self._asked = settings

    @cached_property
    def config(self) -> Config:
        """Return the settings of the project, whose own assertion kinds are known from here on."""
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
        """Return the stages that claims can ask for; the project's assertion kinds, and no
        other's, are known from here on.
        """
        from cbspec import catalog, kinds

        assert self._signatures is not None  # taken before the engine is imported
        stages = catalog.load(self.config)
        kinds.load(self.config)
        return stages

    @cached_property
    def _signatures(self) -> Signatures:
        """Return what the source files were before any was imported: an edit after that stops a
        run.
        """
        from cbspec.fingerprint.signature import signatures

        return signatures(self.config.root, self.config.packages)

    @cached_property
    def ledger(self) -> Ledger:
        """Return the verdicts on record, as they were when first asked for."""
        from cbspec.ledger import Ledger

        return Ledger.load(self.config.ledger)

    @cached_property
    def evidence(self) -> EvidenceFolder:
        """Return the values that the verdicts on record were judged on."""
        from cbspec.ledger import EvidenceFolder

        return EvidenceFolder(self.config.evidence)

    @cached_property
    def noise(self) -> NoiseRecord:
        """Return how far measures move where nothing has changed, as it is on record."""
        from cbspec.ledger import NoiseRecord

        return NoiseRecord.load(self.config.noise_record)

    @cached_property
    def store(self) -> Store:
        """Return the stored results; damaged ones are reported to standard error."""
        from cbspec.store import Store

        def warn(damage: Damage) -> None:
            print(damage, file=sys.stderr)

        return Store(self.config.store, on_damage=warn)

    @cached_property
    def code(self) -> Code:
        """Return the engine's source code as it is."""
        from cbspec.fingerprint import Code, Parsed
        from cbspec.store import Locks

        sources = Parsed()
        folder = self.config.runs.parent
        if folder.is_dir():  # a command that only looks makes none
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

    @cached_property
    def versions(self) -> Versions:
        """Return the claims at other scales than the one they were read at."""
        from cbspec.language import Versions

        return Versions(self.catalog)

    @property
    def claims_folder(self) -> Path:
        """Return the folder of the claims, relative to the working directory if it lies below.

        Raises:
            ConfigError: there is none.
        """
        folder = self.config.claims
        if not folder.is_dir():
            where = f"([tool.cbspec] claims of {self.config.root})"
            raise ConfigError(f"{folder}: there is no such folder of claims {where}")
        return display(folder)

    @contextmanager
    def editing(self) -> Iterator[Ledger]:
        """Yield the ledger as it is on disk, to be changed; whoever else wants to change it
        waits.
        """
        from cbspec.ledger.editing import editing

        with editing(self.config.ledger) as ledger:
            yield ledger

    def scale(self, asked: str | None = None) -> str:
        """Return the scale of a run: the one that was asked for, or the project's.

        Raises:
            ConfigError: no defaults of any folder of claims have it.
        """
        from cbspec.language.defaults import known_scale

        return known_scale(asked, self.config.scale, self.config.claims)

    def numerics(self, device: str = "auto", threads: int = 1, *, computing: bool) -> Numerics:
        """Resolve what results depend on besides parameters, code and seed.

        Args:
            device: the name of a device family, or ``"auto"``.
            threads: of one worker.
            computing: whether something will be computed, so that the device has to be there.
        """
        from cbspec.execution.numerics import resolve

        return resolve(device, threads, computing=computing)

    def planner(
        self, device: str = "auto", threads: int = 1, *, computing: bool = False
    ) -> Planner:
        """Return a planner for the engine's code as it is.

        Args:
            computing: whether something will be computed, so that the device has to be there.
        """
        from cbspec.execution.plan import Planner
        from cbspec.execution.surroundings import Surroundings

        numerics = self.numerics(device, threads, computing=computing)
        return Planner(self.code.fingerprint, numerics, Surroundings.of_project(self.config))
