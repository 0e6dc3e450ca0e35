"""Turning the result of a trial into the recorded outcome of a mutant."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from cbspec.canary.teeth import Outcome, Tried
from cbspec.trials.baseline import Baseline
from cbspec.trials.mutant import Mutant
from cbspec.trials.trial import Arcs, Judged, Trial


def assessed(mutant: Mutant, trial: Trial, baseline: Baseline, reaches: Collection[str]) -> Tried:
    """Return the outcome of a mutant, by comparing its trial with the unchanged project.

    Args:
        reaches: the claims whose code contains the definition, without their matrix cells.
    """
    noticed = trial.canary.noticed if trial.canary else []
    return Tried(
        name=mutant.name,
        definition=mutant.definition,
        line=mutant.line,
        operator=mutant.operator,
        before=mutant.before,
        after=mutant.after,
        reaches=tuple(sorted(reaches)),
        outcome=_outcome(mutant, trial, baseline, reaches),
        asked=tuple(sorted(trial.asked)),
        canary=tuple(sorted(noticed)),
        ended=trial.ended,
        seconds=round(trial.seconds, 1),
    )


def with_judged(tried: Tried, judged: Judged) -> Tried:
    """Return a recorded outcome, completed by the results of verdicts and unit tests."""
    return msgspec.structs.replace(
        tried,
        verdicts=judged.verdicts,
        judged=tuple(sorted(judged.asked)),
        tests=judged.tests if judged.tests is not None else tried.tests,
        seconds=round(tried.seconds + judged.seconds, 1),
    )


def _outcome(mutant: Mutant, trial: Trial, baseline: Baseline, reaches: Collection[str]) -> Outcome:
    if not baseline.executes(mutant):
        return "not executed"
    canary = trial.canary
    if canary is None or canary.noticed:
        return "noticed"
    if not set(baseline.witnesses(mutant, reaches)) <= set(trial.asked):
        return "open"
    known = baseline.canary
    same = all(values == known.values.get(claim) for claim, values in canary.values.items())
    if same and _around(known.arcs[mutant.path], canary.arcs[mutant.path], mutant.lines):
        return "equivalent"
    return "missed"


def _around(before: Arcs, after: Arcs, changed: range) -> bool:
    """Tell whether the lines that run just before and after the changed ones are the same."""
    near = {arc for arc in before if arc[0] in changed or arc[1] in changed}
    return near == {arc for arc in after if arc[0] in changed or arc[1] in changed}
