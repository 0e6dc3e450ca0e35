"""``cbspec comment``: the last run as a comment on a pull request."""

from __future__ import annotations

from pathlib import Path

import click

from cbspec.cli.context import pass_project
from cbspec.cli.last_run import last_run
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.project import Project


@click.command("comment")
@click.option(
    "--page",
    metavar="URL",
    default="",
    help="Address of the HTML report that the plots link to.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to this file (default: print it).",
)
@json_option
@pass_project
def command(project: Project, page: str, output: Path | None, as_json: bool) -> None:
    """Write the last run as one Markdown comment of at most 64 kB.

    What changed comes first, then how each claim was checked. The first line marks the comment, so
    that a workflow can update it in place.
    """
    from cbspec.committed.writing import write
    from cbspec.report.comment import comment

    text = comment(last_run(project), project.config, page)
    if output:
        write(output, text)
    if as_json:
        echo_json({"text": text, "bytes": len(text.encode())})
    elif not output:
        echo(text.rstrip("\n"))
