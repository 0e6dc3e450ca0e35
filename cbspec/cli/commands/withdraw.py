"""``cbspec withdraw``: verdicts that nothing checks any more come off the record, on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from cbspec.claim import base
from cbspec.cli.canaries import drop_canaries
from cbspec.cli.completion import complete_orphaned
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.ledger import Entry, EvidenceFolder, withdraw
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import named, refuse, unknown


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

    CLAIMS are ids on record. A verdict is orphaned if no claim file can decide it at its scale any
    more; no other can be withdrawn. The ledger keeps what was withdrawn, with the reason.
    """
    with project.editing() as ledger:
        chosen = _chosen(ledger, claims, scale, device)
        # Other files may have mistakes
        claims_meant = project.at_every_scale(sorted({base(entry.claim) for entry in chosen}))
        after = withdraw(ledger, chosen, claims_meant, reason)
        after.save(project.config.ledger)
        EvidenceFolder(project.config.evidence).prune([entry.claim for entry in chosen], after)
        gone = {entry.claim for entry in chosen} - {claim.id for claim in claims_meant}
        drop_canaries(project, [claim for claim in gone if not list(after.of(claim))])
    if as_json:
        withdrawn = []
        for entry in chosen:
            withdrawn.append({**entry.key._asdict(), "verdict": entry.verdict})
        echo_json(withdrawn)
        return
    for entry in chosen:
        echo(f"{entry.key}: withdrawn: {entry.verdict}")
    echo(f"recorded in {display(project.config.ledger)}")


def _chosen(
    entries: Iterable[Entry], words: Sequence[str], scale: str | None, device: str | None
) -> list[Entry]:
    """Return the entries that ids name, at a scale and on a device family if these are given."""
    candidates = []
    for entry in entries:
        if scale in (None, entry.scale) and device in (None, entry.device):
            candidates.append(entry)
    where = f" at scale {scale}" if scale else ""
    if device:
        where += f" on {device}"
    ids = list(dict.fromkeys(entry.claim for entry in candidates))
    refuse("no verdict is on record of claim", unknown(words, ids), ids, where)
    return [entry for entry in candidates if named(entry.claim, words)]
