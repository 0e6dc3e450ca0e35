"""``cbspec validate``: every mistake of every claim file, at its line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import ClaimError, Diagnostic
from cbspec.model.number import count
from cbspec.project import Project


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@json_option
@pass_project
@click.pass_context
def command(ctx: click.Context, project: Project, paths: tuple[Path, ...], as_json: bool) -> None:
    """Check claim files and show every mistake at its line.

    PATHS are files and folders (default: all claims). Each claim is checked at every scale that it
    names, and at that of the canaries. Exits with 1 if there is a mistake. A margin that the recorded
    seed-to-seed spread makes unattainable is only a warning: inconclusive is a result, too.
    """
    from cbspec.evaluation.margins import undecidable
    from cbspec.language import claim_files, load

    places = list(paths) or [project.claims_folder]
    files = len(claim_files(places))
    loaded = partial(load, places, catalog=project.catalog, folder=project.claims_folder)
    claims = 0
    warnings: Sequence[Diagnostic] = ()
    mistakes: list[Diagnostic] = []
    try:
        read = loaded(scale=project.scale(), every=True)
        claims = len({claim.id for claim in read})
        warnings = undecidable(read, project.ledger, project.noise)
    except ClaimError as error:
        mistakes += error.mistakes
    try:
        if project.config.canary:
            loaded(scale=project.config.canary, exact=True)
    except ClaimError as error:
        mistakes = _joined(mistakes, error.mistakes)
        claims = 0
    if as_json:
        content = {"mistakes": list(map(_place, mistakes)), "warnings": list(map(_place, warnings))}
        echo_json({"files": files, "claims": claims, **content})
    elif mistakes:
        _refuse(mistakes, files)
    else:
        for warning in warnings:
            echo(f"warning: {warning}", err=True)
        total = f"{count(claims, 'claim')} in {count(files, 'file')}: valid"
        if warnings:
            total += f", {count(len(warnings), 'warning')}"
        echo(total)
    if mistakes:
        ctx.exit(1)


def _joined(first: Sequence[Diagnostic], others: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the mistakes by file and line. Of one place those of the first reading say enough."""
    origins = {mistake.origin for mistake in first}
    joined = list(first)
    for mistake in others:
        if mistake.origin not in origins:
            joined.append(mistake)
    return sorted(joined, key=lambda mistake: (str(mistake.origin.path), mistake.origin.line))


def _refuse(mistakes: Sequence[Diagnostic], files: int) -> None:
    from cbspec.language import is_shared

    wrong = {mistake.origin.path for mistake in mistakes}
    for mistake in mistakes:
        echo(str(mistake), err=True)
    files += sum(map(is_shared, wrong))
    total = f"{count(len(mistakes), 'mistake')} in {len(wrong)} of {count(files, 'file')}"
    echo(f"\n{total}", err=True)


def _place(mistake: Diagnostic) -> dict[str, object]:
    origin = mistake.origin
    return {
        "path": str(origin.path),
        "line": origin.line,
        "column": origin.column,
        "key": mistake.key,
        "message": mistake.message,
    }
