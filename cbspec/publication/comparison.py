"""The column of the replication table that compares the memo's values with ours, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from markupsafe import Markup

from cbspec.claim import Source
from cbspec.ledger.notation import interval, number
from cbspec.publication.effects import Compared
from cbspec.publication.outcome import ScaleOutcome
from cbspec.publication.row import FindingRow
from cbspec.report.template import escaped

MOST = 6  # lines of effects that are shown; if there are more, all but the first are folded
CONFIDENCE = 0.95  # of the intervals, as the heading says; any other is named beside its interval

BREAK = "<br>"
_FOLD, _UNFOLD = "<details>", "</details>"


def memo_and_ours(row: FindingRow) -> Markup:
    """Return the effects of a finding, each with the memo's value before ours.

    If nothing is recorded, or the memo has no values of these effects, the memo's own values are
    listed.
    """
    recorded = list(filter(attrgetter("entries"), row.outcomes))
    blocks: list[str] = []
    if not any(map(attrgetter("reported"), recorded)):
        blocks += map(escaped, _memo(row))
    for outcome in recorded:
        lines = list(_effects(row, outcome))
        if outcome is not row.first_at(outcome.scale):
            blocks.append(_folded(escaped(outcome.place), lines))
        elif len(recorded) > 1:
            named = list(map(f"*{outcome.place}* {{}}".format, lines))
            blocks.append(_shown(named))
        else:
            blocks.append(_shown(lines))
    # HTML begins a new line at a fold by itself, so no break is needed beside it
    text = BREAK.join(filter(None, blocks))
    text = text.replace(f"{BREAK}{_FOLD}", _FOLD).replace(f"{_UNFOLD}{BREAK}", _UNFOLD)
    return Markup(text)


def _memo(row: FindingRow) -> list[str]:
    """Return the memo's values, or the note of a claim that has none."""
    lines: list[str] = []
    for claim in row.files.values():
        lines += _reported(claim.source)
    return lines or ["memo: no figures"]


def _reported(source: Source) -> Iterator[str]:
    for measure, by_arm in source.reported.items():
        values = ", ".join(f"{arm} {number(value)}" for arm, value in by_arm.items())
        yield f"memo, {measure}: {values}"
    if source.note and not source.reported:
        yield f"memo: {source.note}"


def _effects(row: FindingRow, outcome: ScaleOutcome) -> Iterator[str]:
    """Yield a line for each effect, with its claim if the finding has several."""
    for claim, effects in outcome.effects:
        for effect in effects:
            line = _effect(effect)
            yield f"{escaped(row.short(claim))}: {line}" if outcome.several else line


def _effect(compared: Compared) -> str:
    effect = compared.effect
    text = f"{effect.label} of {effect.measure}: "
    if effect.reported is not None:
        text += f"{number(effect.reported)} → "
    text += interval(effect)
    if effect.confidence != CONFIDENCE and not effect.printed:
        text += f" ({100 * effect.confidence:.3g} %)"
    return f"{escaped(text)}{' *other sign*' * compared.opposite}"


def _shown(lines: Sequence[str]) -> str:
    if len(lines) <= MOST:
        return BREAK.join(lines)
    first, *more = lines
    return first + _folded(f"{len(more)} more", more)


def _folded(summary: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"{_FOLD}<summary>{summary}</summary>{BREAK.join(lines)}{_UNFOLD}"
