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

    Those that CLAIMS may read at this scale, with their canaries, for the code as it is, and only
    what is not stored here; a run computes nothing for a result that is stored. `cbspec verify`
    needs what it was computed from, too: --inputs. URL is the project's [tool.cbspec] remote when
    left out. Each result is verified before it is stored; one that is not
    what its key says is refused, and the exit status is 1. What was taken before an interruption
    stays.
    """
    shared = Sharing(project, **selection)
    shared.pull(inputs)
    shared.tell(as_json)
    ctx.exit(1 if shared.refused else 0)
