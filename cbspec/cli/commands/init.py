"""``cbspec init``: a project whose first claim holds, or one over a table of results."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbspec import __version__
from cbspec.cli import prompt
from cbspec.cli.draft import scalar
from cbspec.cli.output import echo, echo_json, is_terminal, json_option
from cbspec.errors import ConfigError, suggestion
from cbspec.paths import display

if TYPE_CHECKING:
    from cbspec.scaffold import ResultsTable

OVER_STAGES = "Next: pytest claims; then cbspec accept --all to put the verdict on record"
OVER_TABLE = (
    "Next: write a claim into claims/ whose experiment is runs, or cbspec new; pytest claims"
)


@click.command("init")
@click.argument("name", required=False)
@click.option(
    "--table",
    "file",
    metavar="FILE",
    help="Begin with results that exist already: .csv, .tsv, .jsonl or .parquet, a row for each run.",
)
@click.option("--run", default="", metavar="COLUMN", help="With --table: the runs' ids.")
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="COLUMN=UNIT",
    help="With --table: a column that is a measure; repeatable.",
)
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask for a name that is not given (default: on a terminal).",
)
@json_option
def command(
    name: str | None,
    file: str | None,
    run: str,
    measures: tuple[str, ...],
    ask: bool | None,
    as_json: bool,
) -> None:
    """Begin a project in this folder.

    NAME is the package of its stages; on a terminal it is asked for. Writes a package with one
    stage, one claim that holds, the settings in pyproject.toml, .gitignore and a workflow for
    GitHub. With --table there is no package, and no claim before you write one. No file is
    overwritten.
    """
    from cbspec.cli.commands.schema import folder, write_to
    from cbspec.language import schema
    from cbspec.language.vocabulary import vocabulary
    from cbspec.project import Project
    from cbspec.scaffold import Starter

    here = Path.cwd()
    table = None
    if file is not None:
        table = _table(here, file, run, measures)
        name = name or here.name
    elif run or measures:
        raise click.UsageError("--run and --measure describe a --table")
    elif name is None:
        name = _asked_name(ask)
    written = Starter(here, name, __version__, table).write()
    project = Project(here)
    files = schema.files(project.catalog, vocabulary(project.config.claims))
    written += write_to(folder(project), files)
    paths = [str(display(path)) for path in written]
    if as_json:
        echo_json({"written": paths})
    else:
        _tell(paths, OVER_TABLE if table else OVER_STAGES)


def _tell(paths: Iterable[str], afterwards: str) -> None:
    for path in paths:
        echo(path)
    echo(afterwards)


def _asked_name(ask: bool | None) -> str:
    """Return the package's name as a person types it; `ask` is None where the terminal decides."""
    if ask is None:
        ask = is_terminal(sys.stdin)
    if not ask:
        raise click.UsageError("missing NAME (asked for on a terminal, or with --ask)")
    return prompt.text("Name of the package with your stages, e.g. lab")


def _table(here: Path, file: str, run: str, measures: tuple[str, ...]) -> ResultsTable:
    """Return what the flags say of a table, which is read to see whether it is so.

    Raises:
        ConfigError: the file cannot be read, or is not as the flags say.
    """
    from cbspec.files import ProjectFiles
    from cbspec.scaffold import ResultsTable
    from cbspec.tables import Column, Table
    from cbspec.tables.reading import columns, rows
    from cbspec.tables.runs import independent_runs

    units = {}
    for word in measures:
        column, equals, unit = word.partition("=")
        if not (column and equals and unit):
            raise click.UsageError(f"--measure {word}: expected COLUMN=UNIT, e.g. loss=nats")
        units[column] = unit
    try:
        path = ProjectFiles(here).locate(file)
        if not units:
            names = ", ".join(map(str, columns(rows(path))))
            raise click.UsageError(f"missing --measure COLUMN=UNIT: one or more of {names}")
        described = {column: Column(unit=unit) for column, unit in units.items()}
        # Ids tell the runs of one arm apart, and no claim has chosen an arm yet
        independent_runs(Table(file=file, measures=described), path)
        known = list(map(str, columns(rows(path))))
        if run and run not in known:
            raise ValueError(f"has no column {run!r}{suggestion(run, known)}")
    except ValueError as error:
        raise ConfigError(f"{file} {error}") from None
    quoted = {scalar(column): scalar(unit, flow=True) for column, unit in units.items()}
    return ResultsTable(scalar(file), scalar(run) if run else "", quoted)
