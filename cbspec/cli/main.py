"""The command group: options that every command shares, one clear message for every mistake, and
the exit status.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

import click

from cbspec import __version__
from cbspec.errors import CbspecError, ConfigError
from cbspec.project import Project

# Name -> what `cbspec --help` says of it; the module of that name is imported when the command is
# called.
COMMANDS: Mapping[str, str] = {
    "validate": "Check claim files and show every mistake at its line.",
    "list": "List claims with their verdicts on record.",
    "show": "Print a claim fully resolved, with the line of each value.",
    "new": "Write a new claim file.",
    "schema": "Print the JSON Schema of claim files.",
    "plan": "Show the stages that a run would compute, and why.",
    "run": "Run claims: the same as pytest.",
    "interim": "Show what the stored results say so far.",
    "explain": "Tell whether a claim's stages are current, and what changed.",
    "status": "Show where each claim stands at each scale.",
    "diff": "Compare two ledgers or commits.",
    "judge": "Judge the verdicts on record anew, from their evidence alone.",
    "canary": "Show what the canary is held to, and measure it anew.",
    "accept": "Put verdicts of the last run on record.",
    "withdraw": "Take orphaned verdicts off the record.",
    "publish": "Write the replication table and the figures from claims and ledger.",
    "store": "Look after the stored results.",
}
SUBCOMMANDS: Mapping[str, Mapping[str, str]] = {
    "store": {
        "ls": "List the stored results.",
        "verify": "Verify every stored result against its checksums.",
        "gc": "Remove the least recently used results.",
    }
}

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


class Commands(click.Group):
    """A group whose commands are modules, imported on demand: ``cbspec --help`` loads none."""

    def __init__(
        self, *args: Any, commands_of: Mapping[str, str], package: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = commands_of
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        if cmd_name not in self.lines:
            return None
        module = importlib.import_module(f"{self.package}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own signature
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))


class Main(Commands):
    """The outermost group: mistakes become a message and an exit status here."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CbspecError as error:
            click.echo(str(error), err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)


@click.group(
    cls=Main,
    commands_of=COMMANDS,
    package="cbspec.cli",
    epilog=STATUS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="cbspec")
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Work as if started in DIR. The project is the one around it.",
)
@click.pass_context
def main(ctx: click.Context, directory: str | None) -> None:
    """Continuous integration for research findings."""
    if directory:
        os.chdir(directory)
    ctx.obj = Project()
