"""The cells of the replication table, each one line of Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cbspec.claim import Claim, Status
from cbspec.ledger.notation import interval, number
from cbspec.model.finding import Verdict
from cbspec.publication.effects import Compared, compared
from cbspec.publication.row import Row, ScaleOutcome
from cbspec.report.template import escaped

COLUMNS = (
    "finding",
    "status",
    "memo → ours [95 % interval]",
    "verdict",
    "agrees",
    "where they differ, and the likely reason",
)
STATUS: Mapping[Status, str] = {
    "active": "active",
    "retracted": "retracted",
    "open-question": "open",
}
MOST = 6  # lines of figures that stand openly; of more, all but the first are folded away

CONFIDENCE = 0.95  # of the intervals in the column that says so; another one is named

_BREAK = "<br>"
_FOLD, _UNFOLD = "<details>", "</details>"


def cells(row: Row, folder: Path, drawings: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a finding, by `COLUMNS`.

    Args:
        folder: where the page stands.
        drawings: the links to the finding's own.
    """
    return (
        _finding(row, folder, drawings),
        _status(row.head),
        _figures(row),
        _verdicts(row),
        _agrees(row),
        _discussion(row),
    )


def link(path: Path, folder: Path) -> str:
    """Return `path` as seen from `folder`."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _finding(row: Row, folder: Path, drawings: Sequence[str]) -> str:
    (head, claim), *others = row.files.items()
    lines = [f"**[{escaped(head)}]({link(claim.path, folder)})** {escaped(claim.title)}"]
    lines += [f"and [{escaped(other)}]({link(claim.path, folder)})" for other, claim in others]
    return _BREAK.join([*lines, *drawings])


def _status(claim: Claim) -> str:
    if claim.retracted_by:
        return f"retracted by {', '.join(claim.retracted_by)}"
    return f"revises {', '.join(claim.revises)}" if claim.revises else STATUS[claim.status]


def _figures(row: Row) -> str:
    """Return what was measured, the memo's number before ours; before anything is on record, the
    memo's numbers as it reports them.
    """
    recorded = [outcome for outcome in row.outcomes if outcome.entries]
    named = len({outcome.scale for outcome in recorded}) > 1
    ours = [
        _again(row, outcome) or _folded(list(_effects(row, outcome, named=named)))
        for outcome in recorded
    ]
    effects = []
    for outcome in recorded:
        for entry in outcome.entries:
            effects += [shown.effect for shown in compared(entry)]
    beside = any(effect.reported is not None for effect in effects)
    lines = _BREAK.join(line for line in (*([] if beside else _reported(row)), *ours) if line)
    # A fold is a line of its own anyway
    return lines.replace(f"{_BREAK}{_FOLD}", _FOLD).replace(f"{_UNFOLD}{_BREAK}", _UNFOLD)


def _reported(row: Row) -> list[str]:
    """Return the memo's numbers; if a claim has none, what it says of them."""
    lines = []
    for source in (claim.source for claim in row.files.values()):
        for measure, values in source.figures.items():
            lines.append(
                f"memo, {measure}: "
                + ", ".join(f"{arm} {number(value)}" for arm, value in values.items())
            )
        if source.note and not source.figures:
            lines.append(f"memo: {source.note}")
    return [escaped(line) for line in lines or ["memo: no figures"]]


def _effects(row: Row, outcome: ScaleOutcome, *, named: bool) -> Iterator[str]:
    """Yield a line for each effect; `named`: with the scale, since others follow."""
    place = f"*{outcome.place}* " if named else ""
    for entry in outcome.entries:
        cell = f"{escaped(row.cell(entry.claim))}: " if outcome.several else ""
        yield from (
            f"{place}{cell}{_effect(compared_effect)}" for compared_effect in compared(entry)
        )


def _effect(compared_effect: Compared) -> str:
    effect = compared_effect.effect
    memo = "" if effect.reported is None else f"{number(effect.reported)} → "
    sure = "" if effect.confidence == CONFIDENCE else f" ({100 * effect.confidence:.3g} %)"
    text = escaped(f"{effect.label} of {effect.measure}: {memo}{interval(effect)}{sure}")
    return f"{text} *other sign*" if compared_effect.opposite else text


def _again(row: Row, outcome: ScaleOutcome) -> str:
    """Return all numbers of a device family folded away, if another one's stand openly at the same
    scale.
    """
    lines = list(_effects(row, outcome, named=False))
    return (
        "" if _first(row, outcome) is outcome or not lines else _fold(escaped(outcome.place), lines)
    )


def _folded(lines: Sequence[str]) -> str:
    if len(lines) <= MOST:
        return _BREAK.join(lines)
    first, *more = lines
    return first + _fold(f"{len(more)} more", more)


def _fold(summary: str, lines: Sequence[str]) -> str:
    return f"{_FOLD}<summary>{summary}</summary>{_BREAK.join(lines)}{_UNFOLD}"


def _verdicts(row: Row) -> str:
    if not row.recorded:
        return f"not run yet (decidable at: {', '.join(outcome.scale for outcome in row.outcomes)})"
    return _BREAK.join(_verdict(row, outcome) for outcome in row.outcomes)


def _verdict(row: Row, outcome: ScaleOutcome) -> str:
    if not outcome.entries:
        return f"not run yet at {outcome.scale}"
    seeds = sorted({len(entry.seeds) for entry in outcome.entries})
    marks = [
        f"{' to '.join(map(str, {seeds[0]: 0, seeds[-1]: 0}))} seed{'' if seeds == [1] else 's'}"
    ]
    marks += ["fragile"] * outcome.fragile
    marks += outcome.decided
    marks += ["on adopted results"] * outcome.adopted
    marks += ["the claim was edited since"] * bool(outcome.edited)
    text = f"**{outcome.verdict or 'not complete'}** at {outcome.place} ({', '.join(marks)})"
    if outcome.several:
        text += f": {_by_verdict(row, outcome)}"
    elif outcome.verdict in ("invalid", "error"):
        text += f": {escaped(outcome.entries[0].reason)}"
    return text


def _by_verdict(row: Row, outcome: ScaleOutcome) -> str:
    """Return which claims of the finding have which verdict."""
    groups: dict[Verdict | str, list[str]] = {}
    for entry in outcome.entries:
        groups.setdefault(entry.verdict, []).append(row.cell(entry.claim))
    if outcome.missing:
        groups["not run yet"] = [row.cell(claim) for claim in outcome.missing]
    return escaped(
        "; ".join(f"{verdict} {', '.join(members)}" for verdict, members in groups.items())
    )


def _agrees(row: Row) -> str:
    """Return the agreement at each scale, with the device family if another one disagrees."""
    firsts = [(outcome, _first(row, outcome)) for outcome in row.outcomes if outcome.agrees]
    shown = [
        outcome for outcome, first in firsts if outcome is first or outcome.agrees != first.agrees
    ]
    if len(shown) == 1:
        return shown[0].agrees
    return _BREAK.join(f"{outcome.place}: {outcome.agrees}" for outcome in shown)


def _first(row: Row, outcome: ScaleOutcome) -> ScaleOutcome:
    """Return the outcome of the device family that stands first at the same scale."""
    return next(candidate for candidate in row.outcomes if candidate.scale == outcome.scale)


def _discussion(row: Row) -> str:
    return _BREAK.join(
        escaped(claim.discussion) for claim in row.files.values() if claim.discussion
    )
