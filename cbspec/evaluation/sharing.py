"""The results that claims need, brought to a shared store or taken from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cbspec.claim import Claim
from cbspec.evaluation.canary import Canaries
from cbspec.execution.cell import Cell, closure
from cbspec.execution.plan import Planner
from cbspec.execution.taking import expected, keep_code
from cbspec.store import Moved, Pull, Push, Store


def read_by(
    claims: Iterable[Claim], planner: Planner, canaries: Canaries | None
) -> dict[Cell, Planner]:
    """Return every result that these claims may read -> what named it: of all seeds that they may
    draw, and of their canaries.
    """
    results: dict[Cell, Planner] = {}
    for claim in claims:
        if claim.due:
            results |= dict.fromkeys(planner.of(claim, claim.seeds.pool).values(), planner)
        if canaries:
            toys = canaries.cells(claim).values()
            results |= dict.fromkeys(toys, canaries.executor.planner)
    return results


def with_inputs(results: Mapping[Cell, Planner]) -> dict[Cell, Planner]:
    """Return results and all that they are computed from -> what named it."""
    every: dict[Cell, Planner] = {}
    for cell, planner in results.items():
        every |= dict.fromkeys(closure([cell]), planner)
    return every


def moved(results: Mapping[Cell, Planner], by: Pull | Push, store: Store) -> Iterator[Moved]:
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
