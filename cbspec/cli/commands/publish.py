"""``cbspec publish``: what the project shows of itself, from claims and ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbspec.claim import Claim
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import ConfigError
from cbspec.ledger import Entry, Ledger, orphaned
from cbspec.ledger.withdrawal import unchecked
from cbspec.paths import display
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.canary import CanaryRecord


TAKE = "run the canary scale, then cbspec accept --canary"
WITHDRAW = 'cbspec withdraw CLAIM --scale NAME --reason "..."'


@click.command("publish")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 1 if something is out of date or a recorded verdict is orphaned.",
)
@json_option
@pass_project
def command(project: Project, check: bool, as_json: bool) -> None:
    """Write the replication table and the figures from claims and ledger.

    Nothing is run and no results are needed: the pages show what is on record. Run it again after you
    accept a verdict or edit a claim. --check compares the table and the figures' CSV; an SVG counts as
    current if its CSV is, since versions of matplotlib draw differently. A recorded verdict is
    orphaned if no claim file can decide it at its scale any more, so that no run would check it.
    """
    from cbspec.publication.sources import with_sources

    claims = project.at_every_scale()
    ledger = with_sources(project.ledger, claims)
    pages = _pages(project, claims, ledger)
    changed = _changed(pages)
    gone = orphaned(project.ledger, claims)
    lacking, left = _canaries_amiss(project, claims)
    if not check:
        _write(project, claims, ledger, pages)
    if as_json:
        keys = [entry.key._asdict() for entry in gone]
        echo_json(
            {
                "pages": list(pages),
                "changed": changed,
                "orphaned": keys,
                "canary": [*lacking, *left],
            }
        )
    else:
        for path in pages:
            echo(f"{display(path)}: {_word(path in changed, check)}")
    if gone:
        _tell_orphans(gone)
    if lacking:
        echo(f"no canary on record of {', '.join(lacking)}: {TAKE}", err=True)
    if left:
        echo(f"a canary on record of no claim: {', '.join(left)}: {TAKE}", err=True)
    if check and (changed or gone or lacking or left):
        raise click.exceptions.Exit(1)


def _pages(project: Project, claims: Sequence[Claim], ledger: Ledger) -> Mapping[Path, str | None]:
    """Return path -> text; None for a drawing, which is only looked for."""
    from cbspec.canary.teeth import teeth_on_record
    from cbspec.publication import FIGURES, HTML_PAGE, PAGE, replication
    from cbspec.publication.figures import tables
    from cbspec.report.html import of_record, page

    folder = project.config.reports
    canary = _canary(project)
    contents = of_record(
        claims,
        ledger,
        project.evidence,
        project.config.root,
        canary,
        teeth_on_record(project.config.teeth_record),
    )
    pages: dict[Path, str | None] = {
        folder / PAGE: replication(claims, ledger, folder, canary),
        folder / HTML_PAGE: page(contents),
    }
    for table in tables(claims, ledger):
        pages[folder / FIGURES / f"{table.name}.csv"] = table.csv()
        pages[folder / FIGURES / f"{table.name}.svg"] = None
    return pages


def _changed(pages: Mapping[Path, str | None]) -> list[Path]:
    """Return the pages that are not on disk as they would be written, drawings by their tables."""
    moved = {path for path, text in pages.items() if not _stands(path, text)}
    return [path for path in pages if path in moved or path.with_suffix(".csv") in moved]


def _canary(project: Project) -> CanaryRecord | None:
    """Return the canary on record; None for a project without a canary scale."""
    from cbspec.canary import CanaryRecord

    return CanaryRecord.load(project.config.canary_record) if project.config.canary else None


def _canaries_amiss(project: Project, claims: Sequence[Claim]) -> tuple[list[str], list[str]]:
    """Return the claims without a canary on record, and those with one that no file has."""
    record = _canary(project)
    if record is None:
        return [], []
    known = {claim.id for claim in claims}
    return sorted(known - record.figures.keys()), sorted(record.figures.keys() - known)


def _write(
    project: Project, claims: Sequence[Claim], ledger: Ledger, pages: Mapping[Path, str | None]
) -> None:
    from cbspec.committed.writing import write
    from cbspec.publication import FIGURES

    for path, text in pages.items():
        if text is not None:
            write(path, text)
    if None in pages.values():  # matplotlib is for drawings alone
        try:
            from cbspec.publication.drawing import draw
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"drawings need {error.name}: pip install 'cbspec[figures]'"
            ) from error

        draw(claims, ledger, project.config.reports / FIGURES)


def _stands(path: Path, text: str | None) -> bool:
    try:
        return path.is_file() if text is None else path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _tell_orphans(gone: Sequence[Entry]) -> None:
    """List the orphaned verdicts, and say what to do about them."""
    for entry in gone:
        echo(f"{entry.claim}: {unchecked(entry)}", err=True)
    give_back = "add these scales to the claims again, or withdraw the verdicts"
    echo(f"{give_back}: {WITHDRAW}", err=True)


def _word(changed: bool, check: bool) -> str:
    if not changed:
        return "current"
    return "not current; write it again: cbspec publish" if check else "written"
