"""The project that a command works on: found from the working directory, each part of it loaded when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbspec.claim import base
from cbspec.config import Config, load

if TYPE_CHECKING:  # a command pays for what it uses
    from cbspec.catalog import Catalog
    from cbspec.claim import Claim
    from cbspec.evaluation.canary import Canaries
    from cbspec.explain import Standings
    from cbspec.fingerprint import Code
    from cbspec.ledger import Ledger
    from cbspec.plan import Planner
    from cbspec.stage import Call
    from cbspec.store import Damage, Store


class Project:
    """The project around the working directory. Every part raises `CbspecError` where it cannot be loaded."""

    @cached_property
    def config(self) -> Config:
        """The settings; the project's own assertion kinds are known from here on, also to what reads the ledger alone."""
        config = load()
        if config.kinds:
            from cbspec import kinds

            kinds.load(config)
        return config

    @cached_property
    def catalog(self) -> Catalog:
        from cbspec import catalog

        return catalog.load(self.config)

    @cached_property
    def ledger(self) -> Ledger:
        from cbspec.ledger import Ledger

        return Ledger.load(self.config.ledger)

    @contextmanager
    def editing(self) -> Iterator[Ledger]:
        """The ledger as it is now, for a change of it: who else wants to change it waits."""
        from cbspec.ledger import Ledger

        with self.store.lock("ledger"):
            yield Ledger.load(self.config.ledger)

    @cached_property
    def store(self) -> Store:
        from cbspec.store import Store

        def tell(damage: Damage) -> None:
            click.echo(str(damage), err=True)

        return Store(self.config.store, on_damage=tell)

    @cached_property
    def code(self) -> Code:
        from cbspec.fingerprint import Code

        return Code(self.config.root, self.config.packages)

    @property
    def claims_folder(self) -> Path:
        """The folder of the claims, as short as it can be written from here.

        Raises:
            ConfigError: there is none.
        """
        from cbspec.errors import ConfigError

        folder = self.config.claims
        if not folder.is_dir():
            raise ConfigError(f"{folder}: there is no such folder of claims ([tool.cbspec] claims of {self.config.root})")
        return shown(folder)

    def planner(self, device: str = "auto", threads: int = 1) -> Planner:
        """A planner for the engine's code as it is. Nothing is computed by it, so a GPU may be another machine's.

        Args:
            device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
            threads: of one worker.
        """
        from cbspec.numerics import resolve
        from cbspec.plan import Planner

        return Planner(self.code.fingerprint, resolve(device, threads, computing=False))

    def canaries(self, planner: Planner) -> Canaries | None:
        """Return what stored results say of the claims' canaries; None for a project without a canary scale.

        Nothing is computed by it.
        """
        from cbspec.canary import CanaryRecord
        from cbspec.evaluation.canary import Canaries
        from cbspec.execute import Executor
        from cbspec.language import Versions
        from cbspec.ledger import provenance
        from cbspec.rundir import RunDirectory

        scale = self.config.canary
        if not scale:
            return None
        versions = Versions(self.catalog)
        nobody = RunDirectory(self.config.runs / "none", "none")
        return Canaries(
            Executor(planner, self.store, nobody, "cpu"),
            CanaryRecord.load(self.config.canary_record),
            lambda claim: versions.at(claim, scale),
            lambda: provenance(self.config.root, planner.numerics.torch, exclude=self.config.reports),
        )

    def standings(self, planner: Planner) -> Standings:
        """Where the planner's cells stand."""
        from cbspec.explain import History, Standings

        history = History(self.config.root, self.config.packages, self.store)
        return Standings(planner, self.store, self.code, history, self.config.root, self._arms)

    def claims(self, words: Sequence[str] = (), scale: str | None = None) -> tuple[Claim, ...]:
        """The claims that words name at a scale (the project's by default), all of them without a word; see `select`."""
        from cbspec.cli.selection import select
        from cbspec.language.defaults import known_scale

        return select(self, words, known_scale(scale, self.config.claims) or self.config.scale)

    def at_every_scale(self, words: Sequence[str] = ()) -> tuple[Claim, ...]:
        """The claims, claim by claim, once for each scale at which they are decidable; none of an id that is only on record."""
        from cbspec.cli.selection import select

        recorded = {name for entry in self.ledger for name in (entry.claim, base(entry.claim))} if words else ()
        return select(self, words, self.config.scale, every=True, recorded=recorded)

    def _arms(self) -> Iterator[Call]:
        for claim in self.at_every_scale():
            yield from claim.arms.values()


def shown(path: Path) -> Path:
    """`path` relative to the working directory where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


pass_project = click.make_pass_decorator(Project)
