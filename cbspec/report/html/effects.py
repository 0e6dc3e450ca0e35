"""The effects of a verdict: each interval beside the memo's value and the bound, on one axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from cbspec.kinds import Assertion
from cbspec.ledger import Entry, RecordedEffect
from cbspec.ledger.notation import interval, number, number_or_blank, p_value
from cbspec.report.html.axis import Axis, Tick, axis_of

WIDTH = 400
MARGIN = 12
STRIP = (2, 118)  # where the small plot of an overview's row begins and ends

Bounds = tuple[float | None, float | None]
UNBOUNDED: Bounds = (None, None)


class DrawnInterval(NamedTuple):
    """An estimate and the ends of its interval as coordinates; an open side ends with the axis."""

    low: int
    estimate: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One effect as coordinates; None where there is nothing to draw.

    Attributes:
        shaded: from where to where the assertion puts the effect.
        bounds: the ends of that which lie on the axis.
        before: the interval on record, where it is another one.
    """

    ours: DrawnInterval | None
    memo: int | None
    zero: int | None
    shaded: tuple[int, int] | None
    bounds: tuple[int, ...]
    before: DrawnInterval | None = None


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
        """Tell whether the effect that decided is among them."""
        return any(row.decisive for row in self.rows)

    @property
    def summary(self) -> str:
        """Return what the plot shows, in words."""
        lines = []
        for row in self.rows:
            memo = f", memo {row.memo}" if row.memo else ""
            lines.append(f"{row.label}: {row.text}{memo}")
        return f"{self.measure} in {self.unit or 'no unit'}. " + "; ".join(lines)


class ShownEffect(NamedTuple):
    """An effect with all that a row of it shows.

    Attributes:
        was: the same effect as recorded, where it was another one.
        bounds: between what it is claimed to be.
    """

    effect: RecordedEffect
    was: RecordedEffect | None
    bounds: Bounds
    decisive: bool = False
    control: bool = False
    tested: bool = False


def groups_of(entry: Entry, before: Entry | None = None) -> list[EffectGroup]:
    """Return the effects of a verdict by measure, the one that decides first.

    Args:
        before: what was on record, whose intervals are drawn faintly beside it.
    """
    earlier = _by_name(before)
    controls = set(map(attrgetter("key"), entry.controls))
    measures: dict[tuple[str, str], dict[str, ShownEffect]] = {}
    for asserted in entry.recorded:
        bounds = bounds_of(asserted.terms)
        for effect in asserted.effects:
            name = effect.measure, effect.label
            members = measures.setdefault((effect.measure, effect.unit), {})
            members.setdefault(
                effect.label,
                ShownEffect(
                    effect=effect,
                    was=_moved(earlier.get(name), effect),
                    bounds=bounds.get(name, UNBOUNDED),
                    decisive=effect == entry.decisive,
                    control=asserted.key in controls,
                    tested=asserted.terms.tested,
                ),
            )
    groups = []
    for (measure, unit), members in measures.items():
        shown = list(members.values())
        axis = _axis(shown, MARGIN, WIDTH)
        rows = tuple(_row(effect, axis) for effect in shown)
        ticks = tuple(axis.ticks())
        groups.append(EffectGroup(measure=measure, unit=unit, rows=rows, ticks=ticks))
    return sorted(groups, key=attrgetter("decisive"), reverse=True)


def small_strip(entry: Entry) -> Strip | None:
    """Return the decisive effect on an axis of its own, for a row of the overview."""
    effect = entry.decisive
    if effect is None:
        return None
    bounds = UNBOUNDED
    for asserted in entry.implicated:
        bounds = bounds_of(asserted.terms).get((effect.measure, effect.label), bounds)
    shown = ShownEffect(effect, None, bounds)
    axis = _axis([shown], *STRIP)
    if axis.empty:
        return None
    return _strip(shown, axis)


def bounds_of(terms: Assertion) -> Mapping[tuple[str, str], Bounds]:
    """Return (measure, label) -> between what an assertion puts that sum; None where it is open."""
    bounds: dict[tuple[str, str], Bounds] = {}
    for contrast in terms.contrasts():
        low = _bound(contrast.low, logs=contrast.logs)
        high = _bound(contrast.high, logs=contrast.logs)
        bounds.setdefault((contrast.measure, contrast.label), (low, high))
    return bounds


def _bound(value: float, *, logs: bool) -> float | None:
    if not math.isfinite(value):
        return None
    if logs:
        return math.exp(value)
    return value + 0.0  # -0.0 would be written with its sign


def _by_name(entry: Entry | None) -> dict[tuple[str, str], RecordedEffect]:
    effects: dict[tuple[str, str], RecordedEffect] = {}
    if entry is None:
        return effects
    for asserted in entry.recorded:
        for effect in asserted.effects:
            effects.setdefault((effect.measure, effect.label), effect)
    return effects


def _moved(was: RecordedEffect | None, effect: RecordedEffect) -> RecordedEffect | None:
    """Return the recorded effect where it reads differently from the new one."""
    if was is None or interval(was) == interval(effect):
        return None
    return was


def _axis(shown: Iterable[ShownEffect], start: float, end: float) -> Axis:
    values: list[float | None] = []
    for effect, was, bounds, *_ in shown:
        values += [effect.estimate, effect.low, effect.high, effect.reported, *bounds]
        if was:
            values += [was.estimate, was.low, was.high]
    return axis_of(values, start, end - start)


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
        strip=_strip(shown, axis),
        before=interval(was) if was else "",
    )


def _strip(shown: ShownEffect, axis: Axis) -> Strip:
    # An open side of a claim is shaded to the end of the axis
    shaded = None
    if shown.bounds != UNBOUNDED:
        shaded = _ends(*shown.bounds, axis)
    bounds = []
    for bound in shown.bounds:
        if bound is not None:
            bounds.append(round(axis.at(bound)))
    return Strip(
        ours=_drawn(shown.effect, axis),
        memo=_at(axis, shown.effect.reported),
        zero=_at(axis, 0.0) if axis.holds(0.0) else None,
        shaded=shaded,
        bounds=tuple(bounds),
        before=_drawn(shown.was, axis) if shown.was else None,
    )


def _drawn(effect: RecordedEffect, axis: Axis) -> DrawnInterval | None:
    estimate = _at(axis, effect.estimate)
    if estimate is None:
        return None
    low, high = _ends(effect.low, effect.high, axis)
    return DrawnInterval(low, estimate, high)


def _at(axis: Axis, value: float | None) -> int | None:
    """Return a coordinate without a fraction: strips are many, and their marks wider than that."""
    at = axis.place(value)
    if at is None:
        return None
    return round(at)


def _ends(low: float | None, high: float | None, axis: Axis) -> tuple[int, int]:
    """Return where a range lies; a side without an end reaches that of the axis."""
    start = axis.start if low is None else axis.at(low)
    end = axis.end if high is None else axis.at(high)
    return round(start), round(end)


def _asserted(bounds: Bounds) -> str:
    low, high = bounds
    if low is not None and high is not None:
        return f"between {number(low)} and {number(high)}"
    if low is not None:
        return f"above {number(low)}"
    if high is not None:
        return f"below {number(high)}"
    return ""
