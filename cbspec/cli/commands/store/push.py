"""``cbspec store push``: results to a shared store."""

from __future__ import annotations

from typing import Any

import click

from cbspec.cli.context import pass_project
from cbspec.cli.sharing import Sharing, sharing
from cbspec.project import Project


@click.command("push")
@sharing
@click.option("--replace", is_flag=True, help="Also send what is there already.")
@pass_project
def command(
    project: Project,
    /,
    as_json: bool,
    replace: bool,
    **selection: Any,
) -> None:
    """Send results to a shared store.

    Those that CLAIMS may read at this scale, with their canaries and all that they are
    computed from, for the code as it is, and only what is not there. URL is the project's
    [tool.cbspec] remote when left out. Nothing but this command and `sync` ever writes there. What
    was sent before an interruption stays, and is whole.
    """
    shared = Sharing(project, **selection)
    shared.push(replace)
    shared.tell(as_json)
