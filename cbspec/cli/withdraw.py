"""``cbspec withdraw``: verdicts that nothing checks any more come off the record, on purpose."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cbspec.claim import base
from cbspec.cli.completion import complete_orphaned
from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option
from cbspec.errors import suggestion
from cbspec.ledger import Entry, EvidenceFolder, withdraw
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import UnknownClaimError, unknown


@click.command("withdraw")
@click.argument("claims", nargs=-1, required=True, shell_complete=complete_orphaned)
@click.option("--scale", metavar="NAME", help="Only the verdicts at this scale (default: all).")
@click.option(
    "--device",
    metavar="NAME",
    help="Only the verdicts on this device family (default: all).",
)
@click.option(
    "--reason", required=True, help="Why they are not to be checked any more; kept in the ledger."
)
@json_option
@pass_project
def command(
    project: Project,
    claims: tuple[str, ...],
    scale: str | None,
    device: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Take orphaned verdicts off the record.

    CLAIMS are ids on record. A verdict is orphaned where no claim file has it decidable at its
    scale any more. Any other is refused: a verdict that does not suit is not withdrawn. The ledger
    keeps what was withdrawn, with the reason.
    """
    with project.editing() as ledger:
        chosen = _chosen(list(ledger), claims, scale, device)
        after = withdraw(ledger, chosen, project.at_every_scale(), reason)
        after.save(project.config.ledger)
        EvidenceFolder(project.config.evidence).prune([entry.claim for entry in chosen], after)
    if as_json:
        click.echo(dumps([{**entry.key._asdict(), "verdict": entry.verdict} for entry in chosen]))
        return
    for entry in chosen:
        click.echo(f"{entry.key}: withdrawn: {entry.verdict}")
    click.echo(f"recorded in {display(project.config.ledger)}")


def _chosen(
    entries: Sequence[Entry], words: Sequence[str], scale: str | None, device: str | None
) -> list[Entry]:
    """Return the entries that ids name, at a scale and on a device family if these are given."""
    there = [
        entry
        for entry in entries
        if scale in (None, entry.scale) and device in (None, entry.device)
    ]
    known = list(dict.fromkeys(entry.claim for entry in there))
    if strange := unknown(words, known):
        place = (f" at scale {scale}" if scale else "") + (f" on {device}" if device else "")
        lines = (
            f"nothing is on record of claim {word!r}{place}{suggestion(word, known)}"
            for word in strange
        )
        raise UnknownClaimError("\n".join(lines))
    return [entry for entry in there if entry.claim in words or base(entry.claim) in words]
