"""``cbspec store gc``: a smaller store."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.cli.size import size, size_text
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project


@click.command("gc")
@click.option(
    "--limit", type=size, required=True, help="The size to shrink to, e.g. 5GB or 500MiB."
)
@json_option
@pass_project
def command(project: Project, limit: int, as_json: bool) -> None:
    """Remove the least recently used results.

    Removes results until the store is no larger than --limit. What is being computed stays, and what
    is removed is computed again when it is next needed.
    """
    keys = []
    freed = 0
    for holding in project.store.gc(limit):
        keys.append(holding.key)
        freed += holding.bytes
    left = sum(holding.bytes for holding in project.store.ls())
    if as_json:
        echo_json({"removed": keys, "freed": freed, "left": left})
        return
    results = count(len(keys), "result")
    place = display(project.store.root)
    echo(f"{results} removed, {size_text(freed)}; {size_text(left)} left in {place}")
