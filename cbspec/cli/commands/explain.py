"""``cbspec explain``: whether what a claim stands on is current, and what made it stale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.link import link_line
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck
    from cbspec.explain import Explanation, StageState
    from cbspec.ledger import Entry


@click.command("explain")
@click.argument("claim", shell_complete=complete)
@results_options
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
    contents = []
    texts = []
    for cell in project.claims([claim], scale):
        recorded = project.ledger.expected(Key(cell.id, cell.scale, planner.numerics.device))
        explanation = explain(cell, standings, recorded)
        text = list(lines(explanation))
        if not cell.due and cell.scale in cell.decidable:
            text.insert(0, f"{cell.id} is not decidable at scale {project.scale(scale)}:")
        check = None
        if canaries:
            check = canaries.stored(cell)
            text += _canary(check)
        text += link_line(project, cell.id)
        contents.append({**msgspec.to_builtins(explanation), "canary": check})
        texts.append("\n".join(text))
    if as_json:
        echo_json(contents)
    else:
        echo("\n\n".join(texts))


def _canary(check: CanaryCheck | None) -> Iterator[str]:
    """Say what stored results tell of a claim's canary, every figure that differs on a line of its
    own.
    """
    if check is None:
        yield "Canary: not run with this code."
        return
    yield f"Canary: {check.text.removeprefix('canary ')}"
    for difference in check.differences:
        yield f"  {difference.text}"


def lines(explanation: Explanation) -> Iterator[str]:
    """Yield the explanation for a person, line by line."""
    yield f"{explanation.claim} at scale {explanation.scale} on {explanation.device}"
    width = 0
    arms: set[str] = set()
    for stage in explanation.stages:
        width = max(width, len(stage.stage))
        arms |= set(stage.arms)
    for stage in explanation.stages:
        yield from _stage(stage, width, everyone=arms)
    yield from _record(explanation)


def _stage(stage: StageState, width: int, everyone: set[str]) -> Iterator[str]:
    line = f"  {stage.state:<7}  {stage.stage:<{width}}  seeds {','.join(map(str, stage.seeds))}"
    if set(stage.arms) != everyone:
        line += f"  ({', '.join(stage.arms)})"
    yield line
    if stage.adopted:
        yield f"             {stage.adopted}"
    for cause in stage.causes:
        yield f"             {cause.text}"


def _record(explanation: Explanation) -> Iterator[str]:
    recorded = explanation.recorded
    if recorded is None:
        where = f"at scale {explanation.scale}"
        if explanation.scale not in explanation.decidable:
            others = " or ".join(explanation.decidable)
            where += f", at which it is not decidable (--scale {others})"
        yield f"Nothing is on record {where}."
        return
    place = "On record"
    if recorded.device != explanation.device:
        place += f" on {recorded.device}"
    evidence = "" if recorded.evidence else ", without evidence"
    yield f"{place}: {recorded.verdict}, {_made(recorded)}{evidence}"
    if explanation.edits:
        yield "Changed in the code since:"
    for edit in explanation.edits:
        yield f"  {edit.text}"
    for remark in explanation.remarks:
        yield f"  {remark}"
    if not explanation.edits and not explanation.remarks:
        yield "Nothing changed since."


def _made(entry: Entry) -> str:
    made = entry.provenance
    if not made.commit:
        return f"{made.date}, {made.place}"
    return f"{made.date} {made.place}"
