"""Moving the results of claims to and from a shared store."""

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
    """Return cell -> planner that named it, for every result that these claims may read.

    That includes all seeds that they may draw, and their canaries.
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
    """Return the results together with all their inputs: cell -> planner that named it."""
    every: dict[Cell, Planner] = {}
    for cell, planner in results.items():
        every |= dict.fromkeys(closure([cell]), planner)
    return every


def moved(results: Mapping[Cell, Planner], by: Pull | Push, store: Store) -> Iterator[Moved]:
    """Move results, and yield the outcome of each as soon as it is known.

    Args:
        results: cell -> planner that named it.
        by: moves the results, in one direction or the other.
        store: the local store. It also gets the code definitions of the results that are taken.

    Raises:
        RemoteError: the remote cannot be used. Results that were yielded are moved.
        StoreError: the store cannot be used.
    """
    cells = {cell.key: cell for cell in results}
    for result in by.move([expected(cell, planner) for cell, planner in results.items()]):
        if result.state == "moved" and isinstance(by, Pull) and not by.dry:
            cell = cells[result.key]
            keep_code([cell], results[cell], store)
        yield result
