"""``cbspec judge``: the verdicts on record judged anew, from their evidence alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import JudgingError, UnitChanged
from cbspec.model.number import count
from cbspec.project import Project
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.ledger import Comparison, Entry

NO_EVIDENCE = "no evidence: recorded before it was kept"


class Rejudged(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on record, and what the claim and the judge make of its evidence today.

    Attributes:
        comparison: None where there is no evidence, or none of what the claim reads by now in its
            unit.
        reason: why there is no comparison.
        broken: whether it could not be judged, because a kind raised.
    """

    claim: str
    scale: str
    device: str
    recorded: str
    comparison: Comparison | None
    reason: str = ""
    broken: bool = False


@click.command("judge")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--scale", metavar="NAME", help="Only the verdicts at this scale (default: all).")
@click.option("--accept", is_flag=True, help="Record the verdicts that the evidence gives today.")
@click.option(
    "--reason", default="", help="With --accept: why verdicts change; kept in the ledger."
)
@json_option
@pass_project
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    claims: tuple[str, ...],
    scale: str | None,
    accept: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Judge recorded verdicts again, from their evidence alone.

    No results are needed, and neither the engine nor torch is loaded. This shows at once, at every
    scale, what an edited assertion, error rate or judge changes. Exits with 1 if a verdict differs
    from the ledger, unless --accept records it. Every run makes the same check.
    """
    from cbspec.ledger import CHANGED

    if reason and not accept:
        raise click.UsageError("--reason belongs to --accept")
    if scale is not None:
        project.scale(scale)  # an unknown one is a mistake
    rejudged = list(_rejudged(project, project.at_every_scale(claims), scale))
    if accept:
        _take(project, rejudged, reason)
    if as_json:
        echo_json(rejudged)
    else:
        for line in _lines(rejudged):
            echo(line)
    changed = [item for item in rejudged if item.comparison and item.comparison.change in CHANGED]
    if (changed and not accept) or any(item.broken for item in rejudged):
        ctx.exit(1)


def _take(project: Project, rejudged: Iterable[Rejudged], reason: str) -> None:
    from cbspec.ledger import take_judged_anew, today

    entries = []
    for item in rejudged:
        if item.comparison and item.comparison.new:
            entries.append(item.comparison.new)
    with project.editing() as ledger:
        take_judged_anew(ledger, entries, reason, today()).save(project.config.ledger)


def _rejudged(project: Project, claims: Iterable[Claim], scale: str | None) -> Iterator[Rejudged]:
    from cbspec.evaluation.checks import rejudged

    for claim in claims:
        for entry in project.ledger.of(claim.id):
            if entry.scale == claim.scale and scale in (None, claim.scale):
                comparison, reason, broken = None, "", False
                try:
                    comparison = rejudged(claim, entry, project.evidence)
                    reason = "" if comparison else _without(entry)
                except UnitChanged as error:
                    reason = f"{error}; run it again"
                except JudgingError as error:
                    reason, broken = str(error), True
                yield Rejudged(
                    claim=claim.id,
                    scale=claim.scale,
                    device=entry.device,
                    recorded=entry.verdict,
                    comparison=comparison,
                    reason=reason,
                    broken=broken,
                )


def _without(entry: Entry) -> str:
    if entry.evidence is None:
        return NO_EVIDENCE
    return "the claim reads what its evidence does not have; run it again"


def _lines(rejudged: Iterable[Rejudged]) -> Iterator[str]:
    table = TextTable("claim", "scale", "device", "on record", "by its evidence", "change")
    unjudged = []
    without = 0
    for item in rejudged:
        place = item.claim, item.scale, item.device
        if item.comparison:
            assert item.comparison.new is not None  # compare always sets it
            table.row(*place, item.recorded, item.comparison.new.verdict, item.comparison.change)
        elif item.reason == NO_EVIDENCE:
            without += 1
        else:
            unjudged.append(f"{item.claim} at {item.scale} on {item.device}: {item.reason}")
    if table.rows:
        yield str(table)
    yield from unjudged
    judged = count(len(table.rows), "verdict")
    yield f"{judged} judged anew; {without} recorded before evidence was kept"
