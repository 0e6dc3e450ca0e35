"""``cbspec list``: the claims that there are, with their verdicts on record, and how they revise
each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from cbspec.claim import Claim
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, echo_table, json_option
from cbspec.ledger import Ledger
from cbspec.project import Project
from cbspec.text_table import TextTable

VERDICTS = ("holds", "refuted", "inconclusive", "invalid", "error", "none")


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
    claims = [ListedClaim(claim, project.ledger, scale) for claim in project.claims(scale=scale)]
    chosen = []
    for item in claims:
        in_phase = phase is None or _within(item.claim.phase, phase)
        if in_phase and status in (None, item.claim.status) and item.has(verdict):
            chosen.append(item)
    if as_json:
        echo_json([item.content() for item in chosen])
    elif graph:
        _draw(claims, chosen)
    else:
        table = TextTable(
            "claim",
            "phase",
            "status",
            "on record",
            "title",
            wraps=("on record", "title"),
            lead=("claim", "phase", "status"),
            coloured=("on record",),
        )
        for item in chosen:
            claim = item.claim
            table.row(claim.id, claim.phase, claim.status, item.record, claim.title)
        echo_table(table)


class ListedClaim:
    """A claim with its verdicts on record; with a scale, only those at it."""

    def __init__(self, claim: Claim, ledger: Ledger, scale: str | None) -> None:
        self.claim = claim
        self.entries = [entry for entry in ledger.of(claim.id) if scale in (None, entry.scale)]

    def has(self, verdict: str | None) -> bool:
        """Tell whether a verdict is on record, or with ``"none"`` whether none is."""
        if verdict == "none":
            return not self.entries
        return verdict is None or any(entry.verdict == verdict for entry in self.entries)

    @property
    def record(self) -> str:
        """Return the verdicts with where they were reached."""
        verdicts = []
        for entry in self.entries:
            verdicts.append(f"{entry.verdict} ({entry.scale}, {entry.device})")
        return ", ".join(verdicts) or "nothing on record"

    def content(self) -> dict[str, object]:
        """Return the claim for the JSON document."""
        claim = self.claim
        verdicts = []
        for entry in self.entries:
            verdict = {"scale": entry.scale, "device": entry.device, "verdict": entry.verdict}
            verdicts.append(verdict)
        return {
            "id": claim.id,
            "title": claim.title,
            "phase": claim.phase,
            "status": claim.status,
            "path": str(claim.path),
            "line": claim.line,
            "scales": claim.decidable,
            "revises": claim.revises,
            "retracted_by": claim.retracted_by,
            "verdicts": verdicts,
        }


def _within(phase: str, asked: str) -> bool:
    """Tell whether a phase is the asked one or a part of it: 10A is no part of 1."""
    begins, rest = phase.lower().startswith(asked.lower()), phase[len(asked) :]
    return begins and not (asked[-1:].isdigit() and rest[:1].isdigit())


def _draw(claims: Sequence[ListedClaim], chosen: Sequence[ListedClaim]) -> None:
    """Print which claims took each other up, as trees that hold a chosen claim."""
    from cbspec.cli.chain import chains

    remarks = {}
    for item in claims:
        remarks[item.claim.id] = f"{item.claim.status}; {item.record}"
    ids = [item.claim.id for item in chosen]
    lines = list(chains([item.claim for item in claims], ids, remarks))
    for line in lines or ["no claim revises or retracts another"]:
        echo(line)
