"""A whole run in one process, from the plan to the report. `Project.run` uses it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from cbspec.canary import CanaryCheck
from cbspec.claim import Claim
from cbspec.errors import CbspecError, described
from cbspec.evaluation.evaluation import Evaluation
from cbspec.evaluation.planning import plan_sound
from cbspec.evaluation.recorded import without_claim
from cbspec.execution.numerics import limit_threads
from cbspec.execution.rundir import RunDirectory
from cbspec.paths import relative
from cbspec.report import Record, Run, Skipped, Upheld, run_of


def run_claims(
    claims: Sequence[Claim],
    scale: str,
    evaluation: Evaluation,
    directory: RunDirectory,
    *,
    whole: bool = False,
) -> Run:
    """Evaluate claims in this process and return the report.

    Args:
        claims: the claims, at the scale of the run.
        scale: the scale of the run.
        evaluation: evaluates single claims.
        directory: the run directory of the evaluation; it is removed at the end.
        whole: whether these are all claims of the project. Then recorded verdicts of others fail.

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
        if whole and scale != evaluation.config.canary:
            done.upheld.extend(without_claim(evaluation.ledger, claims, evaluation.config))
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
        broken=done.broken,
        retried=retried,
        taken=taken,
    )


class _Evaluated(NamedTuple):
    records: list[Record]
    upheld: list[Upheld]
    canaries: list[CanaryCheck]
    broken: list[Skipped]


def _evaluated(claims: Sequence[Claim], evaluation: Evaluation) -> _Evaluated:
    """Evaluate claims one after the other. An exception at one claim is that claim's error."""
    done = _Evaluated([], [], [], [])
    plan_sound(claims, evaluation, evaluation.plan)
    for claim in claims:
        try:
            _evaluate(claim, evaluation, done)
        except (CbspecError, KeyboardInterrupt):
            raise
        except BaseException as error:
            path = relative(claim.path, evaluation.config.root)
            broken = Skipped(
                claim=claim.id,
                title=claim.title,
                path=path,
                line=claim.line,
                reason=described(error),
            )
            done.broken.append(broken)
    return done


def _evaluate(claim: Claim, evaluation: Evaluation, done: _Evaluated) -> None:
    if claim.scale == evaluation.config.canary:
        done.canaries.append(evaluation.canaries.check(claim))
        return
    if evaluation.recomputes(claim):
        done.records.append(evaluation.evaluate(claim))
    else:
        done.upheld.append(evaluation.upheld(claim))
    if check := evaluation.needed_canary(claim):
        done.canaries.append(check)
