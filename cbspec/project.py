"""The project: everything that a run, a command or a notebook works with."""

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
"""Which claims are meant: ids (without the values of a matrix: all its cells), files or folders."""


class Project(Parts):
    """A folder with claims, an engine, a store of results and a record of verdicts.

    The methods that take `words` mean all claims where there is none. Every part raises
    `CbspecError` where it cannot be loaded.

    Args:
        folder: the project is the one around this folder; around the working directory if left out.
        settings: keys of ``[tool.cbspec]`` that have another value than the project gives them,
            such as ``address="auto"`` or ``slurm="partition=gpu"``.

    Example:
        >>> import cbspec
        >>> project = cbspec.Project()
        >>> [claim.id for claim in project.claims("6A.a")]
        ['6A.a']
        >>> [entry.verdict for entry in project.verdicts("6A.a", scale="quick")]
        ['holds', 'holds']
    """

    # --- claims

    def claims(self, words: Words = (), scale: str | None = None) -> tuple[Claim, ...]:
        """Read claims at one scale, the project's default if left out.

        Raises:
            UnknownClaimError: a word names no claim, file or folder.
            ClaimError: with every mistake of the files in question.
            ConfigError: the scale is unknown.
        """
        from cbspec.selection import select

        at = self.scale(scale)
        exact = at == self.config.canary
        return select(self.claims_folder, self.catalog, _listed(words), at, exact=exact)

    def at_every_scale(self, words: Words = ()) -> tuple[Claim, ...]:
        """Read claims, claim by claim, once for each scale at which they are decidable.

        An id that only the record knows, because its claim is gone, is no mistake and gives none.
        """
        from cbspec.selection import select

        known: set[str] = set()
        if words:
            known = {entry.claim for entry in self.ledger}
            known |= {base(claim) for claim in known}
        return select(
            self.claims_folder,
            self.catalog,
            _listed(words),
            self.scale(),
            every=True,
            recorded=known,
        )

    # --- the record

    def verdicts(self, words: Words = (), scale: str | None = None) -> list[Entry]:
        """Return the verdicts on record of claims, at one scale or at all."""
        entries: dict[Key, Entry] = {}
        for claim in self.at_every_scale(words):
            for entry in self.ledger.of(claim.id):
                if scale in (None, entry.scale):
                    entries[entry.key] = entry
        return list(entries.values())

    def values(self, claim: str, scale: str | None = None, device: Device = "cpu") -> Values:
        """Return the values that a verdict on record was judged on: arm x measure x seed.

        Raises:
            LedgerError: no such verdict is on record, or it has no evidence.
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
        """Return the jobs that a run would compute, and how long they take."""
        from cbspec.evaluation.forecast import forecast

        claims = self.claims(words, scale)
        standings = self.standings(self.planner(device, threads))
        return forecast(claims, standings, self.ledger, self.scale(scale))

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
        """Run claims, judge them in this process, compare them with the record, and return the
        report.

        Nothing goes on record. Results are stored as they come, so that an interrupted run goes on
        where it was.

        Args:
            backend: the name of the back end that computes; the project's own if left out.
            repeat_of: the JSON report of an earlier run; a verdict that wobbled in both has failed.

        Raises:
            ClaimError: with every mistake of the claims.
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
        return run_claims(claims, self.scale(scale), evaluation, directory)

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
        """Return one process' share in evaluating claims.

        Args:
            run: what the processes of this run tell each other.
            options: those that a command has to be given to look at the same results.
            adopting: whether results of other code are adopted where its canary is identical.
            backend: the name of the back end that computes; the project's own if left out.
            repeat_of: the JSON report of an earlier run; a verdict that wobbled in both has failed.
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
        """Return what stored results say of the claims' canaries; None without a canary scale.

        Nothing is computed by it.
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
        )

    def standings(self, planner: Planner) -> Standings:
        """Return where the planner's cells stand: current, stale or missing."""
        from cbspec.explain import History, Standings

        history = History(self.code, self.store)
        return Standings(planner, self.store, self.code, history, self.config.root, self._arms)

    def _arms(self) -> Iterator[Call]:
        for claim in self.at_every_scale():
            yield from claim.arms.values()


def _listed(words: Words) -> Sequence[str]:
    return [words] if isinstance(words, str) else words
