"""``cbspec new``: a new claim file, valid from its first line."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from cbspec.cli.context import pass_project
from cbspec.cli.draft import Draft, place, schema_seen_from
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.cli.words import Words
from cbspec.errors import ClaimError, ConfigError
from cbspec.language.defaults import Folders
from cbspec.project import Project
from cbspec.selection import ids


@click.command("new")
@click.argument("claim", metavar="ID", required=False)
@click.option("--title", help="The finding in one sentence.")
@click.option("--phase", help="Phase of the research log, e.g. 7A.")
@click.option("--memo", help="Where the finding was reported.")
@click.option(
    "--experiment",
    metavar="YAML",
    help="The stage call that all arms share: a name, or {stage: NAME, ...}.",
)
@click.option(
    "--arm",
    "arms",
    multiple=True,
    metavar="NAME=YAML",
    help="An arm and what it overrides; repeat it.",
)
@click.option(
    "--assert",
    "asserted",
    multiple=True,
    metavar="YAML",
    help="An assertion, {kind: order, ...}; repeat it.",
)
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="YAML",
    help="A control, as --assert; repeat it.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="MEASURE.ARM=VALUE",
    help="A figure of the memo; repeat it.",
)
@click.option(
    "--status",
    type=click.Choice(["active", "retracted", "open-question"]),
    default="active",
    show_default=True,
)
@click.option(
    "--revises", multiple=True, metavar="ID", help="A claim that this one corrects; repeat it."
)
@click.option(
    "--retracted-by",
    multiple=True,
    metavar="ID",
    help="A claim that took this one back; repeat it.",
)
@click.option(
    "--scales",
    metavar="NAMES",
    help="Scales that can decide it, with commas (default: the project's).",
)
@click.option(
    "--path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file (default: by phase and id).",
)
@click.option(
    "--ask/--no-ask", default=None, help="Ask for what is not given (default: on a terminal)."
)
@json_option
@pass_project
def command(
    project: Project, /, path: Path | None, ask: bool | None, as_json: bool, **flags: Any
) -> None:
    """Write a new claim file.

    Takes flags, or asks on a terminal. The claim is checked before it is kept: a file is written
    only if it is valid, and none is overwritten.
    """
    folder = project.claims_folder
    shared = Folders().defaults(folder)
    words = Words(**flags)
    if missing := words.missing:
        if not (sys.stdin.isatty() if ask is None else ask):
            raise click.UsageError(
                f"missing {', '.join(missing)} (asked for on a terminal, or with --ask)"
            )
        words = words.asked(tuple(shared.stages), project.catalog)
    draft = words.draft((project.config.scale,) if shared.scales else ())
    known = ids(folder)
    if draft.id in known:
        raise ConfigError(f"the id '{draft.id}' is taken by {known[draft.id]}")
    target = path or place(folder, draft.phase, draft.id)
    write(project, draft, target)
    if as_json:
        echo_json({"id": draft.id, "path": str(target)})
    else:
        echo(str(target))
        echo(f"Next: cbspec show {draft.id}; cbspec plan {draft.id}; pytest {target}")


def write(project: Project, draft: Draft, path: Path) -> None:
    """Write a claim file that is valid, or none.

    Raises:
        ConfigError: the file exists already, lies outside the claims, or cannot be written.
        ClaimError: the claim has mistakes, all of them named.
    """
    from cbspec.cli.commands.schema import CLAIM, folder, write_to
    from cbspec.language import is_claim_file, load_file, schema

    schemas = folder(project)
    claims = project.config.claims.resolve()
    target = path.resolve()
    if not target.is_relative_to(claims):
        raise ConfigError(
            f"{path} lies outside the claims of this project, {project.claims_folder}"
        )
    hidden = any(part.startswith(".") for part in target.relative_to(claims).parts)
    if hidden or not is_claim_file(target):
        raise ConfigError(f"{path}: no run would take this file for a claim")
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(draft.text(schema_seen_from(path, schemas / CLAIM)))
    except FileExistsError:
        raise ConfigError(f"{path} exists; nothing was overwritten") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    try:
        load_file(path, catalog=project.catalog, scale=project.config.scale)
    except BaseException as error:
        path.unlink()
        for parent in missing:
            with suppress(OSError):  # another process may use it by now
                parent.rmdir()
        if isinstance(error, ClaimError):
            echo("no file was written, for the claim would not be valid:", err=True)
        raise
    if not (schemas / CLAIM).exists():
        write_to(schemas, schema.files(project.catalog))
