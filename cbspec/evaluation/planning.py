"""Planning claims together, some of which may be broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cbspec.claim import Claim
from cbspec.errors import CbspecError
from cbspec.evaluation.evaluation import Evaluation


def plan_sound(
    claims: Sequence[Claim], evaluation: Evaluation, plan: Callable[[Sequence[Claim]], None]
) -> None:
    """Plan claims together, without those that make planning raise.

    Such a claim, whose stage may have a cost that raises, raises again when it is evaluated. So it
    fails alone.

    Args:
        claims: the claims of the run.
        evaluation: the evaluation of this process.
        plan: plans some claims with `evaluation`.

    Raises:
        LedgerError: evidence or the recorded canaries are damaged.
    """
    try:
        plan(claims)
    except (CbspecError, KeyboardInterrupt):
        raise
    except BaseException:
        plan([claim for claim in claims if _sound(claim, evaluation)])


def _sound(claim: Claim, evaluation: Evaluation) -> bool:
    try:
        cells = evaluation.planner.of(claim, claim.seeds.pool).values()
        evaluation.planner.plan([*cells, *evaluation.canary_cells(claim)])
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False
    return True
