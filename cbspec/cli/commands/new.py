"""``cbspec new``: a new claim file, valid from its first line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cbspec.cli.claim_copy import ClaimCopy
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.draft import Draft, place, schema_seen_from
from cbspec.cli.output import echo, echo_json, is_terminal, json_option
from cbspec.cli.words import Words
from cbspec.errors import ClaimError, ConfigError
from cbspec.language.defaults import Folders
from cbspec.language.seeds import undrawn
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
    help="An arm and what it overrides; repeatable.",
)
@click.option(
    "--assert",
    "asserted",
    multiple=True,
    metavar="YAML",
    help="An assertion, {kind: order, ...}; repeatable.",
)
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="YAML",
    help="A control, as --assert; repeatable.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="MEASURE.ARM=VALUE",
    help="A value that the memo reports; repeatable.",
)
@click.option(
    "--status",
    type=click.Choice(["active", "retracted", "open-question"]),
    help="(default: active)",
)
@click.option(
    "--revises", multiple=True, metavar="ID", help="A claim that this one corrects; repeatable."
)
@click.option(
    "--retracted-by",
    multiple=True,
    metavar="ID",
    help="A claim that took this one back; repeatable.",
)
@click.option(
    "--scales",
    metavar="NAMES",
    help="Scales that can decide it, comma-separated (default: the project's).",
)
@click.option(
    "--like",
    metavar="CLAIM",
    help="Copy this claim; ID, --title, --phase and --status replace those of the copy.",
    shell_complete=complete,
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
    project: Project,
    /,
    path: Path | None,
    ask: bool | None,
    like: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Write a new claim file.

    The claim comes from flags, from answers on a terminal, or from a copy of another claim. It is
    written only if it is valid, and no file is overwritten.
    """
    folder = project.claims_folder
    draft: Draft | ClaimCopy
    if like is not None:
        draft, target = _copy(project, like, flags)
    else:
        draft = _drafted(
            project, Words(**flags), ask=is_terminal(sys.stdin) if ask is None else ask
        )
        target = place(folder, draft.phase, draft.id)
    target = path or target
    if isinstance(draft, Draft):
        draft = _with_whole_pool(project, draft, target.parent)
    known = ids(folder)
    if draft.id in known:
        raise ConfigError(f"the id '{draft.id}' is taken by {known[draft.id]}")
    write(project, draft, target)
    if as_json:
        echo_json({"id": draft.id, "path": str(target)})
    else:
        echo(str(target))
        echo(f"Next: cbspec show {draft.id}; cbspec plan {draft.id}; pytest {target}")


def _drafted(project: Project, words: Words, *, ask: bool) -> Draft:
    """Return the claim that the flags and a person's answers make."""
    shared = Folders().defaults(project.claims_folder)
    if missing := words.missing:
        if not ask:
            raise click.UsageError(
                f"missing {', '.join(missing)} (asked for on a terminal, or with --ask)"
            )
        words = words.asked(tuple(shared.stages), project.catalog)
    return words.draft((project.config.scale,) if shared.scales else ())


def _with_whole_pool(project: Project, draft: Draft, folder: Path) -> Draft:
    """Return a draft that may draw the whole pool of its folder, if it draws seeds at all."""
    from cbspec.language import draws_seeds

    # A further look leaves earlier ones a lower level, so only a claim without a verdict gets it
    most = undrawn(Folders().defaults(folder).seeds)
    if not most or not draws_seeds(
        draft.text(""), folder, catalog=project.catalog, scale=project.config.scale
    ):
        return draft
    return replace(draft, most=most)


def _copy(project: Project, like: str, flags: Mapping[str, Any]) -> tuple[ClaimCopy, Path]:
    """Return a copy of a claim with the values that flags replace, and the file beside it.

    Raises:
        click.UsageError: the ID is missing, or a flag is given whose value the copy has.
    """
    if not flags["claim"]:
        raise click.UsageError("missing ID: of the new claim")
    for option in click.get_current_context().command.params:
        if flags.get(option.name or "") and option.name not in (
            "claim",
            "title",
            "phase",
            "status",
        ):
            raise click.UsageError(f"{option.opts[0]} does not go with --like: edit the copy")
    first, *_ = project.claims(like)
    replaced = {"id": flags["claim"].strip()}
    for key in ("title", "phase", "status"):
        if flags[key]:
            replaced[key] = flags[key]
    copy = ClaimCopy(original=first.path.read_text(encoding="utf-8"), replaced=replaced)
    return copy, first.path.with_name(f"{copy.id}.yaml")


def write(project: Project, draft: Draft | ClaimCopy, path: Path) -> None:
    """Write a claim file that is valid, or none.

    Raises:
        ConfigError: the file exists already, lies outside the claims, or cannot be written.
        ClaimError: the claim has mistakes, all of them named.
    """
    from cbspec.cli.commands.schema import CLAIM, folder, write_to
    from cbspec.language import load_file, schema
    from cbspec.language.vocabulary import vocabulary

    schemas = folder(project)
    _check_place(project, path)
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
            echo("no file was written: the claim would be invalid:", err=True)
        raise
    write_to(schemas, schema.files(project.catalog, vocabulary(project.config.claims)))


def _check_place(project: Project, path: Path) -> None:
    """Check that a run takes the file at `path` for a claim of this project."""
    from cbspec.language import is_claim_file

    claims, target = project.config.claims.resolve(), path.resolve()
    if not target.is_relative_to(claims):
        outside = f"{path} lies outside the claims of this project, {project.claims_folder}"
        raise ConfigError(outside)
    hidden = any(part.startswith(".") for part in target.relative_to(claims).parts)
    if hidden or not is_claim_file(target):
        raise ConfigError(f"{path}: no run would take this file for a claim")
