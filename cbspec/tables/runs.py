"""The runs of a table: its rows by their ids, with the measures that each has."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

import msgspec

from cbspec.errors import suggestion
from cbspec.files import Stamp, stamp
from cbspec.tables.cell import cell_id, cell_is, cell_number
from cbspec.tables.clusters import by_cluster, cluster_values
from cbspec.tables.column import Cell
from cbspec.tables.reading import Reader, Row, columns, rows
from cbspec.tables.table import Table

INFINITE = "is infinite"


@dataclass(frozen=True)
class TableRun:
    """One run.

    Attributes:
        id: the id in the table; without a column of ids, the number of the row from 1.
        measures: measure -> value, without missing ones.
        reasons: measure -> why it has no value, if it is not simply missing.
        cluster: the cluster of a test item.
    """

    id: str
    measures: Mapping[str, float]
    reasons: Mapping[str, str]
    cluster: str = ""


def independent_runs(table: Table, path: Path, reader: Reader | None = None) -> Sequence[TableRun]:
    """Return the runs of an arm in the order of their ids, without those that are left out.

    A run with an infinite value is never left out, because the value is not missing.

    Raises:
        ValueError: the file lacks a column, a value is no number, a run has two rows, or no row is
            left. The message is a predicate.
    """
    return _independent(_words_of(table), path, stamp(path), reader)


def left_out(table: Table, path: Path, reader: Reader | None = None) -> int:
    """Return how many runs or test items of an arm are left out; see `independent_runs`."""
    if not table.exclude:
        return 0
    runs = _planned(table, _words_of(table), path, stamp(path), reader)
    return sum(_lacks(run, table) for run in runs)


def items_of(table: Table, path: Path, reader: Reader | None = None) -> dict[str, str]:
    """Return test item -> its cluster, or itself without clusters; it raises as `independent_runs`."""
    items = _planned(table, _words_of(table), path, stamp(path), reader)
    return {item.id: item.cluster or item.id for item in items}


def ids_of(table: Table, path: Path, reader: Reader | None = None) -> list[str]:
    """Return the ids of an arm's runs, in their order; it raises as `independent_runs`."""
    runs = _planned(table, _words_of(table), path, stamp(path), reader)
    return [run.id for run in runs]


def run_of_seed(
    table: Table, path: Path, seed: int, reader: Reader | None = None
) -> TableRun | None:
    """Return the run whose id is a seed; None if there is none.

    Raises:
        ValueError: as `independent_runs`.
    """
    return _by_id(_words_of(table), path, stamp(path), reader).get(str(seed))


def clustered(table: Table, items: Sequence[TableRun]) -> list[TableRun]:
    """Return a run for each cluster of test items."""
    clusters = by_cluster(items)
    measures: dict[str, dict[str, float]] = defaultdict(dict)
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for measure in table.measures:
        lacking = [item.id for item in items if measure not in item.measures]
        if lacking:  # without all items, no cluster's share of the mean is known
            reason = f"is part of no mean, for test item {lacking[0]} has no value"
            for cluster in clusters:
                reasons[cluster][measure] = reason
            continue
        values = {}
        for cluster, members in clusters.items():
            values[cluster] = [item.measures[measure] for item in members]
        for cluster, value in cluster_values(values).items():
            measures[cluster][measure] = value
    return [TableRun(name, measures[name], reasons[name]) for name in clusters]


def _words_of(table: Table) -> bytes:
    return msgspec.json.encode(table, order="deterministic")


@lru_cache(maxsize=64)
def _independent(words: bytes, path: Path, now: Stamp, reader: Reader | None) -> Sequence[TableRun]:
    table = msgspec.json.decode(words, type=Table)
    runs = _planned(table, words, path, now, reader)
    if table.exclude:
        runs = [run for run in runs if not _lacks(run, table)]
    if not runs:
        raise ValueError(f"has no {table.row} with every measure where {_in_words(table.where)}")
    if table.cluster:
        return sorted(clustered(table, runs), key=_order)
    return runs


def _planned(
    table: Table, words: bytes, path: Path, now: Stamp, reader: Reader | None
) -> list[TableRun]:
    """Return the runs of the file in the order of their ids, then those that were planned as well."""
    runs = sorted(_by_id(words, path, now, reader).values(), key=_order)
    if not runs:
        raise ValueError(f"has no row where {_in_words(table.where)}")
    absent = f"is not there: {table.planned} runs were planned"
    known = {run.id for run in runs}
    free = (str(number) for number in count(1) if str(number) not in known)
    for name in islice(free, max(0, (table.planned or 0) - len(runs))):
        runs.append(TableRun(name, {}, dict.fromkeys(table.measures, absent)))
    return runs


@lru_cache(maxsize=64)
def _by_id(words: bytes, path: Path, _now: Stamp, reader: Reader | None) -> Mapping[str, TableRun]:
    table = msgspec.json.decode(words, type=Table)
    runs: dict[str, TableRun] = {}
    read = rows(path, reader)
    _check_columns(table, columns(read))
    for column, wanted in table.where.items():
        _check_values(column, wanted, read)
    for number, row in enumerate(read, start=1):
        if not all(cell_is(row.get(column), wanted) for column, wanted in table.where.items()):
            continue
        name = str(number)
        if table.id_column:
            seed = table.paired and table.resample is None
            name = cell_id(row.get(table.id_column), seed)
        if not name:
            raise ValueError(f"has no {table.id_column} in row {number}")
        if name in runs:
            raise ValueError(
                f"has two rows of {table.row} {name!r} where {_in_words(table.where)}; name more in "
                "where"
            )
        runs[name] = _measured(table, row, name)
    return runs


def _check_values(column: str, wanted: Cell | tuple[Cell, ...], read: Sequence[Row]) -> None:
    """Check that some row has each value that `where` wants in a column."""
    cells = [row.get(column) for row in read]
    for value in wanted if isinstance(wanted, tuple) else (wanted,):
        if not any(cell_is(cell, value) for cell in cells):
            known = dict.fromkeys(str(cell).strip() for cell in cells if cell is not None)
            hint = suggestion(value, list(known))
            raise ValueError(f"has no row where {_in_words({column: value})}{hint}")


def _lacks(run: TableRun, table: Table) -> bool:
    """Tell whether a run lacks a value. An infinite value is not missing."""
    absent = table.measures.keys() - run.measures.keys()
    return any(run.reasons.get(measure) != INFINITE for measure in absent)


def _check_columns(table: Table, known: Iterable[str]) -> None:
    known = list(map(str, known))
    names = [column.column or name for name, column in table.measures.items()]
    names += table.where
    names += filter(None, (table.id_column, table.cluster))
    for name in names:
        if name not in known:
            raise ValueError(f"has no column {name!r}{suggestion(name, known)}")


def _measured(table: Table, row: Row, run: str) -> TableRun:
    measures, reasons = {}, {}
    for name, column in table.measures.items():
        value = cell_number(row.get(column.column or name), name, run)
        if value is None or math.isnan(value):
            continue
        if math.isinf(value):
            reasons[name] = INFINITE
        else:
            measures[name] = value
    cluster = ""
    if table.cluster:
        cluster = cell_id(row.get(table.cluster), False)
        if not cluster:
            raise ValueError(f"has no {table.cluster} for test item {run!r}")
    return TableRun(run, measures, reasons, cluster)


def _in_words(where: Mapping[str, object]) -> str:
    words = []
    for column, value in where.items():
        words.append(f"{column} is {value!r}")
    return " and ".join(words) or "anything holds"


def _order(run: TableRun) -> tuple[list[tuple[int, str]], str]:
    """Return a sort key that puts run 2 before run 10, as people do."""
    parts = []
    for part in re.split(r"(\d+)", run.id):
        parts.append((int(part), "") if part.isdecimal() else (0, part))
    return parts, run.id  # 07 and 7 are two runs
