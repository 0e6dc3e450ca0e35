"""Claims evaluated by one process alone, from the plan to the report of the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

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
    limit_threads(evaluation.numerics.threads)
    began = time.monotonic()
    directory.hold()
    try:
        evaluation.store.sweep()
        done = _evaluated(claims, evaluation)
        retried, taken = directory.retries(), directory.taken()
    finally:
        evaluation.close()
        evaluation.store.sweep()
        directory.remove()
    return run_of(
        scale=scale,
        device=evaluation.numerics.device,
        provenance=evaluation.provenance,
        seconds=time.monotonic() - began,
        workers=1,
        records=done.records,
        upheld=done.upheld,
        canaries=done.canaries,
        retried=retried,
        taken=taken,
    )


class _Evaluated(NamedTuple):
    records: list[Record]
    upheld: list[Upheld]
    canaries: list[CanaryCheck]


def _evaluated(claims: Sequence[Claim], evaluation: Evaluation) -> _Evaluated:
    """Evaluate claims: a verdict, or what upholds the one on record, and the canary where it was
    needed; of a claim at the canary's scale the canary alone.
    """
    done = _Evaluated([], [], [])
    evaluation.adopt(claims)
    for claim in claims:
        if claim.scale == evaluation.config.canary:
            done.canaries.append(evaluation.canaries.check(claim))
            continue
        if evaluation.recomputes(claim):
            done.records.append(evaluation.evaluate(claim))
        else:
            done.upheld.append(evaluation.upheld(claim))
        if check := evaluation.canary_told(claim):
            done.canaries.append(check)
    return done
