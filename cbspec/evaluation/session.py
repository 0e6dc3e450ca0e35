"""Claims evaluated by one process alone, from the plan to the report of the run."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cbspec.canary import CanaryCheck
from cbspec.claim import Claim
from cbspec.evaluation.evaluation import Evaluation
from cbspec.execution.numerics import limit_threads
from cbspec.execution.rundir import RunDirectory
from cbspec.report import Record, Run, Upheld, run_of


def run_claims(
    claims: Sequence[Claim], scale: str, evaluation: Evaluation, directory: RunDirectory
) -> Run:
    """Evaluate claims in this process and return the report.

    Args:
        scale: of the run, at which the claims were asked for.
        directory: the run directory of the evaluation; it is gone at the end.

    Raises:
        StoreError: the store cannot be read or written.
        LedgerError: evidence or the canary on record is damaged.
    """
    config, numerics, store = evaluation.config, evaluation.numerics, evaluation.store
    limit_threads(numerics.threads)
    began = time.monotonic()
    records: list[Record] = []
    upheld: list[Upheld] = []
    canaries: list[CanaryCheck] = []
    retried: list[str] = []
    taken: list[str] = []
    directory.hold()
    try:
        store.sweep()
        evaluation.adopt(claims)
        for claim in claims:
            if claim.scale == config.canary:
                canaries.append(evaluation.canaries.check(claim))
                continue
            if evaluation.recomputes(claim):
                records.append(evaluation.evaluate(claim))
            else:
                upheld.append(evaluation.upheld(claim))
            if check := evaluation.canary_told(claim):
                canaries.append(check)
        retried, taken = directory.retries(), directory.taken()
    finally:
        evaluation.close()
        store.sweep()
        directory.remove()
    return run_of(
        scale=scale,
        device=numerics.device,
        provenance=evaluation.provenance,
        seconds=time.monotonic() - began,
        workers=1,
        records=records,
        upheld=upheld,
        canaries=canaries,
        retried=retried,
        taken=taken,
    )
