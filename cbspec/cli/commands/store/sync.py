"""``cbspec store sync``: what each side lacks."""

from __future__ import annotations

from typing import Any

import click

from cbspec.cli.context import pass_project
from cbspec.cli.sharing import Sharing, inputs_option, sharing
from cbspec.project import Project


@click.command("sync")
@sharing
@inputs_option
@pass_project
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    /,
    as_json: bool,
    inputs: bool,
    **selection: Any,
) -> None:
    """Take results from a shared store, then send those that it lacks.

    The same as `pull` and then `push`, with the same arguments.
    """
    shared = Sharing(project, **selection)
    shared.pull(inputs)
    shared.push()
    shared.tell(as_json)
    ctx.exit(1 if shared.refused else 0)
