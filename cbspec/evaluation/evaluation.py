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
from cbspec.errors import JudgingError
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
from cbspec.ledger import EvidenceFolder, Ledger, NoiseRecord, Provenance, provenance
from cbspec.report import Record, Upheld
from cbspec.store import Store, StoredResult


class Evaluation:
    """Evaluates the claims of a run, in one of its processes.

    Args:
        config: the project's settings.
        numerics: device, threads and torch version.
        run: the messages between the processes of this run.
        versions: reads claims at other scales.
        options: the options that a command needs to look at the same results.
        code: the engine's source code, its files as they were before they were imported.
        backend: computes what is missing.
        adopting: whether to adopt results of earlier code whose canary is identical.
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
        self.noise = NoiseRecord.load(config.noise_record)
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
        """Stop what is still being computed, and file results under their new keys."""
        self.executor.close()
        self._refiling.file(self.executor.computed, self.planner)
        if "canaries" in self.__dict__:
            self.canaries.executor.close()

    def plan(self, claims: Iterable[Claim]) -> None:
        """Plan all claims of the run together, so that shared stages are computed once.

        Canaries are planned for claims whose recorded verdicts were reached with other code, and as
        grounds for adoption.

        Raises:
            LedgerError: evidence or the recorded canaries are damaged.
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
        """Return the ids of claims in the order in which their results will be ready."""
        canaries = {claim.id: self.canary_cells(claim) for claim in claims}
        return self._agenda.by_readiness(canaries, self.planner, self.executor.work.has, cores)

    def canary_cells(self, claim: Claim) -> Iterable[Cell]:
        """Return the cells of a claim's canary; none if this run does not need it."""
        if self.config.canary and self._wants_canary(claim):
            return self.canaries.cells(claim).values()
        return ()

    def recomputes(self, claim: Claim) -> bool:
        """Tell whether this run computes a verdict on a claim."""
        return self._recorded.recomputed(claim)

    def _wants_canary(self, claim: Claim) -> bool:
        if claim.scale == self.config.canary or self._adopting or self._recorded.need_canary(claim):
            return True
        return self.canaries.wanted(claim, recomputed=self.recomputes(claim))

    def evaluate(self, claim: Claim) -> Record:
        """Compute what is missing of a claim, judge it, and compare the verdict with the ledger.

        An inconclusive claim draws more seeds while it may. If a stage cannot be computed, or a
        kind raises, the verdict is `error`. Other recorded verdicts of the claim are checked.

        Raises:
            Stopped: the run was asked to stop, or a source file changed (`SourceChanged`).
            StoreError: the store cannot be read or written.
        """
        began = time.monotonic()
        self._adopt_results()
        trace, values = "", None
        analyses: list[InterimAnalysis] = []
        try:
            analyses += self._analyses(claim)
            judgement, values = analyses[-1]
        except (StageFailed, JudgingError) as failure:
            judgement, trace = failed(claim, str(failure)), failure.traceback
        checks, seconds = self._recorded.checks(claim), time.monotonic() - began
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
        """Check the recorded verdicts of a claim that this run does not recompute.

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
        """Return the canaries of this run. They are computed on the CPU whatever its device is."""
        executor = self.executor
        if self.numerics.device != "cpu":
            executor = self._executor(on_cpu(self.planner))
        return Canaries(
            executor,
            CanaryRecord.load(self.config.canary_record),
            lambda claim: self._versions.at(claim, self.config.canary),
            lambda: self.provenance,
            self._edits,
            self._refiling.code,
        )

    def needed_canary(self, claim: Claim) -> CanaryCheck | None:
        """Return the check of a claim's canary, if one was made or `accept` has to know it."""
        if not self.config.canary:
            return None
        return self.canaries.needed(claim, recomputed=self.recomputes(claim))

    def drain(self) -> None:
        """Help the other processes to compute the rest of the plan."""
        self._adopt_results()
        if self.config.canary and self.canaries.executor is not self.executor:
            self.canaries.executor.work_off()
        self.executor.drain()

    def _adopt_results(self) -> None:
        """Adopt results of earlier code. This happens once, when only canaries are computed."""
        if self._agenda.planned:
            return
        from cbspec.evaluation.adoption import Adopter  # a run with nothing missing never needs it

        self.executor.take(self._agenda.wanted)
        claims = self._agenda.claims.values()
        Adopter(self.planner, self.store, self.canaries, claims).adopt(self._agenda.wanted)
        self._plan_wanted()

    @cached_property
    def _recorder(self) -> Recorder:
        known = self.config.root, self.planner, self.ledger, lambda: self.provenance, self._adopted
        seen = self.store.loaded.of, self._refiling.code
        return Recorder(*known, self._edits, self._options, self._earlier, self.noise, *seen)

    @cached_property
    def provenance(self) -> Provenance:
        """Return the commit and state of the project, once for the run."""
        return provenance(self.config.root, self.numerics.torch, exclude=self.config.reports)
