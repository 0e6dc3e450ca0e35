"""The outermost command group: shared options, error messages, and the exit status."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from cbspec import __version__
from cbspec.cli import commands
from cbspec.cli.group import Commands
from cbspec.cli.output import echo
from cbspec.errors import CbspecError, ConfigError
from cbspec.project import Project

STATUS = """\b
Exit status:
  0  all is well
  1  something to act on: an invalid claim, a changed verdict, a damaged
     result, a failed claim
  2  a mistake in how cbspec was called or configured

\b
Shell completion (also _zsh and _fish):
  eval "$(_CBSPEC_COMPLETE=bash_source cbspec)"
"""


class Main(Commands):
    """The outermost group. It turns errors into a message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CbspecError as error:
            echo(str(error), err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)


@click.group(
    cls=Main,
    package=commands,
    epilog=STATUS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="cbspec")
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Run as if started in DIR. The project is the one around it.",
)
@click.pass_context
def main(ctx: click.Context, directory: str | None) -> None:
    """Continuous integration for research findings."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that it lacks is no reason to stop
            stream.reconfigure(errors="replace")
    if directory:
        os.chdir(directory)
    ctx.obj = Project()
