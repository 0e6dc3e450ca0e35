"""Files of rows: CSV, JSON lines and Parquet, and what a project's own function makes of others."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from cbspec.errors import place_of
from cbspec.files import Stamp, stamp, visible_files

Row = Mapping[str, Any]
Reader = Callable[[Path], Row | Iterable[Row] | None]
"""A project's own function: the path of a file -> its rows, one row, or None for no row."""

FILE = "file"
"""The column that rows of a folder have besides their own: the path of their file in the folder."""


def rows(path: Path, reader: Reader | None = None) -> Sequence[Row]:
    """Return the rows of a file or a folder, read once as long as it does not change.

    Args:
        reader: the project's own function; without one the file's name says how it is read.

    Raises:
        ValueError: it cannot be read, or has another form than its name says; the message is a
            predicate.
    """
    return _rows(path, stamp(path), reader)


def columns(read: Iterable[Row]) -> list[str]:
    """Return every column that a row has."""
    names: dict[str, None] = {}
    for row in read:
        names |= dict.fromkeys(row)
    return list(names)


@lru_cache(maxsize=16)
def _rows(path: Path, _stamp: Stamp, reader: Reader | None) -> Sequence[Row]:
    if reader is None:
        read = tuple(_of_format(path))
    elif path.is_dir():
        read = tuple(_of_folder(path, reader))
    else:
        read = tuple(_of_reader(path, reader))
    if not read:
        raise ValueError("has no rows")
    return read


def _of_format(path: Path) -> Iterator[Row]:
    """Yield the rows of a file whose name says its form."""
    name = Path(path.name.lower())
    if name.suffix == ".gz":
        name = name.with_suffix("")
    read = READERS.get(name.suffix)
    if read is None:
        raise ValueError(f"is none of the tables that can be read: {', '.join(READERS)}")
    try:
        yield from read(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8: {error}") from None
    except (csv.Error, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"cannot be read: {error}") from None


def _of_folder(folder: Path, reader: Reader) -> Iterator[Row]:
    for path in visible_files(folder):
        name = path.relative_to(folder).as_posix()
        for row in _of_reader(path, reader):
            yield {FILE: name, **row}


def _of_reader(path: Path, reader: Reader) -> Iterator[Row]:
    """Yield what a project's own function makes of a file."""
    try:
        made = reader(path)
        if isinstance(made, Mapping):
            made = [made]
        made = list(made or ())
    except Exception as error:  # whatever the project's own code raises
        home = path
        if hasattr(reader, "__code__"):
            home = Path(reader.__code__.co_filename).parent
        where = place_of(error, home)
        raise ValueError(f"cannot be read: {path.name}: {error!r}{where}") from error
    for row in made:
        if not isinstance(row, Mapping):
            raise ValueError(
                f"cannot be read: of {path.name} the reader gives {type(row).__name__}, and no "
                "mapping from columns to values"
            )
        yield row


def _open(path: Path, newline: str | None = None) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline=newline)
    return path.open(encoding="utf-8-sig", newline=newline)


def _csv(path: Path) -> Iterator[Row]:
    with _open(path, newline="") as file:
        headings = file.readline()
    # Spreadsheets separate by semicolons where the comma is the decimal sign
    if "," not in headings and ";" in headings:
        yield from _separated(path, ";")
    else:
        yield from _separated(path, ",")


def _separated(path: Path, delimiter: str) -> Iterator[Row]:
    with _open(path, newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter, strict=True)
        headings = reader.fieldnames or ()
        for heading in headings:
            if heading and headings.count(heading) > 1:
                raise ValueError(f"has two columns {heading!r}")
        for row in reader:
            if None in row or None in row.values():
                line = reader.line_num
                raise ValueError(f"line {line} has another number of cells than the headings")
            yield row


def _tsv(path: Path) -> Iterator[Row]:
    yield from _separated(path, "\t")


def _json_lines(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, object_pairs_hook=_without_doubles)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not an object")
            yield _flat(row)


def _flat(row: Mapping[str, Any]) -> Row:
    """Return a row whose nested fields are columns, named by their path: ``"metrics.loss"``."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        inner: Row = {"": value}
        if isinstance(value, Mapping):
            inner = _flat(value)
        for key, cell in inner.items():
            path = f"{name}.{key}" if key else name
            if path in cells:
                raise ValueError(f"has two columns {path!r}")
            cells[path] = cell
    return cells


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a key stands twice")
    return row


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ValueError("needs pyarrow to be read: pip install 'cbspec[parquet]'") from None
    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"is not Parquet: {error}") from None
    names = table.column_names
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has two columns {name!r}")
    for row in table.to_pylist():
        yield _flat(row)


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
