"""The report of a judged claim: its comparison with the ledger, and what changed in the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cbspec.claim import Claim
from cbspec.evaluation.adopted import Adopted
from cbspec.evaluation.edits import Edits
from cbspec.evaluation.repetition import Wobbles, repeated
from cbspec.execution.plan import Planner
from cbspec.ledger import Entry, Evidence, Ledger, NoiseRecord, Provenance, compare, entry_of
from cbspec.model.edit import Edit
from cbspec.model.finding import Judgement
from cbspec.model.values import Values
from cbspec.report import Check, Record, record_of
from cbspec.stage import Call, stages_of


@dataclass(frozen=True)
class Recorder:
    """Makes the records of a run, one for each judged claim.

    Attributes:
        root: the repository's folder; paths are shown relative to it.
        planner: knows the present code.
        ledger: the recorded verdicts.
        provenance: returns the commit and state of the project.
        adopted: tells which results were computed by earlier code.
        edits: finds what changed in a claim's code since a verdict was recorded.
        options: the options that a command needs to look at the same results.
        earlier: the verdicts that wobbled in the run that this one repeats.
        noise: how far measures move where nothing has changed.
        loaded: returns the files that runs of an implementation have loaded and no code names.
        code: returns the code of some calls, those files included.
    """

    root: Path
    planner: Planner
    ledger: Ledger
    provenance: Callable[[], Provenance]
    adopted: Adopted
    edits: Edits
    options: str
    earlier: Wobbles
    noise: NoiseRecord
    loaded: Callable[[str], tuple[str, ...]]
    code: Callable[[Iterable[Call]], dict[str, str]]

    def record(
        self,
        claim: Claim,
        judgement: Judgement,
        values: Values | None,
        checks: Sequence[Check],
        seconds: float,
        trace: str,
    ) -> Record:
        """Return the record of a claim.

        Args:
            claim: the claim.
            judgement: its verdict.
            values: the values that were judged; None if a stage failed.
            checks: the checks of its other recorded verdicts.
            seconds: the wall time that it took.
            trace: the traceback of a stage that raised; else empty.
        """
        device = self.planner.numerics.device
        evidence = None
        if values:
            evidence = Evidence(
                claim=claim.id, scale=claim.scale, device=device, values=values, units=claim.units
            )
        entry = self._entry(claim, judgement, values)
        compared = compare(self.ledger.expected(entry.key), entry, self.noise)
        comparison = repeated(compared, self.earlier)
        edits: tuple[Edit, ...] = ()
        if comparison.expected is not None and comparison.alarming:
            edits = self.edits.since(claim, comparison.expected)
        return record_of(
            claim,
            judgement,
            comparison,
            device=device,
            root=self.root,
            seconds=seconds,
            edits=edits,
            traceback=trace,
            options=self.options,
            evidence=evidence,
            checks=checks,
        )

    def _entry(self, claim: Claim, judgement: Judgement, values: Values | None) -> Entry:
        """Return the entry that `accept` would write into the ledger."""
        calls = claim.arms.values()
        cells = self.planner.of(claim, judgement.seeds).values()
        loaded = {}
        for stage in stages_of(calls).values():
            if files := self.loaded(stage.implementation):
                loaded[stage.implementation] = files
        return entry_of(
            claim,
            judgement,
            device=self.planner.numerics.device,
            code=self.code(calls),
            dependencies=self.planner.dependencies(calls),
            provenance=self.provenance(),
            values=values,
            adopted=self.adopted.stages(cells),
            loaded=loaded,
        )


def failed(claim: Claim, reason: str) -> Judgement:
    """Return the judgement of a claim with a stage that could not be computed."""
    return Judgement(
        claim=claim.id,
        scale=claim.scale,
        verdict="error",
        reason=reason,
        seeds=claim.seeds.first,
        findings=(),
        controls=(),
    )
