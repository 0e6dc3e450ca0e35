"""The effects of a verdict by measure: each in numbers and as a strip."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from cbspec.ledger import Entry, RecordedEffect
from cbspec.ledger.notation import interval, number, number_or_blank
from cbspec.model.finding import p_value
from cbspec.report.html.axis import Axis, Tick
from cbspec.report.html.strip import (
    UNBOUNDED,
    Bounds,
    ShownEffect,
    Strip,
    axis_over,
    claimed_by,
    strip_on,
)

WIDTH = 400
MARGIN = 12


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """One effect in numbers and as a strip."""

    label: str
    text: str
    memo: str
    asserted: str
    p: str
    n: int
    decisive: bool
    control: bool
    strip: Strip
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class EffectGroup:
    """The effects of one measure and unit, which share an axis."""

    measure: str
    unit: str
    rows: tuple[EffectRow, ...]
    ticks: tuple[Tick, ...]

    @property
    def decisive(self) -> bool:
        """Tell whether the deciding effect is in this group."""
        return any(row.decisive for row in self.rows)

    @property
    def summary(self) -> str:
        """Return what the plot shows, in words."""
        lines = []
        for row in self.rows:
            memo = f", memo {row.memo}" if row.memo else ""
            lines.append(f"{row.label}: {row.text}{memo}")
        return f"{self.measure} in {self.unit or 'no unit'}. " + "; ".join(lines)


def groups_of(entry: Entry, before: Entry | None = None) -> list[EffectGroup]:
    """Return the effects of a verdict by measure, the one that decides first.

    Args:
        before: what was on record, whose intervals are drawn faintly beside it.
    """
    groups = []
    for (measure, unit), members in _shown(entry, before).items():
        shown = list(members.values())
        axis = axis_over(shown, MARGIN, WIDTH - MARGIN)
        rows = tuple(_row(effect, axis) for effect in shown)
        ticks = tuple(Tick(round(at), text) for at, text in axis.ticks())
        groups.append(EffectGroup(measure=measure, unit=unit, rows=rows, ticks=ticks))
    return sorted(groups, key=attrgetter("decisive"), reverse=True)


def _shown(entry: Entry, before: Entry | None) -> dict[tuple[str, str], dict[str, ShownEffect]]:
    """Return (measure, unit) -> label -> effect, each once."""
    earlier = effects_by_name(before)
    controls = set(map(attrgetter("key"), entry.controls))
    measures: dict[tuple[str, str], dict[str, ShownEffect]] = {}
    for asserted in entry.recorded:
        bounds = claimed_by(asserted.terms)
        for effect in asserted.effects:
            name = effect.measure, effect.label
            members = measures.setdefault((effect.measure, effect.unit), {})
            members.setdefault(
                effect.label,
                ShownEffect(
                    effect=effect,
                    was=moved_from(earlier.get(name), effect),
                    bounds=bounds.get(name, UNBOUNDED),
                    decisive=effect == entry.decisive,
                    control=asserted.key in controls,
                    # What p a refuted assertion would hold by is beside the point; its reason has
                    # that of the test that refuted
                    tested=asserted.terms.tested and asserted.verdict != "refuted",
                ),
            )
    return measures


def effects_by_name(entry: Entry | None) -> dict[tuple[str, str], RecordedEffect]:
    """Return (measure, label) -> effect, for every effect of a verdict; empty without a verdict."""
    effects: dict[tuple[str, str], RecordedEffect] = {}
    if entry is None:
        return effects
    for effect in entry.effects:
        effects.setdefault((effect.measure, effect.label), effect)
    return effects


def moved_from(was: RecordedEffect | None, effect: RecordedEffect) -> RecordedEffect | None:
    """Return the recorded effect if it is printed differently from the new one; else None."""
    if was is None or interval(was) == interval(effect):
        return None
    return was


def _row(shown: ShownEffect, axis: Axis) -> EffectRow:
    effect, was = shown.effect, shown.was
    return EffectRow(
        label=effect.label,
        text=interval(effect),
        memo=number_or_blank(effect.reported),
        asserted=_asserted(shown.bounds),
        p=p_value(effect.p) if shown.tested and effect.p is not None else "",
        n=effect.n,
        decisive=shown.decisive,
        control=shown.control,
        strip=strip_on(shown, axis),
        before=interval(was) if was else "",
    )


def _asserted(bounds: Bounds) -> str:
    low, high = bounds
    if low is not None and high is not None:
        return f"between {number(low)} and {number(high)}"
    if low is not None:
        return f"above {number(low)}"
    if high is not None:
        return f"below {number(high)}"
    return ""
