"""The implementation of the stage ``table``."""

from __future__ import annotations

from pathlib import Path

from cbspec.errors import StageError
from cbspec.stage import Job
from cbspec.tables.reading import Reader
from cbspec.tables.runs import TableRun, independent_runs, run_of_seed
from cbspec.tables.table import Imported, Table


def emit(job: Job[Table], load: Imported | None = None) -> None:
    """Emit each replica's run: the one whose id is its seed, or the seed-th of an arm's own.

    Args:
        load: returns the reader that a call names.
    """
    for index, replica in enumerate(job.replicas):
        table = replica.parameters
        reader = None
        if table.reader and load:
            reader = load(table.reader)
        try:
            run = _run(table, replica.path(table.file), replica.seed, reader)
        except ValueError as error:
            raise StageError(f"table: {table.file} {error}") from None
        undefined = {}
        lost = f"has no value ({_remedy(table, run.id)})"
        for measure in table.measures:
            if measure not in run.measures:
                reason = run.reasons.get(measure, lost)
                undefined[measure] = f"{table.row} {run.id} of {table.file} {reason}"
        job.emit(index, measures=run.measures, undefined=undefined, series={"run": run.id})


def _run(table: Table, path: Path, seed: int, reader: Reader | None) -> TableRun:
    if table.paired and table.resample is None:
        return run_of_seed(table, path, seed, reader) or TableRun(str(seed), {}, {})
    return independent_runs(table, path, reader)[seed - 1]


def _remedy(table: Table, run: str) -> str:
    """Return how a claim leaves out a run without a value."""
    if not table.paired:
        return "`exclude: WHY` leaves it out"
    if table.resample is None:
        return f"the claim's `seeds` without {run} leave it out of every arm"
    return "a `where` that it does not meet leaves it out"
