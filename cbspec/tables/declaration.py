"""The stage ``table``: results that exist already, a row for each run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from cbspec.stage import Job, Measure, Stage, plain
from cbspec.tables.reading import Reader
from cbspec.tables.table import Imported, Table


@dataclass(frozen=True)
class TableStage(Stage):
    """The stage ``table``. If a call has a reader, that is its implementation, and its code counts.

    Args:
        load: returns a function of the project, or raises `ConfigError`.
        shared: becomes `items` if arms share their test items.
        seeded: becomes `ids` if the runs of arms share their seeds.
    """

    load: Imported | None = None
    shared: Callable[[Any, Callable[[str], Path]], Mapping[str, str]] | None = None
    seeded: Callable[[Any, Callable[[str], Path]], tuple[str, Sequence[str]]] | None = None

    @property
    def implemented(self) -> Callable[[Job[Any]], None]:
        """Return the function that emits the runs."""
        from cbspec.tables.emission import emit

        return partial(emit, load=self.load)


def for_call(stage: Stage, table: Table) -> Stage:
    """Return the stage with the measures of a call. Paired runs are taken by their seeds."""
    measures = {}
    for name, column in table.measures.items():
        measures[name] = Measure(
            column.unit,
            column.doc or f"a column of {table.file}",
            0.0 if table.cluster else column.resolution,  # the mean of a cluster is finer
            column.noise,
            column.why,
        )
    assert isinstance(stage, TableStage)
    shares = stage.shared if table.paired and table.resample else None
    stage = replace(
        stage,
        measures=measures,
        runs=None if table.paired else stage.runs,
        items=shares,
        ids=stage.seeded if table.paired and not table.resample else None,
        replicates=table.replicates,
        clustered=bool(table.cluster),
    )
    if not table.reader:
        return stage
    name = f"{stage.name} {table.reader}"
    return replace(stage, name=name, declared=stage.name, implementation=table.reader)


def table_stage(load: Imported) -> Stage:
    """Return the stage ``table`` of a project.

    Args:
        load: see `TableStage`.
    """
    return TableStage(
        name="table",
        doc="reads results that exist already from a file of one row for each run",
        implementation="cbspec.tables.emission:emit",
        parameters=Table,
        for_call=for_call,
        runs=partial(_count, load),
        reads=True,
        load=load,
        shared=partial(_items, load),
        seeded=partial(_ids, load),
        excluded=partial(_excluded, load),
        measured=_measured,
    )


def _count(load: Imported, table: Table, locate: Callable[[str], Path]) -> int:
    """Return the number of runs of an arm.

    Raises:
        ValueError: the file cannot be read as the call says.
    """
    from cbspec.tables.runs import independent_runs

    return len(independent_runs(table, locate(table.file), _reader(load, table)))


def _excluded(load: Imported, table: Table, locate: Callable[[str], Path]) -> tuple[int, str]:
    """Return how many rows of an arm are left out, and why. It raises like `_count`."""
    from cbspec.tables.runs import left_out

    return left_out(table, locate(table.file), _reader(load, table)), table.exclude


def _items(load: Imported, table: Table, locate: Callable[[str], Path]) -> Mapping[str, str]:
    """Return test item -> its cluster, or itself without clusters. It raises like `_count`."""
    from cbspec.tables.runs import items_of

    return items_of(table, locate(table.file), _reader(load, table))


def _ids(load: Imported, table: Table, locate: Callable[[str], Path]) -> tuple[str, Sequence[str]]:
    """Return the column of the ids of paired runs, and their ids. It raises like `_count`."""
    from cbspec.tables.runs import ids_of

    return table.run, ids_of(table, locate(table.file), _reader(load, table))


def _measured(table: Table, measures: Collection[str]) -> dict[str, Any]:
    """Return the call without the file's name, what explains a measure, and other measures.

    Those count where a run that lacks any of them is left out.
    """
    words: dict[str, Any] = plain(table)
    del words["file"]
    words["measures"] = {}
    for name, column in table.measures.items():
        if name in measures or table.exclude:
            kept = plain(msgspec.structs.replace(column, doc="", why=""))
            words["measures"][name] = kept | {"column": column.column or name}
    return words


def _reader(load: Imported, table: Table) -> Reader | None:
    return load(table.reader) if table.reader else None
