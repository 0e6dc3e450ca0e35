"""``cbspec store``: what is stored, whether it is intact, and how to make it smaller."""

from __future__ import annotations

from cbspec.cli.main import SUBCOMMANDS, Commands

command = Commands(
    name="store",
    commands_of=SUBCOMMANDS["store"],
    package="cbspec.cli.stored",
    help="Look after the stored results.",
)
