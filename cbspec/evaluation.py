"""Evaluating claims in one process: from a resolved claim to the record of its verdict."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.execute import Executor, StageFailed
from cbspec.finding import Judgement
from cbspec.fingerprint import Code
from cbspec.ledger import CHANGED, Comparison, Key, Ledger, Provenance, compare, entry_of, provenance
from cbspec.look import looked, seeds_due
from cbspec.numerics import Numerics
from cbspec.plan import Cell, Planner, awaited
from cbspec.report import Edit, Record, record_of
from cbspec.rundir import RunDirectory
from cbspec.signature import Signatures
from cbspec.stage import calls_of
from cbspec.store import Entry, Store

if TYPE_CHECKING:
    from cbspec.explain import History  # explained is what changed, which is seldom


class Evaluation:
    """What one process needs to evaluate claims.

    Args:
        config: the project.
        numerics: resolved device, threads and torch version.
        run: what the processes of this run tell each other.
        options: those of the run that a command has to be given to look at the same results.
        seen: signatures of source files, taken before the catalog was imported.
    """

    def __init__(
        self,
        config: Config,
        numerics: Numerics,
        run: RunDirectory,
        options: str = "",
        seen: Signatures | None = None,
    ) -> None:
        self.config = config
        self.numerics = numerics
        self.store = Store(config.store)
        self.sources = Code(config.root, config.packages, seen)
        self.planner = Planner(self.sources.fingerprint, numerics)
        self.executor = Executor(self.planner, self.store, run, numerics.device)
        self.executor.changed = self.sources.changed
        self.ledger = Ledger.load(config.ledger)
        self._run = run
        self._options = options
        self._drawn: dict[str, int] = {}
        self._claims: dict[str, Claim] = {}

    def adopt(self, claims: Iterable[Claim]) -> None:
        """Plan these claims together, so that what they share is computed once.

        The seeds that a verdict on record took are planned from the start, and those that stored results already ask for, so that
        the last of them do not keep a single core busy at the end. Verdicts are reached by the same looks in any case.
        """
        self._claims = {claim.id: claim for claim in claims if claim.scale in claim.decidable}
        self.executor.news = self._hear
        self.executor.purpose = self._purpose
        recorded = [
            (claim, self.ledger.expected(Key(claim.id, claim.scale, self.numerics.device))) for claim in self._claims.values()
        ]
        fresh = [claim for claim, entry in recorded if entry is None]
        due = [(claim, seeds_due(claim, entry, self.planner, self.store)) for claim, entry in recorded]
        self.executor.adopt(
            (cell for claim, seeds in due for cell in self.planner.cells(claim.arms, seeds).values()),
            after=awaited(fresh, self.planner, lambda cell: self.store.has(cell.key)),
        )

    def _hear(self) -> None:
        """Plan the seeds that claims have drawn in other workers."""
        news = {name: seeds for name, seeds in self._run.drawn().items() if seeds > self._drawn.get(name, 0)}
        self._drawn |= news
        self.executor.adopt(
            cell
            for name, seeds in news.items()
            for cell in self.planner.cells(self._claims[name].arms, self._claims[name].seeds.pool[:seeds]).values()
        )

    def _purpose(self, cells: Iterable[Cell]) -> str:
        """``"for 6A.a vec_m4 and 3 more"``: the claims' arms that need these cells."""
        served = dict.fromkeys(chain.from_iterable(self._served.get(cell.call.digest, ()) for cell in cells))
        more = f" and {len(served) - 1} more" if len(served) > 1 else ""
        return f"for {next(iter(served))}{more}" if served else ""

    @cached_property
    def _served(self) -> Mapping[str, list[str]]:
        """Digest of a call -> the claims and arms that need it."""
        served: dict[str, list[str]] = defaultdict(list)
        for claim in self._claims.values():
            for arm, call in claim.arms.items():
                for own in calls_of(call):
                    served[own.digest].append(f"{claim.id} {arm}")
        return served

    def evaluate(self, claim: Claim) -> Record:
        """Compute what is missing, judge, and compare with the ledger.

        A stage that cannot be computed makes the verdict `error`; an inconclusive claim draws more seeds while it may.

        Raises:
            Stopped: the run was asked to stop, or a source file changed (`SourceChanged`).
            StoreError: the store cannot be read or written.
        """
        began = time.monotonic()
        trace = ""
        try:
            judgement = self._judged(claim)
        except StageFailed as failure:
            judgement, trace = _error(claim, str(failure)), failure.traceback
        return self._record(claim, judgement, time.monotonic() - began, trace)

    def _judged(self, claim: Claim) -> Judgement:
        def computed(cells: Sequence[Cell]) -> Mapping[Cell, Entry]:
            self.executor.adopt(cells)
            if (count := len({cell.seed for cell in cells})) > claim.seeds.start:
                self._run.announce(claim.id, count)
            return self.executor.ensure(cells)

        *_, last = looked(claim, self.planner, computed)
        return last

    def _record(self, claim: Claim, judgement: Judgement, seconds: float, trace: str) -> Record:
        entry = entry_of(
            claim, judgement, device=self.numerics.device, code=self.planner.code(claim.arms.values()), provenance=self.provenance
        )
        comparison = compare(self.ledger.expected(entry.key), entry)
        return record_of(
            claim,
            judgement,
            comparison,
            device=self.numerics.device,
            root=self.config.root,
            seconds=seconds,
            edits=self._edits(claim, comparison),
            traceback=trace,
            options=self._options,
        )

    def _edits(self, claim: Claim, comparison: Comparison) -> tuple[Edit, ...]:
        """What changed in the code since the verdict on record, asked only where the verdict is another one."""
        if comparison.expected is None or comparison.change not in CHANGED:
            return ()
        from cbspec.explain import edits_since

        calls, root = claim.arms.values(), self.config.root
        return edits_since(comparison.expected, calls, code=self.sources, history=self._history, root=root)

    @cached_property
    def _history(self) -> History:
        from cbspec.explain import History

        return History(self.config.root, self.config.packages, self.store)

    @cached_property
    def provenance(self) -> Provenance:
        return provenance(self.config.root, self.numerics.torch, exclude=self.config.reports)


def _error(claim: Claim, reason: str) -> Judgement:
    return Judgement(
        claim=claim.id, scale=claim.scale, verdict="error", reason=reason, seeds=claim.seeds.first, findings=(), controls=()
    )
