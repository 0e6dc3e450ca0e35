"""``cbspec store gc``: a smaller store."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import count, dumps, json_option
from cbspec.cli.stored.size import Size, size_text
from cbspec.paths import display
from cbspec.project import Project


@click.command("gc")
@click.option(
    "--limit", type=Size(), required=True, help="The size to shrink to, e.g. 5GB or 500MiB."
)
@json_option
@pass_project
def command(project: Project, limit: int, as_json: bool) -> None:
    """Remove the least recently used results.

    As many as it takes until the store is no larger than --limit. What is being computed stays.
    What is removed is computed again when it is next needed.
    """
    removed = project.store.gc(limit)
    freed = sum(holding.bytes for holding in removed)
    left = sum(holding.bytes for holding in project.store.ls())
    if as_json:
        click.echo(
            dumps({"removed": [holding.key for holding in removed], "freed": freed, "left": left})
        )
    else:
        place = display(project.store.root)
        click.echo(
            f"{count(len(removed), 'result')} removed, {size_text(freed)}; {size_text(left)} left in {place}"
        )
