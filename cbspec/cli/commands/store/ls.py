"""``cbspec store ls``: every stored result, by stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.cli.size import size_text
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project
from cbspec.text_table import TextTable


@click.command("ls")
@click.option("--stage", metavar="NAME", help="Only results of this stage.")
@json_option
@pass_project
def command(project: Project, stage: str | None, as_json: bool) -> None:
    """List the stored results.

    Each with its key, stage, seed, size and last use.
    """
    results = [result for result in _results(project) if stage in (None, result["stage"])]
    if as_json:
        echo_json(results)
        return
    total = 0
    table = TextTable("key", "stage", "seed", "size", "last used", right=("seed", "size"))
    for result in results:
        total += result["bytes"]
        size = size_text(result["bytes"])
        table.row(result["key"][:12], result["stage"], result["seed"], size, result["used"])
    if results:
        echo(str(table))
    place = display(project.store.root)
    echo(f"{count(len(results), 'result')}, {size_text(total)} in {place}")


def _results(project: Project) -> Iterator[dict[str, Any]]:
    for holding in project.store.ls():
        entry = project.store.get(holding.key, touch=False)
        if entry is not None:
            used = datetime.fromtimestamp(holding.used, UTC).strftime("%Y-%m-%d %H:%M")
            provenance = entry.provenance
            yield {
                "key": holding.key,
                "stage": provenance.get("stage", "?"),
                "seed": provenance.get("seed", "?"),
                "parameters": provenance.get("parameters", {}),
                "bytes": holding.bytes,
                "used": used,
            }
