"""``cbspec judge``: the verdicts on record judged anew, from their evidence alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import count, dumps, json_option, table
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.ledger import Comparison, Entry


class Rejudged(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on record, and what the claim and the judge make of its evidence today.

    Attributes:
        comparison: None where there is no evidence, or none of what the claim reads by now.
        reason: why there is no comparison.
    """

    claim: str
    scale: str
    device: str
    recorded: str
    comparison: Comparison | None
    reason: str = ""


@click.command("judge")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--scale", metavar="NAME", help="Only the verdicts at this scale (default: all).")
@json_option
@pass_project
@click.pass_context
def command(
    ctx: click.Context, project: Project, claims: tuple[str, ...], scale: str | None, as_json: bool
) -> None:
    """Judge the verdicts on record anew, from their evidence alone.

    No result is needed, and neither the engine nor torch is loaded. An edited assertion, error rate
    or judge shows at every scale at once. Exits with 1 where a verdict comes out otherwise than
    recorded; a run says the same, and `cbspec accept` takes it.
    """
    from cbspec.ledger import CHANGED

    rejudged = list(_rejudged(project, project.at_every_scale(claims), scale))
    changed = [item for item in rejudged if item.comparison and item.comparison.change in CHANGED]
    if as_json:
        click.echo(dumps(rejudged))
    else:
        for line in _lines(rejudged):
            click.echo(line)
    ctx.exit(1 if changed else 0)


def _rejudged(project: Project, claims: Iterable[Claim], scale: str | None) -> Iterator[Rejudged]:
    from cbspec.evaluation.checks import rejudged
    from cbspec.ledger import EvidenceFolder

    folder = EvidenceFolder(project.config.evidence)
    for claim in claims:
        if scale not in (None, claim.scale):
            continue
        for entry in project.ledger.of(claim.id):
            if entry.scale == claim.scale:
                comparison = rejudged(claim, entry, folder)
                yield Rejudged(
                    claim=claim.id,
                    scale=claim.scale,
                    device=entry.device,
                    recorded=entry.verdict,
                    comparison=comparison,
                    reason="" if comparison else _without(entry),
                )


def _without(entry: Entry) -> str:
    if entry.evidence is None:
        return "no evidence: recorded before it was kept"
    return "the claim reads what its evidence does not have; run it again"


def _lines(rejudged: Iterable[Rejudged]) -> Iterator[str]:
    rejudged = list(rejudged)
    there = [item for item in rejudged if item.comparison]
    rows = [
        (item.claim, item.scale, item.device, item.recorded, *_outcome(item.comparison))
        for item in there
    ]
    if rows:
        yield table(rows, ("claim", "scale", "device", "on record", "by its evidence", "change"))
    lacking = [item for item in rejudged if not item.comparison]
    unread = [item for item in lacking if not item.reason.startswith("no evidence")]
    for item in unread:
        yield f"{item.claim} at {item.scale} on {item.device}: {item.reason}"
    yield (
        f"{count(len(there), 'verdict')} judged anew; "
        f"{len(lacking) - len(unread)} recorded before evidence was kept"
    )


def _outcome(comparison: Comparison | None) -> tuple[str, str]:
    """Return the verdict that evidence gives, and how it compares with the record."""
    if comparison is None or comparison.new is None:
        return "", ""
    return comparison.new.verdict, comparison.change
