"""``cbspec interim``: what the stored results say so far, while a long run goes on or after it was
stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.model.finding import Judgement
from cbspec.model.number import count
from cbspec.model.replicates import counted, noun
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.execution.plan import Planner


class Interim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim at the last of its interim analyses that is stored in full.

    Attributes:
        next: how many seeds the next interim analysis takes; None where the verdict stands.
        recorded: the verdict on record, of this device family or else of the other.
    """

    judgement: Judgement
    next: int | None
    recorded: str | None


@click.command("interim")
@click.argument("claims", nargs=-1, shell_complete=complete)
@results_options
@json_option
@pass_project
def command(
    project: Project,
    claims: tuple[str, ...],
    scale: str | None,
    device: str,
    threads: int,
    as_json: bool,
) -> None:
    """Show what the stored results say so far.

    For each claim the verdict at its last interim analysis whose results are all stored, and whether
    that verdict is final or more seeds are due. Nothing is computed or recorded, and looking costs no
    error rate that the claim does not spend anyway.
    """
    planner = project.planner(device, threads)
    interims: list[Interim] = []
    texts: list[str] = []
    lacking = 0
    for claim in project.claims(claims, scale):
        if not claim.due:
            continue
        if interim := _so_far(claim, planner, project):
            interims.append(interim)
            texts.append(_text(interim, noun(claim.replicated_over)))
        else:
            lacking += 1
    if as_json:
        echo_json(interims)
        return
    for text in texts:
        echo(text)
    if not (interims or lacking):
        echo(f"no claim is judged at scale {project.scale(scale)}")
    if lacking:
        without = "without all results of a first interim analysis; cbspec plan names them"
        echo(f"{count(lacking, 'claim')} {without}")


def _so_far(claim: Claim, planner: Planner, project: Project) -> Interim | None:
    """Return the last interim analysis that stored results allow; None before the first."""
    from cbspec.evaluation.interim import stored_analyses
    from cbspec.judge import next_analysis
    from cbspec.ledger import Key

    recorded = project.ledger.expected(Key(claim.id, claim.scale, planner.numerics.device))
    analyses = stored_analyses(claim, planner, project.store, recorded)
    if not analyses:
        return None
    last = analyses[-1].judgement
    return Interim(
        judgement=last,
        next=next_analysis(last, claim.seeds),
        recorded=recorded.verdict if recorded else None,
    )


def _text(interim: Interim, replicates: str) -> str:
    judgement = interim.judgement
    text = f"{judgement.claim}: {judgement.verdict}"
    if interim.next:
        text += f" so far, {len(judgement.seeds)} of {interim.next} {replicates}"
    else:
        text += f", {counted(len(judgement.seeds), replicates)}"
    if interim.recorded not in (None, judgement.verdict):
        text += f" (on record: {interim.recorded})"
    return f"{text}\n    {judgement.reason}"
