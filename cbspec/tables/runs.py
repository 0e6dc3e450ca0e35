"""The runs of a table: its rows by their id, with the measures that each has."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbspec.errors import suggestion
from cbspec.tables.declaration import Cell, Table
from cbspec.tables.reading import Row, rows

MISSING = frozenset({"", "na", "nan", "none", "null"})  # as exports spell that there is no value


@dataclass(frozen=True)
class TableRun:
    """One run.

    Attributes:
        id: as the table has it; the number of the row, counted from 1, without a column of ids.
        measures: measure -> value; those that it lacks are left out.
    """

    id: str
    measures: Mapping[str, float]


def independent_runs(table: Table, path: Path) -> Sequence[TableRun]:
    """Return the runs of an arm, in the order of their ids, without those that are left out.

    Raises:
        ValueError: the file lacks a column, a value is no number, a run has two rows, or no row is
            left; the message is a predicate.
    """
    runs = list(_runs(table, path).values())
    if table.exclude:
        runs = [run for run in runs if len(run.measures) == len(table.measures)]
    if not runs:
        raise ValueError(f"has no row where {_words(table.where)}")
    return sorted(runs, key=_order)


def run_of_seed(table: Table, path: Path, seed: int) -> TableRun | None:
    """Return the run whose id is a seed; None where there is none.

    Raises:
        ValueError: as `independent_runs`.
    """
    return _runs(table, path).get(str(seed))


def _runs(table: Table, path: Path) -> dict[str, TableRun]:
    runs: dict[str, TableRun] = {}
    for number, row in enumerate(rows(path), start=1):
        if number == 1:
            _check_columns(table, row)
        if not all(_is(row[column], wanted) for column, wanted in table.where.items()):
            continue
        name = str(row[table.run]).strip() if table.run else str(number)
        if name in runs:
            raise ValueError(
                f"has two rows of run {name!r} where {_words(table.where)}; name more in where"
            )
        runs[name] = TableRun(name, _measured(table, row, name))
    return runs


def _check_columns(table: Table, row: Row) -> None:
    names = [column.column or name for name, column in table.measures.items()]
    names += table.where
    if table.run:
        names.append(table.run)
    for name in names:
        if name not in row:
            raise ValueError(f"has no column {name!r}{suggestion(name, list(map(str, row)))}")


def _measured(table: Table, row: Row, run: str) -> dict[str, float]:
    measures = {}
    for name, column in table.measures.items():
        cell = row[column.column or name]
        if cell is None or str(cell).strip().lower() in MISSING:
            continue
        try:
            value = float(cell)
        except (TypeError, ValueError):
            raise ValueError(f"has {cell!r} as {name} of run {run!r}, which is no number") from None
        if math.isfinite(value):
            measures[name] = value
    return measures


def _is(cell: Any, wanted: Cell | tuple[Cell, ...]) -> bool:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(_same(cell, value) for value in values)


def _same(cell: Any, wanted: Cell) -> bool:
    """Tell whether a cell has a value: 0.10 in a text file is the number 0.1."""
    if isinstance(wanted, bool):
        return str(cell).strip().lower() == str(wanted).lower()
    if isinstance(wanted, str):
        return str(cell).strip() == wanted
    try:
        return float(cell) == wanted
    except (TypeError, ValueError):
        return False


def _words(where: Mapping[str, object]) -> str:
    words = []
    for column, value in where.items():
        words.append(f"{column} is {value!r}")
    return " and ".join(words) or "anything holds"


def _order(run: TableRun) -> list[tuple[int, str]]:
    """Return what sorts ids as people do: run 2 before run 10."""
    parts = []
    for part in re.split(r"(\d+)", run.id):
        parts.append((int(part), "") if part.isdecimal() else (0, part))
    return parts
