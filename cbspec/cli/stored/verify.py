"""``cbspec store verify``: every checksum."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import count, dumps, json_option
from cbspec.paths import display
from cbspec.project import Project


@click.command("verify")
@json_option
@pass_project
@click.pass_context
def command(ctx: click.Context, project: Project, as_json: bool) -> None:
    """Verify every stored result against its checksums.

    A damaged one is moved to quarantine, told, and computed again when it is next needed. Exits
    with 1 when there was one.
    """
    checked = sum(1 for _ in project.store.ls())
    damages = project.store.verify()
    if as_json:
        click.echo(dumps({"checked": checked, "damaged": damages}))
    else:
        click.echo(
            f"{count(checked, 'result')} in {display(project.store.root)}: {len(damages) or 'none'} damaged"
        )
    ctx.exit(1 if damages else 0)
