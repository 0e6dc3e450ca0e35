"""``cbspec show``: a claim fully resolved, and where each of its values comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cbspec.claim import Claim
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.link import link_line
from cbspec.cli.output import echo, echo_json, json_option, scale_option
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
    cells = project.claims([claim], scale)
    if as_json:
        echo_json(list(map(_content, cells)))
    else:
        texts = []
        for cell in cells:
            texts.append("\n".join([_text(cell), *link_line(project, cell.id)]))
        echo("\n\n".join(texts))


def _text(claim: Claim) -> str:
    head = f"{claim.id} at scale {claim.scale}"
    if claim.scale not in claim.decidable:
        head += " (not decidable there)"
    lines = [head]
    rows = []
    width = 0
    for value in _values(claim):
        text = f"{value.key}: {_shown(value.value)}"
        rows.append((text, value.origin))
        if len(text) <= WIDEST:
            width = max(width, len(text))
    for text, origin in rows:
        place = f"{origin.path}:{origin.line}" if origin else "default of the stage"
        lines.append(f"  {text:<{width}}  {place}")
    return "\n".join(lines)


def _values(claim: Claim) -> Iterator[Explained]:
    """Yield every value of a claim, then what each assertion says, in words."""
    from cbspec.language import Explained, explain_values

    yield from explain_values(claim)
    for key, assertion in claim.asserted.items():
        yield Explained(key, assertion.sentence(), claim.origins[key])


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _content(claim: Claim) -> dict[str, object]:
    values = []
    for value in _values(claim):
        values.append({"key": value.key, "value": value.value, "origin": value.origin})
    return {
        "id": claim.id,
        "scale": claim.scale,
        "decidable": claim.decidable,
        "values": values,
    }
