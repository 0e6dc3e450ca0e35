"""``cbspec schema``: the JSON Schema of claim files, made from the types and the engine's
catalog.
"""

from __future__ import annotations

from pathlib import Path

import click

from cbspec import terminal
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import ConfigError
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project

CLAIM, DEFAULTS = "claim.schema.json", "defaults.schema.json"


@click.command("schema")
@click.option("--defaults", is_flag=True, help="Print the schema of defaults.yaml instead.")
@click.option(
    "--markdown",
    is_flag=True,
    help="Print the keys and assertion kinds as tables for people instead.",
)
@click.option(
    "--write", is_flag=True, help="Bring the project's schema files up to date instead of printing."
)
@json_option
@pass_project
def command(project: Project, defaults: bool, markdown: bool, write: bool, as_json: bool) -> None:
    """Print the JSON Schema of claim files.

    Claim files name it in their first line, so that editors complete and check them. Use --write after
    you change the engine's catalog. The schema is JSON with --json as without.
    """
    from cbspec.language import schema
    from cbspec.language.vocabulary import vocabulary

    names = vocabulary(project.config.claims)
    if markdown:
        from cbspec.cli.reference import reference

        text = reference(schema.build(project.catalog))
        content: dict[str, object] = {"markdown": text}
    elif write:
        files = schema.files(project.catalog, names)
        changed = write_to(folder(project), files)
        place = display(folder(project))
        text = f"{count(len(changed), 'file')} of {len(files)} changed in {place}"
        content = {"changed": list(map(str, changed))}
    else:
        text = schema.files(project.catalog, names)[DEFAULTS if defaults else CLAIM]
        click.echo(terminal.json(text), nl=False)
        return
    if as_json:
        echo_json(content)
    else:
        echo(text)


def folder(project: Project) -> Path:
    """Return the folder of the project's schema files, which describe its own stages."""
    return project.config.claims / "schema"


def write_to(place: Path, content: dict[str, str]) -> list[Path]:
    """Write what differs; the files written.

    Raises:
        ConfigError: the folder cannot be written.
    """
    changed = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in content.items():
            path = place / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                changed.append(path)
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error.strerror}") from error
    return changed
