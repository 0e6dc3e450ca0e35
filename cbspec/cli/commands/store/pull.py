"""``cbspec store pull``: results from a shared store."""

from __future__ import annotations

from typing import Any

import click

from cbspec.cli.context import pass_project
from cbspec.cli.sharing import Sharing, inputs_option, sharing
from cbspec.project import Project


@click.command("pull")
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
    """Take results from a shared store.

    Takes the results that CLAIMS may read at this scale, their canaries included, as the current code
    computes them, unless they are stored here. What they were computed from is needed by
    `cbspec verify` alone: take it with --inputs. URL defaults to `remote` of [tool.cbspec].

    Each result is verified before it is stored. One that does not match its key is refused, and the
    exit status is 1. An interrupted pull keeps what it has taken.
    """
    shared = Sharing(project, **selection)
    shared.pull(inputs)
    shared.tell(as_json)
    ctx.exit(1 if shared.refused else 0)
