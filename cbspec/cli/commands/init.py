"""``cbspec init``: a project whose first claim holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cbspec import __version__
from cbspec.cli import prompt
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.paths import display


@click.command("init")
@click.argument("name", required=False)
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask for a name that is not given (default: on a terminal).",
)
@json_option
def command(name: str | None, ask: bool | None, as_json: bool) -> None:
    """Begin a project in this folder.

    NAME is the package of its stages; on a terminal it is asked for. Writes a package with one
    stage, one claim that holds, the settings in pyproject.toml, .gitignore and a workflow for
    GitHub. No file is overwritten.
    """
    from cbspec.cli.commands.schema import folder, write_to
    from cbspec.language import schema
    from cbspec.project import Project
    from cbspec.scaffold import Starter

    if name is None:
        if not (sys.stdin.isatty() if ask is None else ask):
            raise click.UsageError("missing NAME (asked for on a terminal, or with --ask)")
        name = prompt.text("Name of the package with your stages, e.g. lab")
    here = Path.cwd()
    written = Starter(here, name, __version__).write()
    project = Project(here)
    written += write_to(folder(project), schema.files(project.catalog))
    paths = [str(display(path)) for path in written]
    if as_json:
        echo_json({"written": paths})
        return
    for path in paths:
        echo(path)
    echo("Next: pytest claims; then cbspec accept --all to put the verdict on record")
