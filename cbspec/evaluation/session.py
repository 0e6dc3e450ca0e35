"""Claims evaluated by one process alone, from the plan to the report of the run."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence

from cbspec.canary import CanaryCheck
from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.evaluation.evaluation import Evaluation
from cbspec.execution.numerics import Numerics, limit_threads
from cbspec.execution.rundir import RunDirectory
from cbspec.report import Record, Run, Upheld, run_of
from cbspec.store import Store


def run_claims(
    claims: Sequence[Claim],
    config: Config,
    numerics: Numerics,
    store: Store,
    begin: Callable[[RunDirectory], Evaluation],
) -> Run:
    """Evaluate claims, all of one scale, in this process and return the report.

    Args:
        begin: puts the evaluation together for the run directory of this run.

    Raises:
        StoreError: the store cannot be read or written.
        LedgerError: evidence or the canary on record is damaged.
    """
    limit_threads(numerics.threads)
    began = time.monotonic()
    directory = RunDirectory(config.runs / uuid.uuid4().hex[:12], "main")
    directory.hold()
    try:
        store.sweep()
        evaluation = begin(directory)
        evaluation.adopt(claims)
        records: list[Record] = []
        upheld: list[Upheld] = []
        canaries: list[CanaryCheck] = []
        for claim in claims:
            if claim.scale == config.canary:
                canaries.append(evaluation.canary(claim))
                continue
            if evaluation.recomputes(claim):
                records.append(evaluation.evaluate(claim))
            else:
                upheld.append(evaluation.upheld(claim))
            if check := evaluation.canary_told(claim):
                canaries.append(check)
    finally:
        store.sweep()
        directory.remove()
    return run_of(
        scale=claims[0].scale if claims else config.scale,
        device=numerics.device,
        provenance=evaluation.provenance,
        seconds=time.monotonic() - began,
        workers=1,
        records=records,
        upheld=upheld,
        canaries=canaries,
    )
