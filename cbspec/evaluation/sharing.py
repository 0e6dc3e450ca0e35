"""The results that claims need, brought to a shared store or taken from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cbspec.claim import Claim
from cbspec.evaluation.canary import Canaries
from cbspec.execution.cell import Cell, closure
from cbspec.execution.plan import Planner
from cbspec.execution.taking import expected, keep_code
from cbspec.store import Moved, Pull, Push, Store


def needed(
    claims: Iterable[Claim], planner: Planner, canaries: Canaries | None
) -> dict[Cell, Planner]:
    """Return every result that a run of these claims may need -> what named it.

    These are the cells of all seeds that the claims may draw, those of their canaries, and all that
    they are computed from.
    """
    results: dict[Cell, Planner] = {}
    for claim in claims:
        if claim.due:
            for cell in closure(planner.of(claim, claim.seeds.pool).values()):
                results[cell] = planner
        if canaries:
            for cell in closure(canaries.cells(claim).values()):
                results[cell] = canaries.executor.planner
    return results


def moved(results: dict[Cell, Planner], by: Pull | Push, store: Store) -> Iterator[Moved]:
    """Move results, and yield what became of each, as it comes.

    Args:
        store: ours, where the definitions behind the code of what is taken are kept.

    Raises:
        RemoteError: the remote cannot be used. What came before is moved.
        StoreError: the store cannot be used.
    """
    cells = {cell.key: cell for cell in results}
    for result in by.move([expected(cell, planner) for cell, planner in results.items()]):
        if result.state == "moved" and isinstance(by, Pull) and not by.dry:
            cell = cells[result.key]
            keep_code([cell], results[cell], store)
        yield result
