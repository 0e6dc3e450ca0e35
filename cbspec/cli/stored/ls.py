"""``cbspec store ls``: every stored result, by stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import count, dumps, json_option, table
from cbspec.cli.stored.size import size_text
from cbspec.paths import display
from cbspec.project import Project


@click.command("ls")
@click.option("--stage", metavar="NAME", help="Only results of this stage.")
@json_option
@pass_project
def command(project: Project, stage: str | None, as_json: bool) -> None:
    """List the stored results.

    Each with its key, stage, seed, size and last use.
    """
    rows = [row for row in _rows(project) if stage in (None, row["stage"])]
    if as_json:
        click.echo(dumps(rows))
        return
    cells = [
        (
            str(row["key"])[:12],
            str(row["stage"]),
            str(row["seed"]),
            size_text(int(str(row["bytes"]))),
            str(row["used"]),
        )
        for row in rows
    ]
    total = sum(int(str(row["bytes"])) for row in rows)
    if cells:
        click.echo(
            table(cells, ("key", "stage", "seed", "size", "last used"), right=("seed", "size"))
        )
    click.echo(f"{count(len(rows), 'result')}, {size_text(total)} in {display(project.store.root)}")


def _rows(project: Project) -> Iterator[dict[str, object]]:
    for holding in project.store.ls():
        entry = project.store.get(holding.key, touch=False)
        if entry is not None:
            used = datetime.fromtimestamp(holding.used, UTC).strftime("%Y-%m-%d %H:%M")
            provenance = entry.provenance
            yield {
                "key": holding.key,
                "stage": provenance.get("stage", "?"),
                "seed": provenance.get("seed", "?"),
                "parameters": provenance.get("parameters", {}),
                "bytes": holding.bytes,
                "used": used,
            }
