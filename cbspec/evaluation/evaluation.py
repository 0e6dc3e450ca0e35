"""Evaluating claims in one process: from a resolved claim to the record of its verdict, or to the
checks of those on record.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from cbspec.canary import CanaryCheck, CanaryRecord
from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.evaluation.adopted import Adopted
from cbspec.evaluation.agenda import Agenda, agenda_of
from cbspec.evaluation.canary import Canaries, on_cpu
from cbspec.evaluation.checks import Checker
from cbspec.evaluation.edits import Edits
from cbspec.evaluation.interim import InterimAnalysis, interim_analyses
from cbspec.evaluation.recorded import RecordedVerdicts
from cbspec.evaluation.recorder import Recorder, failed
from cbspec.evaluation.repetition import Wobbles
from cbspec.evaluation.tracing import Tracer
from cbspec.execution.backends import Backend, Workplace
from cbspec.execution.cell import Cell
from cbspec.execution.executor import Executor
from cbspec.execution.failure import StageFailed
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.refiling import Refiling
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.taking import Taking
from cbspec.fingerprint import Code
from cbspec.language import Versions
from cbspec.ledger import EvidenceFolder, Ledger, Provenance, provenance
from cbspec.model.values import Values
from cbspec.report import Record, Upheld
from cbspec.store import Store, StoredResult


class Evaluation:
    """What one process needs to evaluate claims.

    Args:
        config: the project.
        numerics: resolved device, threads and torch version.
        run: what the processes of this run tell each other.
        versions: reads claims at other scales.
        options: those of the run that a command has to be given to look at the same results.
        code: the engine's source code, with the signatures that its files had before they were
            imported.
        backend: computes what is missing.
        adopting: whether stored results may be adopted for edited code whose canary is identical.
        earlier: the verdicts that wobbled in the run that this one repeats.
    """

    def __init__(
        self,
        config: Config,
        numerics: Numerics,
        run: RunDirectory,
        versions: Versions,
        options: str = "",
        *,
        code: Code,
        backend: Backend,
        adopting: bool = False,
        earlier: Wobbles | None = None,
    ) -> None:
        self.config = config
        self.numerics = numerics
        self.store = Store(config.store)
        self.sources = code
        self.planner = Planner(self.sources.fingerprint, numerics, Surroundings.of_project(config))
        self._backend = backend
        self._adopting = adopting and bool(config.canary)
        self._run = run
        self.executor = self._executor(self.planner)
        self._refiling = Refiling(self.store, code)
        self.ledger = Ledger.load(config.ledger)
        self.evidence = EvidenceFolder(config.evidence)
        self._versions = versions
        self._options = options
        self._earlier = earlier or {}
        self._edits = Edits(config, code, self.store)
        self._agenda = Agenda({}, {}, {})
        self._adopted = Adopted(self.store)
        self._tracer = Tracer(self.store, self.planner)

    def _executor(self, planner: Planner) -> Executor:
        workers = self._backend.open(Workplace(self.config, self.store, self._run))
        taking = None
        if url := self.config.remote:
            taking = Taking(url, self.store, self._run, adopted=self._adopting)
        return Executor(planner, self.store, self._run, workers, self.sources.watch, taking)

    def close(self) -> None:
        """End what is still computed."""
        self.executor.close()
        self._refiling.file(self.executor.computed, self.planner)
        if "canaries" in self.__dict__:
            self.canaries.executor.close()

    def adopt(self, claims: Iterable[Claim]) -> None:
        """Plan these claims together, so that what they share is computed once.

        Seeds that a verdict on record took are planned from the start (`agenda_of`), canaries for
        claims with a verdict on record that other code reached, and as grounds for adoption.

        Raises:
            LedgerError: evidence or the canary on record is damaged.
        """
        claims = list(claims)
        decided = [claim for claim in claims if self.recomputes(claim)]
        recorded = {claim.id: self._recorded.expected(claim) for claim in decided}
        self._agenda = agenda_of(decided, recorded, self.planner, self.store)
        self.executor.work.expect(self._agenda.further(self.planner))
        self._tracer.expect(self._agenda.wanted)
        self.executor.work.name_users(
            self._agenda.users(), "for canaries" if self.config.canary else ""
        )
        self.executor.work.set_time_limits(self._agenda.limits())
        self._recorded.read_evidence(claims)
        if self.config.canary:
            self.canaries.plan(claim for claim in claims if self._wants_canary(claim))
        if not self._adopting:
            self._plan_wanted()

    def _plan_wanted(self) -> None:
        self.executor.plan_cells(self._agenda.wanted, after=self._agenda.after)
        self._agenda.planned = True

    def by_readiness(self, claims: Iterable[Claim], cores: int) -> list[str]:
        """Return ids of claims in the order in which all that each needs will lie ready."""
        canaries: dict[str, Iterable[Cell]] = {}
        for claim in claims:
            wanted = self.config.canary and self._wants_canary(claim)
            canaries[claim.id] = self.canaries.cells(claim).values() if wanted else ()
        return self._agenda.by_readiness(canaries, self.planner, self.executor.work.has, cores)

    def recomputes(self, claim: Claim) -> bool:
        """Tell whether a run at the claim's scale computes a verdict on it."""
        return self._recorded.recomputed(claim)

    def _wants_canary(self, claim: Claim) -> bool:
        anyway = claim.scale == self.config.canary or self._adopting
        return anyway or not self.canaries.knows(claim) or self._recorded.need_canary(claim)

    def evaluate(self, claim: Claim) -> Record:
        """Compute what is missing, judge, and compare with the ledger; check what else is on record
        of the claim.

        A stage that cannot be computed makes the verdict `error`; an inconclusive claim draws more
        seeds while it may.

        Raises:
            Stopped: the run was asked to stop, or a source file changed (`SourceChanged`).
            StoreError: the store cannot be read or written.
        """
        began = time.monotonic()
        self._adopt_results()
        trace = ""
        analyses: list[InterimAnalysis] = []
        values: Values | None = None
        try:
            analyses += self._analyses(claim)
            judgement, values = analyses[-1]
        except StageFailed as failure:
            judgement, trace = failed(claim, str(failure)), failure.traceback
        checks = self._recorded.checks(claim)
        seconds = time.monotonic() - began
        record = self._recorder.record(claim, judgement, values, checks, seconds, trace)
        judgements = [analysis.judgement for analysis in analyses]
        done = self._tracer.trace(claim, judgements, record.entry)
        return msgspec.structs.replace(record, trace=done)

    def _analyses(self, claim: Claim) -> Iterator[InterimAnalysis]:
        def computed(cells: Sequence[Cell]) -> Mapping[Cell, StoredResult]:
            self.executor.plan_cells(cells)
            if (count := len({cell.seed for cell in cells})) > claim.seeds.start:
                self._run.announce_seeds(claim.id, count)
            return self.executor.ensure(cells)

        return interim_analyses(claim, self.planner, computed, self._recorded.expected(claim))

    def upheld(self, claim: Claim) -> Upheld:
        """Check every verdict on record of a claim that this run does not recompute.

        Raises:
            Stopped: the run was asked to stop.
            LedgerError: evidence is damaged.
        """
        self._adopt_results()
        return self._recorded.upheld(claim)

    @cached_property
    def _recorded(self) -> RecordedVerdicts:
        canary = self.canaries.check if self.config.canary else None
        checker = Checker(self.planner, self.evidence, self._versions.at, canary, self._edits.since)
        device = self.numerics.device
        return RecordedVerdicts(self.config, device, self.ledger, self.evidence, checker)

    @cached_property
    def canaries(self) -> Canaries:
        """Return the canaries of this run, computed on the CPU whatever else it computes on."""
        executor = self.executor
        if self.numerics.device != "cpu":
            executor = self._executor(on_cpu(self.planner))
        return Canaries(
            executor,
            CanaryRecord.load(self.config.canary_record),
            lambda claim: self._versions.at(claim, self.config.canary),
            lambda: self.provenance,
            self._edits,
        )

    def canary_told(self, claim: Claim) -> CanaryCheck | None:
        """Return a claim's canary where it was needed or none is on record, for `accept`."""
        return self.canaries.told(claim) if self.config.canary else None

    def drain(self) -> None:
        """Help the other processes with what is left of the plan."""
        self._adopt_results()
        if self.config.canary and self.canaries.executor is not self.executor:
            self.canaries.executor.work_off()
        self.executor.drain()

    def _adopt_results(self) -> None:
        """Adopt stored results of other code, once, before anything but a canary is computed."""
        if self._agenda.planned:
            return
        from cbspec.evaluation.adoption import Adopter  # not needed where nothing is missing

        self.executor.take(self._agenda.wanted)
        claims = self._agenda.claims.values()
        Adopter(self.planner, self.store, self.canaries, claims).adopt(self._agenda.wanted)
        self._plan_wanted()

    @cached_property
    def _recorder(self) -> Recorder:
        project = self.config.root, self.planner, self.ledger, lambda: self.provenance
        return Recorder(*project, self._adopted, self._edits, self._options, self._earlier)

    @cached_property
    def provenance(self) -> Provenance:
        """Return the commit and state of the project, once for the run."""
        return provenance(self.config.root, self.numerics.torch, exclude=self.config.reports)
