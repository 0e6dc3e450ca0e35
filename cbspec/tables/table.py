"""The parameters of the stage ``table``: how a claim describes a table of existing results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, field

from cbspec.stage import File, Parameters
from cbspec.tables.column import Cell, Column, Resample

Imported = Callable[[str], Callable[[Path], Any]]
"""``"module:function"`` of the project -> the function."""


class Table(Parameters, frozen=True, kw_only=True):
    """Runs that were made elsewhere, one row each."""

    file: Annotated[
        File,
        Meta(
            description="the table: .csv, .tsv, .jsonl or .parquet, of one row for each run; with a "
            "reader any file, or a folder of them, which ends with /"
        ),
    ]
    measures: Annotated[
        dict[str, Column], Meta(min_length=1, description="measure -> the column that has it")
    ]
    reader: Annotated[
        str,
        Meta(
            description="module:function of the project that makes rows of a file: it takes its path "
            "and returns a mapping from columns to values, or several; its code is part of the key"
        ),
    ] = ""
    run: Annotated[
        str,
        Meta(description="the column of the run's id; where there is none, the line is the run"),
    ] = ""
    where: Annotated[
        dict[str, Cell | tuple[Cell, ...]],
        Meta(description="column -> the value, or one of the values, that a row has to have"),
    ] = field(default_factory=dict)
    paired: Annotated[
        bool,
        Meta(
            description="whether the run's id is a seed that the runs of other arms share, as a fold "
            "is; else the runs of an arm are its own"
        ),
    ] = False
    resample: Annotated[
        Resample | None,
        Meta(
            description="each row is a test item of one model, and no run: the claim is then about "
            "items, and not about training"
        ),
    ] = None
    planned: (
        Annotated[
            int,
            Meta(
                ge=1,
                description="how many runs the arm was planned with: where fewer are in the file, "
                "the others lack their values",
            ),
        ]
        | None
    ) = None
    exclude: Annotated[
        str,
        Meta(
            description="why runs that lack a value are left out; without a reason they make the "
            "claim invalid"
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Raise ValueError if the parameters contradict each other."""
        if self.resample:
            self._check_items()
        elif self.paired and not self.run:
            raise ValueError("paired runs need the column of the seed that they share: run")
        if self.paired and self.exclude and not self.resample:
            raise ValueError(
                "exclude leaves out no paired run that lacks a value: take its seed out of the "
                "claim's seeds, which leaves it out of every arm"
            )
        if self.paired and self.planned:
            raise ValueError("paired runs are planned by the claim's seeds")
        if self.reader and not all(self.reader.partition(":")):
            raise ValueError(f"the reader {self.reader!r} is not of the form 'module:function'")
        if self.file.endswith("/") and not self.reader:
            raise ValueError("a folder needs a reader of its files")

    def _check_items(self) -> None:
        if self.run:
            raise ValueError("each row is a test item: resample.item takes the place of run")
        if self.planned:
            raise ValueError("planned counts runs, and not test items")
        for name, column in self.measures.items():
            if self.cluster and column.noise == "lognormal":
                raise ValueError(
                    f"{name} is log-normal, but of clusters of test items only the mean over all items "
                    "is known: make a measure of its logarithms"
                )
        if self.paired and self.exclude:
            raise ValueError(
                "exclude leaves out no test item that lacks a value while paired: true: choose the "
                "items that all arms have by where, or say paired: false"
            )

    @property
    def id_column(self) -> str:
        """Return the column with the ids of rows; empty if rows are only numbered."""
        return self.resample.item if self.resample else self.run

    @property
    def cluster(self) -> str:
        """Return the column with the clusters of test items; empty without clusters."""
        return self.resample.cluster if self.resample else ""

    @property
    def row(self) -> str:
        """Return the word for a replicate in error messages."""
        if self.resample is None:
            return "run"
        if self.cluster:
            return "cluster"
        return "test item"

    @property
    def replicates(self) -> str:
        """Return what a claim over this table is replicated over, in words."""
        if self.cluster:
            return "clusters of test items, and not training runs"
        if self.resample:
            return "test items, and not training runs"
        if self.paired:
            return "seeds"
        return "runs"
