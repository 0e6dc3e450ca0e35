"""``cbspec store gc``: a smaller store."""

from __future__ import annotations

import click

from cbspec.cli.output import count, dumps, json_option
from cbspec.cli.project import Project, pass_project, shown
from cbspec.cli.stored.size import Size, size_text


@click.command("gc")
@click.option("--limit", type=Size(), required=True, help="The size to shrink to, e.g. 5GB or 500MiB.")
@json_option
@pass_project
def command(project: Project, limit: int, as_json: bool) -> None:
    """Remove the least recently used results.

    As many as it takes until the store is no larger than --limit. What is being computed stays. What is removed is computed
    again when it is next needed.
    """
    removed = project.store.gc(limit)
    freed = sum(holding.bytes for holding in removed)
    left = sum(holding.bytes for holding in project.store.ls())
    if as_json:
        click.echo(dumps({"removed": [holding.key for holding in removed], "freed": freed, "left": left}))
    else:
        click.echo(
            f"{count(len(removed), 'result')} removed, {size_text(freed)}; {size_text(left)} left in {shown(project.store.root)}"
        )
