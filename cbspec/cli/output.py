"""What commands print: text for people, or one JSON document with --json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

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


def dumps(content: Any) -> str:
    """Return indented JSON of builtins, dataclasses and msgspec structs; what is not finite is
    null.
    """
    import msgspec

    encoded = msgspec.json.encode(content, enc_hook=_plain)
    return msgspec.json.format(encoded, indent=2).decode()


def table(rows: Iterable[Sequence[str]], headings: Sequence[str], right: Sequence[str] = ()) -> str:
    """Return a table for people; `right` are the headings of the columns that are aligned right."""
    from tabulate import tabulate

    align = ["right" if heading in right else "left" for heading in headings]
    drawn = tabulate(
        list(rows), headers=list(headings), tablefmt="simple", disable_numparse=True, colalign=align
    )
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``"1 claim"``, ``"2 claims"``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
