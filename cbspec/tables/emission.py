"""The implementation of the stage ``table``."""

from __future__ import annotations

from pathlib import Path

from cbspec.errors import StageError
from cbspec.stage import Job
from cbspec.tables.declaration import Table
from cbspec.tables.runs import TableRun, independent_runs, run_of_seed


def emit(job: Job[Table]) -> None:
    """Emit each replica's run: the one whose id is its seed, or the seed-th of an arm's own."""
    for index, replica in enumerate(job.replicas):
        table = replica.parameters
        try:
            run = _run(table, replica.path(table.file), replica.seed)
        except ValueError as error:
            raise StageError(f"table: {table.file} {error}") from None
        undefined = {}
        for measure in table.measures:
            if measure not in run.measures:
                undefined[measure] = f"run {run.id} of {table.file} has no value"
        job.emit(index, measures=run.measures, undefined=undefined, series={"run": run.id})


def _run(table: Table, path: Path, seed: int) -> TableRun:
    if table.paired:
        return run_of_seed(table, path, seed) or TableRun(str(seed), {})
    return independent_runs(table, path)[seed - 1]
