"""Rows of values as files that other programs read: CSV and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from cbspec.errors import ConfigError
from cbspec.publication.figures import as_text

Row = Mapping[str, object]
"""Column -> value; all rows of a table have the same columns."""


def csv_text(rows: Sequence[Row]) -> str:
    """Return rows as CSV with a line of headings. Missing values are empty.

    Texts that a spreadsheet would take for a formula are escaped.
    """
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({column: as_text(value) for column, value in row.items()})
    return text.getvalue()


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """Write rows as a Parquet file.

    Raises:
        ConfigError: pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ConfigError("--parquet needs pyarrow: pip install pyarrow") from None
    try:
        parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error
