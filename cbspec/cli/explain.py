"""``cbspec explain``: whether what a claim stands on is current, and what made it stale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import device_option, dumps, json_option, scale_option, threads_option
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck
    from cbspec.explain import Explanation, StageState
    from cbspec.ledger import Entry


@click.command("explain")
@click.argument("claim", shell_complete=complete)
@scale_option
@device_option
@threads_option
@json_option
@pass_project
def command(
    project: Project, claim: str, scale: str | None, device: str, threads: int, as_json: bool
) -> None:
    """Tell whether a claim's stages are current, and what changed.

    For each stage: current, stale or missing; for a stale one which definitions changed, or which
    parameter, input or version. Then what changed in the code since the verdict on record, and what
    its canary says as far as stored results tell.
    """
    from cbspec.explain import explain
    from cbspec.ledger import Key

    planner = project.planner(device, threads)
    standings = project.standings(planner)
    canaries = project.canaries(project.planner("cpu", threads))
    explanations = []
    checks = []
    asked = scale or project.config.scale
    for cell in project.claims([claim], scale):
        if cell.scale != asked and not as_json:
            click.echo(f"{cell.id} is not decidable at scale {asked}:")
        recorded = project.ledger.expected(Key(cell.id, cell.scale, planner.numerics.device))
        explanations.append(explain(cell, standings, recorded))
        checks.append(canaries.stored(cell) if canaries else None)
    if as_json:
        contents = [
            {**msgspec.to_builtins(explanation), "canary": check}
            for explanation, check in zip(explanations, checks, strict=True)
        ]
        click.echo(dumps(contents))
        return
    texts = []
    for explanation, check in zip(explanations, checks, strict=True):
        canary = [] if canaries is None else [_canary(check)]
        texts.append("\n".join([*lines(explanation), *canary]))
    click.echo("\n\n".join(texts))


def _canary(check: CanaryCheck | None) -> str:
    """Say what stored results tell of a claim's canary, every figure that differs on a line of its
    own.
    """
    if check is None:
        return "Canary: not run with this code."
    parts = [f"Canary: {check.text.removeprefix('canary ')}"] + [
        f"  {difference.text}" for difference in check.differences
    ]
    return "\n".join(parts)


def lines(explanation: Explanation) -> Iterator[str]:
    """Yield the explanation for a person, line by line."""
    yield f"{explanation.claim} at scale {explanation.scale} on {explanation.device}"
    width = max(len(stage.stage) for stage in explanation.stages)
    arms = {arm for stage in explanation.stages for arm in stage.arms}
    for stage in explanation.stages:
        yield from _stage(stage, width, everyone=arms)
    yield from _record(explanation)


def _stage(stage: StageState, width: int, everyone: set[str]) -> Iterator[str]:
    arms = "" if set(stage.arms) == everyone else f"  ({', '.join(stage.arms)})"
    yield f"  {stage.state:<7}  {stage.stage:<{width}}  seeds {','.join(map(str, stage.seeds))}{arms}"
    if stage.adopted:
        yield f"             {stage.adopted}"
    yield from (f"             {cause.text}" for cause in stage.causes)


def _record(explanation: Explanation) -> Iterator[str]:
    recorded = explanation.recorded
    if recorded is None:
        yield f"Nothing is on record at scale {explanation.scale}{_only(explanation)}."
        return
    device = f" on {recorded.device}" if recorded.device != explanation.device else ""
    evidence = "" if recorded.evidence else ", without evidence"
    yield f"On record{device}: {recorded.verdict}, {_made(recorded)}{evidence}"
    if explanation.edits:
        yield "Changed in the code since:"
    yield from (f"  {edit.text}" for edit in explanation.edits)
    yield from (f"  {remark}" for remark in explanation.remarks)
    if not explanation.edits and not explanation.remarks:
        yield "Nothing changed since."


def _only(explanation: Explanation) -> str:
    """Say where the claim can be decided instead."""
    others = explanation.decidable
    return (
        ""
        if explanation.scale in others
        else f", at which it is not decidable (--scale {' or '.join(others)})"
    )


def _made(entry: Entry) -> str:
    made = entry.provenance
    return (
        f"{made.date} at {made.commit[:10]}"
        if made.commit
        else f"{made.date}, outside a repository"
    )
