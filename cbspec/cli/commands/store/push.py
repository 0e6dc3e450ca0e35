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

    Sends the results that CLAIMS may read at this scale, their canaries included and all that they are
    computed from, as the current code computes them, unless they are there. URL defaults to `remote`
    of [tool.cbspec]. Only this command and `sync` ever write there. An interrupted push keeps what it
    has sent.
    """
    shared = Sharing(project, **selection)
    shared.push(replace)
    shared.tell(as_json)
