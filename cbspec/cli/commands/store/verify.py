"""``cbspec store verify``: every checksum."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project


@click.command("verify")
@json_option
@pass_project
@click.pass_context
def command(ctx: click.Context, project: Project, as_json: bool) -> None:
    """Verify every stored result against its checksums.

    A damaged result is reported, moved to quarantine, and computed again when it is next needed. Exits
    with 1 if there is one.
    """
    checked = len(list(project.store.ls()))
    damages = project.store.verify()
    if as_json:
        echo_json({"checked": checked, "damaged": damages})
    else:
        place = display(project.store.root)
        echo(f"{count(checked, 'result')} in {place}: {len(damages) or 'none'} damaged")
    if damages:
        ctx.exit(1)
