"""Checking the points of runs: none lies beyond the end, or before the run that is continued."""

from __future__ import annotations

from cbspec.language.conform import by_name
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Node
from cbspec.stage import Call, Parameters, Stage
from cbspec.stage.declaration import field_of


def check_end(node: Node, stage: Stage, parameters: Parameters, mistakes: Diagnostics) -> None:
    """Check that a point does not lie beyond the end of its run, where no schedule is defined."""
    if stage.progress is None or stage.length is None:
        return
    point = getattr(parameters, field_of(parameters, stage.progress))
    end = getattr(parameters, field_of(parameters, stage.length))
    if point > end:
        where = f"beyond the end of the run, {stage.length} {end}"
        other = node.entries.get(stage.length, node.entries[stage.progress])
        _misplaced(node, stage.progress, point, other, where, mistakes)


def check_beginning(node: Node, call: Call, mistakes: Diagnostics) -> None:
    """Check that a point does not lie before that of the run which this one continues.

    Without the check, the mistake would show only after that run was computed.
    """
    continued, progress = call.stage.continues, call.stage.progress
    if continued is None or progress is None:
        return
    origin = call.inputs[continued]
    if call.point < origin.point:
        begins = f"{continued} at {origin.stage.progress} {origin.point}"
        where = f"before the {begins} that the run goes on from"
        other = node.entries.get(continued, node)  # the call itself, if it inherits the input
        _misplaced(node, progress, call.point, other, where, mistakes)


def _misplaced(
    node: Node, progress: str, point: int, other: Node, where: str, mistakes: Diagnostics
) -> None:
    """Note that a point contradicts another value, at the one that is in the call's own file."""
    written = node.entries[progress]
    for place in (written, other):
        if place.document is node.document:
            break
    else:
        place = written
    mistakes.add(place, f"{progress} {point}{by_name(written)} lies {where}")
