"""``cbspec show``: a claim fully resolved, and where each of its values comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cbspec.claim import Claim
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option, scale_option
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.language import Explained

WIDEST = 70  # columns; a longer value pushes its own origin to the right, not everyone's


@click.command("show")
@click.argument("claim", shell_complete=complete)
@scale_option
@json_option
@pass_project
def command(project: Project, claim: str, scale: str | None, as_json: bool) -> None:
    """Print a claim fully resolved, with the line of each value.

    CLAIM is an id (without the values of a matrix it stands for all cells) or a file.
    """
    from cbspec.language import explain_values

    explained = [
        (cell, [*explain_values(cell), *_sentences(cell)])
        for cell in project.claims([claim], scale)
    ]
    if as_json:
        click.echo(dumps([_content(cell, values) for cell, values in explained]))
    else:
        click.echo("\n\n".join("\n".join(_lines(cell, values)) for cell, values in explained))


def _lines(claim: Claim, values: list[Explained]) -> Iterator[str]:
    yield f"{claim.id} at scale {claim.scale}" + (
        "" if claim.scale in claim.decidable else " (not decidable there)"
    )
    texts = [f"{value.key}: {_text(value.value)}" for value in values]
    width = max((len(text) for text in texts if len(text) <= WIDEST), default=0)
    for text, value in zip(texts, values, strict=True):
        origin = (
            f"{value.origin.path}:{value.origin.line}" if value.origin else "default of the stage"
        )
        yield f"  {text:<{width}}  {origin}"


def _sentences(claim: Claim) -> Iterator[Explained]:
    """Yield what each assertion says, in words."""
    from cbspec.language import Explained

    for section, assertions in (("assert", claim.assertions), ("controls", claim.controls)):
        for index, assertion in enumerate(assertions):
            key = f"{section}[{index}]"
            yield Explained(key, assertion.sentence(), claim.origins[key])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _content(claim: Claim, values: list[Explained]) -> dict[str, object]:
    return {
        "id": claim.id,
        "scale": claim.scale,
        "decidable": claim.decidable,
        "values": [
            {"key": value.key, "value": value.value, "origin": value.origin} for value in values
        ],
    }
