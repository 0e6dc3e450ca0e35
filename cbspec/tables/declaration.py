"""What a claim says of a table of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, field

from cbspec.stage import File, Measure, Noise, Parameters, Stage

Cell = str | int | float | bool


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column that is a measure."""

    unit: Annotated[str, Meta(description="its unit in words: accuracy, nats, s")]
    column: Annotated[str, Meta(description="the name of the column, where it is another one")] = ""
    doc: Annotated[str, Meta(description="what it means, with its source")] = ""
    resolution: Annotated[
        float,
        Meta(ge=0, description="the least difference of two values; 0: none repeat by chance"),
    ] = 0.0
    noise: Annotated[Noise, Meta(description="how it varies from run to run")] = "normal"
    why: Annotated[str, Meta(description="the reason for a noise other than normal")] = ""


class Table(Parameters, frozen=True, kw_only=True):
    """Runs that were made elsewhere, one row each."""

    file: Annotated[
        File, Meta(description="the table: .csv, .tsv, .jsonl or .parquet, of one row for each run")
    ]
    measures: Annotated[
        dict[str, Column], Meta(min_length=1, description="measure -> the column that has it")
    ]
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
    exclude: Annotated[
        str,
        Meta(
            description="why runs that lack a value are left out; without a reason they make the "
            "claim invalid"
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Raise ValueError where the words contradict each other."""
        if self.paired and not self.run:
            raise ValueError("paired runs need the column of the seed that they share: run")
        if self.paired and self.exclude:
            raise ValueError("a paired run that lacks a value cannot be left out of one arm alone")


def for_call(stage: Stage, table: Table) -> Stage:
    """Return the stage with the measures of a call; paired runs are those of seeds."""
    measures = {}
    for name, column in table.measures.items():
        measures[name] = Measure(
            column.unit,
            column.doc or f"a column of {table.file}",
            column.resolution,
            column.noise,
            column.why,
        )
    return replace(stage, measures=measures, runs=None if table.paired else stage.runs)


def count_runs(table: Table, locate: Callable[[str], Path]) -> int:
    """Return how many runs an arm has.

    Raises:
        ValueError: the file cannot be read as the call says.
    """
    from cbspec.tables.runs import independent_runs

    return len(independent_runs(table, locate(table.file)))


TABLE = Stage(
    name="table",
    doc="reads results that exist already from a file of one row for each run",
    implementation="cbspec.tables.emission:emit",
    parameters=Table,
    for_call=for_call,
    runs=count_runs,
)
