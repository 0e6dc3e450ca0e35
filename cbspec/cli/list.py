"""``cbspec list``: the claims that there are, with their verdicts on record, and how they revise
each other.
"""

from __future__ import annotations

from typing import NamedTuple

import click

from cbspec.claim import Claim
from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option, table
from cbspec.project import Project

VERDICTS = ("holds", "refuted", "inconclusive", "invalid", "error", "none")


class VerdictOnRecord(NamedTuple):
    """A verdict on record."""

    scale: str
    device: str
    verdict: str


@click.command("list")
@click.option(
    "--phase",
    metavar="PHASE",
    help="Only claims of this phase or its parts: 6 has 6A, 6C and 6.5A.",
)
@click.option(
    "--status",
    type=click.Choice(["active", "retracted", "open-question"]),
    help="Only claims of this status.",
)
@click.option(
    "--verdict",
    type=click.Choice(VERDICTS),
    help="Only claims with this verdict on record; none: with none.",
)
@click.option("--graph", is_flag=True, help="Show which claims revise or retract which.")
@click.option("--scale", metavar="NAME", help="Scale of the verdicts to show (default: all).")
@json_option
@pass_project
def command(
    project: Project,
    phase: str | None,
    status: str | None,
    verdict: str | None,
    graph: bool,
    scale: str | None,
    as_json: bool,
) -> None:
    """List claims with their verdicts on record."""
    claims = project.claims(scale=scale)
    recorded = {claim.id: _recorded(project, claim, scale) for claim in claims}
    chosen = []
    for claim in claims:
        verdicts = [entry.verdict for entry in recorded[claim.id]] or ["none"]
        if (
            (phase is None or _within(claim.phase, phase))
            and status in (None, claim.status)
            and (verdict is None or verdict in verdicts)
        ):
            chosen.append(claim)
    if as_json:
        click.echo(dumps([_row(claim, recorded[claim.id]) for claim in chosen]))
    elif graph:
        from cbspec.cli.chain import chains

        remarks = {claim.id: f"{claim.status}; {_said(recorded[claim.id])}" for claim in claims}
        click.echo("\n".join(chains(claims, {claim.id for claim in chosen}, remarks)))
    else:
        rows = [
            (claim.id, claim.phase, claim.status, _said(recorded[claim.id]), claim.title)
            for claim in chosen
        ]
        click.echo(table(rows, ("claim", "phase", "status", "on record", "title")))


def _within(phase: str, asked: str) -> bool:
    """Tell whether a phase is the asked one or a part of it: 10A is no part of 1."""
    begins, rest = phase.lower().startswith(asked.lower()), phase[len(asked) :]
    return begins and not (asked[-1:].isdigit() and rest[:1].isdigit())


def _recorded(project: Project, claim: Claim, scale: str | None) -> list[VerdictOnRecord]:
    """Return the verdicts on record; with a scale, only those at it."""
    entries = [entry for entry in project.ledger.of(claim.id) if scale in (None, entry.scale)]
    return [VerdictOnRecord(entry.scale, entry.device, entry.verdict) for entry in entries]


def _said(recorded: list[VerdictOnRecord]) -> str:
    return (
        ", ".join(f"{verdict.verdict} ({verdict.scale}, {verdict.device})" for verdict in recorded)
        or "nothing on record"
    )


def _row(claim: Claim, recorded: list[VerdictOnRecord]) -> dict[str, object]:
    return {
        "id": claim.id,
        "title": claim.title,
        "phase": claim.phase,
        "status": claim.status,
        "path": str(claim.path),
        "line": claim.origins["id"].line,
        "scales": claim.decidable,
        "revises": claim.revises,
        "retracted_by": claim.retracted_by,
        "verdicts": [verdict._asdict() for verdict in recorded],
    }
