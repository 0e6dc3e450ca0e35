"""Printing the output of commands: text for people or, with --json, one JSON document."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from cbspec import terminal
from cbspec.text_table import TextTable

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
scale_option = click.option(
    "--scale", metavar="NAME", help="Scale to look at (default: the project's)."
)
device_option = click.option(
    "--device",
    metavar="NAME",
    default="auto",
    help="Device family of the results (default: auto).",
)
threads_option = click.option(
    "--stage-threads",
    "threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads per worker that the results were computed with.",
)


def results_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which results it looks at: scale, device and threads."""
    return scale_option(device_option(threads_option(command)))


def echo(text: str, *, err: bool = False) -> None:
    """Print a text with its control characters escaped, as it may come from a claim or a ledger."""
    click.echo(terminal.lines(text), err=err)


def echo_json(content: Any) -> None:
    """Print built-in types, dataclasses and structs as JSON. Non-finite numbers are null."""
    import msgspec

    encoded = msgspec.json.encode(content, enc_hook=_plain)
    click.echo(terminal.json(msgspec.json.format(encoded, indent=2).decode()))


def echo_table(table: TextTable) -> None:
    """Print a table that fits the terminal; in a file or a pipe, lines may have any length."""
    if not is_terminal(sys.stdout):
        click.echo(str(table))
        return
    colour = not os.environ.get("NO_COLOR")
    click.echo(table.text(shutil.get_terminal_size().columns, colour=colour))


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a standard stream is a terminal; a closed one is None."""
    return stream is not None and stream.isatty()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
