"""``cbspec store pull``: results from a shared store."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.sharing import Sharing, sharing
from cbspec.project import Project


@click.command("pull")
@sharing
@pass_project
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    words: tuple[str, ...],
    dry: bool,
    scale: str | None,
    device: str,
    threads: int,
    as_json: bool,
) -> None:
    """Take results from a shared store.

    Those that a run of CLAIMS may need at this scale, with their canaries and all that they are
    computed from, for the code as it is, and only what is not stored here. URL is the project's
    [tool.cbspec] remote when left out. Each result is verified before it is stored; one that is not
    what its key says is refused, and the exit status is 1. What was taken before an interruption
    stays.
    """
    from cbspec.store import Pull

    shared = Sharing(project, words, scale, device, threads, dry)
    shared.move(Pull(shared.store, shared.remote, dry=dry), "taken from", "not there")
    shared.tell(as_json)
    ctx.exit(1 if shared.refused else 0)
