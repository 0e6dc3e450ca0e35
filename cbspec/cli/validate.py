"""``cbspec validate``: every mistake of every claim file, at its line."""

from __future__ import annotations

from pathlib import Path

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import count, dumps, json_option
from cbspec.errors import ClaimError, Diagnostic
from cbspec.project import Project


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@json_option
@pass_project
@click.pass_context
def command(ctx: click.Context, project: Project, paths: tuple[Path, ...], as_json: bool) -> None:
    """Check claim files and show every mistake at its line.

    PATHS are files and folders; all claims when left out. Each claim is checked at every scale that
    it names, and at that of the canaries. A margin that the seeds can never show, by the spread
    over seeds that the ledger has, is a warning: inconclusive is a result. Exits with 1 when there
    is a mistake.
    """
    from cbspec.evaluation.margins import undecidable
    from cbspec.language import claim_files, load

    places = list(paths) or [project.claims_folder]
    files, claims = claim_files(places), 0
    mistakes: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    try:
        read = load(places, catalog=project.catalog, scale=project.config.scale, every=True)
        if project.config.canary:
            load(places, catalog=project.catalog, scale=project.config.canary, exact=True)
        claims, warnings = len({claim.id for claim in read}), undecidable(read, project.ledger)
    except ClaimError as error:
        mistakes = error.mistakes
    if as_json:
        content = {"mistakes": list(map(_place, mistakes)), "warnings": list(map(_place, warnings))}
        click.echo(dumps({"files": len(files), "claims": claims, **content}))
    elif mistakes:
        wrong = {mistake.origin.path for mistake in mistakes}
        click.echo("\n".join(map(str, mistakes)), err=True)
        click.echo(
            f"\n{count(len(mistakes), 'mistake')} in {len(wrong)} of {count(len(files), 'file')}",
            err=True,
        )
    else:
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
        also = f", {count(len(warnings), 'warning')}" if warnings else ""
        click.echo(f"{count(claims, 'claim')} in {count(len(files), 'file')}: valid{also}")
    ctx.exit(1 if mistakes else 0)


def _place(mistake: Diagnostic) -> dict[str, object]:
    origin = mistake.origin
    return {
        "path": str(origin.path),
        "line": origin.line,
        "column": origin.column,
        "key": mistake.key,
        "message": mistake.message,
    }
