"""What a trial says of its mutant."""

from __future__ import annotations

from collections.abc import Collection

from cbspec.canary.teeth import Outcome, Tried
from cbspec.trials.mutant import Mutant
from cbspec.trials.trial import Arcs, Canary, Trial


def assessed(
    mutant: Mutant,
    trial: Trial,
    baseline: Canary,
    reaches: Collection[str],
    asked: Collection[str],
    judged: Collection[str],
) -> Tried:
    """Say what became of a mutant, beside the project as it is.

    Args:
        reaches: the claims whose code the definition belongs to, matrix cells apart.
        asked: those whose canary ran.
        judged: those whose verdict was computed.
    """
    noticed: list[str] = []
    if trial.canary:
        noticed = [claim for claim, state in trial.canary.states.items() if state != "equal"]
    return Tried(
        name=mutant.name,
        definition=mutant.definition,
        line=mutant.line,
        operator=mutant.operator,
        before=mutant.before,
        after=mutant.after,
        reaches=tuple(sorted(reaches)),
        outcome=_outcome(mutant, trial, baseline, noticed, everybody=set(reaches) <= set(asked)),
        asked=tuple(sorted(asked)),
        canary=tuple(sorted(noticed)),
        verdicts=trial.verdicts,
        judged=tuple(sorted(judged)),
        tests=trial.tests,
        ended=trial.ended,
        seconds=round(trial.seconds, 1),
    )


def _outcome(
    mutant: Mutant, trial: Trial, baseline: Canary, noticed: Collection[str], *, everybody: bool
) -> Outcome:
    if not baseline.executes(mutant):
        return "not executed"
    if trial.canary is None or noticed:
        return "noticed"
    if not everybody:
        return "open"
    changed = range(mutant.line, mutant.last + 1)
    before = baseline.arcs[mutant.path]
    same = all(
        values == baseline.values.get(claim) for claim, values in trial.canary.values.items()
    )
    if same and _around(before, trial.canary.arcs[mutant.path], changed):
        return "equivalent"
    return "missed"


def _around(before: Arcs, after: Arcs, changed: range) -> bool:
    """Tell whether the changed lines lead to the same lines, and are reached from the same."""
    near = {arc for arc in before if arc[0] in changed or arc[1] in changed}
    return near == {arc for arc in after if arc[0] in changed or arc[1] in changed}
