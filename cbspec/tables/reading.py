"""Files of rows: CSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


def rows(path: Path) -> Sequence[Row]:
    """Return the rows of a file, read once as long as it does not change.

    Raises:
        ValueError: the file has another form than its name says; the message is a predicate.
    """
    status = path.stat()
    return _rows(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _rows(path: Path, _modified: int, _size: int) -> Sequence[Row]:
    reader = READERS.get(path.suffix)
    if reader is None:
        raise ValueError(f"is none of the tables that can be read: {', '.join(READERS)}")
    try:
        read = tuple(reader(path))
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8: {error}") from None
    if not read:
        raise ValueError("has no rows")
    return read


def _csv(path: Path, delimiter: str = ",") -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), start=2):
            if None in row or None in row.values():
                raise ValueError(f"row {number} has another number of cells than the headings")
            yield row


def _tsv(path: Path) -> Iterator[Row]:
    yield from _csv(path, "\t")


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not an object")
            yield row


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ValueError("needs pyarrow to be read: pip install pyarrow") from None
    yield from parquet.read_table(path).to_pylist()


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
