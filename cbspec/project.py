"""The public API: a project, which pytest, the command line and notebooks all work with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cbspec.claim import base
from cbspec.errors import LedgerError
from cbspec.parts import Parts

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.evaluation import Evaluation
    from cbspec.evaluation.canary import Canaries
    from cbspec.evaluation.forecast import Forecast
    from cbspec.execution.numerics import Numerics
    from cbspec.execution.plan import Planner
    from cbspec.execution.rundir import RunDirectory
    from cbspec.explain import Standings
    from cbspec.ledger import Device, Entry, Key
    from cbspec.model.values import Values
    from cbspec.report import Run
    from cbspec.stage import Call

Words = str | Sequence[str]
"""Claims by id, file or folder. The id without the values of a matrix stands for all its cells."""


class Project(Parts):
    """A folder with claims, an engine, a store of results and a ledger of verdicts.

    Methods that take `words` work on all claims if none is given. Every part of the project raises
    `CbspecError` if it cannot be loaded.

    Args:
        folder: a folder in the project; by default the working directory.
        settings: keys of ``[tool.cbspec]`` with other values than in pyproject.toml, such as
            ``address="auto"`` or ``slurm="partition=gpu"``.

    Example:
        >>> import cbspec
        >>> project = cbspec.Project()
        >>> [claim.id for claim in project.claims("6A.a")]
        ['6A.a']
        >>> [entry.verdict for entry in project.verdicts("6A.a", scale="quick")]
        ['holds', 'holds']
    """

    # --- claims

    def claims(
        self, words: Words = (), scale: str | None = None, *, sound: bool = False
    ) -> tuple[Claim, ...]:
        """Read claims at one scale, by default the project's own.

        With `sound`, files with mistakes are left out.

        Raises:
            UnknownClaimError: a word names no claim, file or folder.
            ClaimError: the files have mistakes; it lists them all.
            ConfigError: the scale is unknown.
        """
        from cbspec.selection import select

        at = self.scale(scale)
        exact = at == self.config.canary
        folder, chosen = self.claims_folder, _listed(words)
        return select(folder, self.catalog, chosen, at, exact=exact, sound=sound)

    def at_every_scale(self, words: Words = (), *, sound: bool = False) -> tuple[Claim, ...]:
        """Read claims at every scale at which they are decidable, claim by claim.

        An id that only the ledger knows, because its claim is gone, gives no claim and no error.
        With `sound`, files with mistakes are left out.
        """
        from cbspec.selection import select

        known: set[str] = set()
        if words:
            known = {entry.claim for entry in self.ledger}
            known |= {base(claim) for claim in known}
        folder, chosen, at = self.claims_folder, _listed(words), self.scale()
        return select(folder, self.catalog, chosen, at, every=True, sound=sound, recorded=known)

    # --- the record

    def verdicts(self, words: Words = (), scale: str | None = None) -> list[Entry]:
        """Return the recorded verdicts of claims, at one scale or at all scales."""
        entries: dict[Key, Entry] = {}
        for claim in self.at_every_scale(words):
            for entry in self.ledger.of(claim.id):
                if scale in (None, entry.scale):
                    entries[entry.key] = entry
        return list(entries.values())

    def values(self, claim: str, scale: str | None = None, device: Device = "cpu") -> Values:
        """Return the values that a recorded verdict was judged on: arm x measure x seed.

        Raises:
            LedgerError: there is no such verdict, or it has no evidence.
        """
        from cbspec.ledger import Key

        key = Key(claim, scale or self.config.scale, device)
        entry = self.ledger.get(key)
        if entry is None:
            raise LedgerError(f"{key}: no verdict is on record")
        evidence = self.evidence.of(entry)
        if evidence is None:
            raise LedgerError(
                f"{key}: recorded before evidence was kept; run the claim and accept it"
            )
        return evidence.values

    # --- running

    def plan(
        self, words: Words = (), scale: str | None = None, device: str = "auto", threads: int = 1
    ) -> Forecast:
        """Return the forecast of a run: the jobs that it would compute, and their time."""
        from cbspec.evaluation.forecast import forecast

        claims = self.claims(words, scale)
        standings = self.standings(self.planner(device, threads))
        return forecast(claims, standings, self.ledger, self.scale(scale), self.config.canary)

    def run(
        self,
        words: Words = (),
        scale: str | None = None,
        device: str = "auto",
        threads: int = 1,
        adopt: Literal["identical", "never"] | None = None,
        backend: str | None = None,
        repeat_of: Path | None = None,
    ) -> Run:
        """Run claims in this process, compare the verdicts with the ledger, and return the report.

        Nothing is recorded in the ledger. Results are stored as they come, so an interrupted run
        continues where it was.

        Args:
            words: the claims; all by default.
            scale: the scale; by default the project's own.
            device: the name of a device family, or ``"auto"``.
            threads: the threads of each worker.
            adopt: whether to adopt results of earlier code whose canary is identical.
            backend: the name of the back end; by default the project's own.
            repeat_of: the JSON report of an earlier run. A verdict that wobbled in both fails.

        Raises:
            ClaimError: the claims have mistakes; it lists them all.
            ConfigError: `repeat_of` is not the report of a run.
            StoreError: the store cannot be read or written.
        """
        from cbspec.evaluation.session import run_claims
        from cbspec.execution.rundir import RunDirectory

        claims = self.claims(words, scale)
        numerics = self.numerics(device, threads, computing=True)
        adopting = (adopt or self.config.adopt) == "identical"
        directory = RunDirectory(self.config.runs / uuid.uuid4().hex[:12], "main")
        evaluation = self.evaluation(
            directory, numerics, adopting=adopting, backend=backend, repeat_of=repeat_of
        )
        return run_claims(claims, self.scale(scale), evaluation, directory, whole=not words)

    def evaluation(
        self,
        run: RunDirectory,
        numerics: Numerics,
        *,
        options: str = "",
        adopting: bool = False,
        backend: str | None = None,
        repeat_of: Path | None = None,
    ) -> Evaluation:
        """Return the evaluation of claims for one process of a run.

        Args:
            run: the messages between the processes of the run.
            numerics: device, threads and torch version.
            options: the options that a command needs to look at the same results.
            adopting: whether to adopt results of earlier code whose canary is identical.
            backend: the name of the back end; by default the project's own.
            repeat_of: the JSON report of an earlier run. A verdict that wobbled in both fails.
        """
        from cbspec.evaluation import Evaluation
        from cbspec.evaluation.repetition import wobbles_of
        from cbspec.execution.backends import chosen

        return Evaluation(
            self.config,
            numerics,
            run,
            self.versions,
            options,
            code=self.code,
            backend=chosen(self.config, backend),
            adopting=adopting,
            earlier=wobbles_of(repeat_of) if repeat_of else None,
        )

    def canaries(self, planner: Planner) -> Canaries | None:
        """Return the canaries of claims from stored results; None without a canary scale.

        It computes nothing.
        """
        from cbspec.canary import CanaryRecord
        from cbspec.evaluation.canary import Canaries
        from cbspec.evaluation.edits import Edits
        from cbspec.execution.backends import Inline, Workplace
        from cbspec.execution.executor import Executor
        from cbspec.execution.rundir import RunDirectory
        from cbspec.ledger import provenance

        scale = self.config.canary
        if not scale:
            return None
        nobody = RunDirectory(self.config.runs / "none", "none")
        idle = Inline().open(Workplace(self.config, self.store, nobody))
        return Canaries(
            Executor(planner, self.store, nobody, idle),
            CanaryRecord.load(self.config.canary_record),
            lambda claim: self.versions.at(claim, scale),
            lambda: provenance(
                self.config.root, planner.numerics.torch, exclude=self.config.reports
            ),
            Edits(self.config, self.code, self.store),
            planner.code,
        )

    def standings(self, planner: Planner) -> Standings:
        """Return what tells whether the planner's cells are current, stale or missing."""
        from cbspec.explain import History, Standings

        history = History(self.code, self.store)
        return Standings(planner, self.store, self.code, history, self.config.root, self._arms)

    def _arms(self) -> Iterator[Call]:
        for claim in self.at_every_scale(sound=True):
            yield from claim.arms.values()


def _listed(words: Words) -> Sequence[str]:
    return [words] if isinstance(words, str) else words
