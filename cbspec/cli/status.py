"""``cbspec status``: the verdict on record of each claim at each scale, and whether it is still of
this code.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from cbspec.claim import Claim, base
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option, table
from cbspec.ledger import Entry, Standing
from cbspec.ledger import status as standings
from cbspec.project import Project


@click.command("status")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--scale", metavar="NAME", help="Only this scale (default: all).")
@json_option
@pass_project
def command(project: Project, claims: tuple[str, ...], scale: str | None, as_json: bool) -> None:
    """Show where each claim stands at each scale.

    Its verdict on record is current or stale; stale when the claim, the code that its stages reach,
    or torch's minor version is another one than recorded, and which of these is said. Orphaned: on
    record, but no claim file has it decidable at that scale any more. A stale verdict stands where
    the canary of its claim is equal, as far as stored results tell; one whose canary differs is in
    doubt. Superseded: a person took another canary, and it has to be run again.
    """
    from cbspec.language.defaults import known_scale

    if scale:
        known_scale(scale, project.config.scale, project.config.claims)
    planner = project.planner("cpu")

    def moved(claim: Claim, entry: Entry) -> Iterator[str]:
        if entry.stale(planner.code(claim.arms.values())):
            yield "code"
        if entry.provenance.torch != planner.numerics.torch:
            yield f"torch {entry.provenance.torch}"

    canaries = project.canaries(planner)

    def checked(claim: Claim) -> str:
        if canaries is None:
            return ""
        check = canaries.stored(claim)
        return check.text if check else "canary not run"

    chosen = project.at_every_scale(claims)
    rows = [
        row
        for row in standings(project.ledger, chosen, moved, checked)
        if scale in (None, row.scale)
    ]
    if claims:  # what was not asked for is not orphaned
        named = {*claims, *(claim.id for claim in chosen)}
        rows = [
            row
            for row in rows
            if row.currency != "orphaned" or named & {row.claim, base(row.claim)}
        ]
    if as_json:
        click.echo(dumps(rows))
        return
    lines = [
        (
            row.claim,
            row.scale,
            row.device or "-",
            row.verdict or "-",
            _standing(row),
            _since(row),
            row.title,
        )
        for row in rows
    ]
    click.echo(
        table(lines, ("claim", "scale", "device", "verdict", "standing", "recorded", "title"))
    )


def _standing(row: Standing) -> str:
    """Return the standing with its details: ``"stale: code; canary equal"``."""
    doubt = row.entry.doubt if row.entry else None
    if doubt == "superseded":
        return "superseded"
    parts = [f"{row.currency}: {', '.join(row.moved)}" if row.moved else row.currency]
    if doubt:
        parts.append(doubt)
    if row.checked:
        parts.append(row.checked)
    return "; ".join(parts)


def _since(row: Standing) -> str:
    if row.entry is None:
        return "-"
    made = row.entry.provenance
    if not made.commit:
        return made.date
    return f"{made.date} {made.commit[:10]}{'+' if made.dirty else ''}"
