"""Computing stored results again, to see whether they are what their keys say.

A key names all that a result is known to depend on. What nobody knows of, such as a clock, a file
that no parameter names or a broken memory, shows only here.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from cbspec.claim import Claim
from cbspec.errors import StageError
from cbspec.execution.executor import Executor
from cbspec.execution.numerics import limit_threads
from cbspec.execution.plan import Cell, Planner, closure
from cbspec.execution.rundir import RunDirectory
from cbspec.fingerprint import Code
from cbspec.store import ADOPTED, Store, differences


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """A stored result that was computed again.

    Attributes:
        stage: with the point on its trajectory, as in ``"train_bp@5"``.
        differences: measures, series and tensors that are not what is stored; empty if all are.
        failure: why it could not be computed again; empty if it could.
        adopted: the code that computed the stored result, where it was adopted; else empty.
    """

    stage: str
    seed: int
    key: str
    differences: tuple[str, ...] = ()
    failure: str = ""
    adopted: str = ""

    @property
    def equal(self) -> bool:
        """Tell whether the result is the stored one to the last bit."""
        return not self.differences and not self.failure


def stored_cells(claims: Iterable[Claim], planner: Planner, store: Store) -> list[Cell]:
    """Return all cells of these claims whose results are stored, for every seed of their pools;
    inputs first.
    """
    wanted: list[Cell] = []
    for claim in claims:
        wanted += planner.cells(claim.arms, claim.seeds.pool).values()
    return [cell for cell in closure(wanted) if store.has(cell.key)]


def sample(cells: Sequence[Cell], count: int) -> list[Cell]:
    """Return so many of the cells, drawn at random, in the order that they had."""
    drawn = set(random.sample(cells, min(count, len(cells))))
    return [cell for cell in cells if cell in drawn]


def recomputed(
    cells: Sequence[Cell], planner: Planner, store: Store, code: Code
) -> Iterator[Recomputed]:
    """Compute results again, in a store of their own, and yield how each compares.

    Inputs are computed again where they are among the cells, and taken from the store where not.

    Args:
        cells: inputs first; all are stored.
        store: nothing is written to it.
    """
    limit_threads(planner.numerics.threads)
    with tempfile.TemporaryDirectory(prefix="cbspec-verify-") as folder:
        scratch = Store(Path(folder) / "store")
        _lend(cells, store, scratch)
        run = RunDirectory(Path(folder) / "runs" / "verify", "main")
        executor = Executor(planner, scratch, run, planner.numerics.device, code)
        executor.adopt(cells)
        for cell in cells:
            yield _compared(cell, executor, store)


def _lend(cells: Collection[Cell], store: Store, scratch: Store) -> None:
    """Copy what these cells are computed from, and what is not computed again itself."""
    again = set(cells)
    for cell in closure(cells):
        if cell not in again:
            store.lend(cell.key, scratch)


def _compared(cell: Cell, executor: Executor, store: Store) -> Recomputed:
    point = f"@{cell.call.point}" if cell.call.stage.progress else ""
    about = Recomputed(stage=f"{cell.call.stage.name}{point}", seed=cell.seed, key=cell.key)
    stored = store.get(cell.key, tensors=True, touch=False)
    if stored is None:
        return msgspec.structs.replace(about, failure="the stored result is damaged")
    try:
        [again] = executor.ensure([cell]).values()
    except StageError as error:
        return msgspec.structs.replace(about, failure=str(error))
    adopted = stored.provenance.get(ADOPTED, {}).get("code", "")
    return msgspec.structs.replace(
        about, differences=tuple(differences(stored, again)), adopted=adopted
    )
