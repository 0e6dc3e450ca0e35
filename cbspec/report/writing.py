"""Writing a run's report in every format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cbspec.committed.writing import write
from cbspec.report.formats import BUILT_IN, Format
from cbspec.report.run import Run


def write_pages(run: Run, folder: Path, formats: Iterable[Format] = BUILT_IN) -> list[Path]:
    """Write a run's report into a folder, in every format, and return the paths of the files.

    Raises:
        LedgerError: the folder cannot be written.
    """
    paths = []
    for page in formats:
        path = folder / page.file
        write(path, page.render(run))
        paths.append(path)
    return paths
