"""The effects of a verdict: each interval beside the memo's value and the bound, on one axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cbspec.kinds import Assertion
from cbspec.ledger import Entry, RecordedAssertion, RecordedEffect
from cbspec.ledger.notation import interval, number, p_value
from cbspec.report.html.axis import Axis, Tick, axis_of

WIDTH = 400
MARGIN = 12
STRIP = (2, 118)  # where the small plot of an overview's row begins and ends

Bounds = tuple[float | None, float | None]
UNBOUNDED: Bounds = (None, None)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One interval as coordinates; None where there is nothing to draw.

    Attributes:
        low, high: ends of the interval; at an end of the axis where it has none.
        shaded: from where to where the assertion puts the effect.
        bounds: the ends of that which lie on the axis.
        before: the interval and estimate on record, where they are others.
    """

    estimate: int | None
    low: int | None
    high: int | None
    memo: int | None
    zero: int | None
    shaded: tuple[int, int] | None
    bounds: tuple[int, ...]
    before: tuple[int, int, int] | None = None


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
    def summary(self) -> str:
        """Return what the plot shows, in words."""
        lines = [f"{row.label}: {row.text}{_memo(row.memo)}" for row in self.rows]
        return f"{self.measure} in {self.unit or 'no unit'}. " + "; ".join(lines)


def groups_of(entry: Entry, before: Entry | None = None) -> list[EffectGroup]:
    """Return the effects of a verdict by measure, the one that decides first.

    Args:
        before: what was on record, whose intervals are drawn faintly beside it.
    """
    effects: dict[tuple[str, str], dict[str, tuple[RecordedAssertion, RecordedEffect]]] = {}
    for asserted in entry.recorded:
        for effect in asserted.effects:
            group = effects.setdefault((effect.measure, effect.unit), {})
            group.setdefault(effect.label, (asserted, effect))
    controls = {control.key for control in entry.controls}
    earlier = _by_name(before)
    decisive = entry.decisive
    groups = []
    for (measure, unit), members in effects.items():
        shown = []
        for asserted, effect in members.values():
            was = earlier.get((measure, effect.label))
            bounds = bounds_of(asserted.terms).get((measure, effect.label), UNBOUNDED)
            shown.append((effect, was, bounds, asserted))
        axis = _axis([(effect, was, bounds) for effect, was, bounds, _ in shown], MARGIN, WIDTH)
        rows = []
        for effect, was, bounds, asserted in shown:
            rows.append(
                _row(
                    effect,
                    was,
                    bounds,
                    axis,
                    decisive=effect == decisive,
                    control=asserted.key in controls,
                    tested=asserted.terms.tested,
                )
            )
        ticks = tuple(axis.ticks()) if axis else ()
        groups.append(EffectGroup(measure=measure, unit=unit, rows=tuple(rows), ticks=ticks))
    return sorted(groups, key=lambda group: not any(row.decisive for row in group.rows))


def small_strip(entry: Entry) -> Strip | None:
    """Return the decisive effect on an axis of its own, for a row of the overview."""
    effect = entry.decisive
    if effect is None:
        return None
    bounds = UNBOUNDED
    for asserted in entry.implicated:
        bounds = bounds_of(asserted.terms).get((effect.measure, effect.label), bounds)
    axis = _axis([(effect, None, bounds)], *STRIP)
    return _strip(effect, None, bounds, axis) if axis else None


def bounds_of(terms: Assertion) -> Mapping[tuple[str, str], Bounds]:
    """Return (measure, label) -> between what an assertion puts that sum; None where it is open."""
    bounds: dict[tuple[str, str], Bounds] = {}
    for contrast in terms.contrasts():
        ends = [_bound(end, logs=contrast.logs) for end in (contrast.low, contrast.high)]
        bounds.setdefault((contrast.measure, contrast.label), (ends[0], ends[1]))
    return bounds


def _bound(value: float, *, logs: bool) -> float | None:
    if not math.isfinite(value):
        return None
    return math.exp(value) if logs else value + 0.0


def _by_name(entry: Entry | None) -> dict[tuple[str, str], RecordedEffect]:
    effects: dict[tuple[str, str], RecordedEffect] = {}
    for asserted in entry.recorded if entry else ():
        for effect in asserted.effects:
            effects.setdefault((effect.measure, effect.label), effect)
    return effects


def _axis(
    effects: Iterable[tuple[RecordedEffect, RecordedEffect | None, Bounds]],
    start: float,
    end: float,
) -> Axis | None:
    values: list[float | None] = []
    for effect, was, bounds in effects:
        values += [effect.estimate, effect.low, effect.high, effect.reported, *bounds]
        if was:
            values += [was.estimate, was.low, was.high]
    return axis_of(values, start, end - start)


def _row(
    effect: RecordedEffect,
    was: RecordedEffect | None,
    bounds: Bounds,
    axis: Axis | None,
    *,
    decisive: bool,
    control: bool,
    tested: bool,
) -> EffectRow:
    moved = was is not None and interval(was) != interval(effect)
    strip = EMPTY
    if axis:
        strip = _strip(effect, was if moved else None, bounds, axis)
    return EffectRow(
        label=effect.label,
        text=interval(effect),
        memo="" if effect.reported is None else number(effect.reported),
        asserted=_asserted(bounds),
        p=p_value(effect.p) if tested and effect.p is not None else "",
        n=effect.n,
        decisive=decisive,
        control=control,
        strip=strip,
        before=interval(was) if was is not None and moved else "",
    )


def _strip(effect: RecordedEffect, was: RecordedEffect | None, bounds: Bounds, axis: Axis) -> Strip:
    low, high = bounds
    shaded = None
    if bounds != UNBOUNDED:
        shaded = (
            _end(low, axis.start, axis),
            _end(high, axis.end, axis),
        )
    drawn = effect.estimate is not None
    return Strip(
        estimate=None if effect.estimate is None else _at(axis, effect.estimate),
        low=_end(effect.low, axis.start, axis) if drawn else None,
        high=_end(effect.high, axis.end, axis) if drawn else None,
        memo=None if effect.reported is None else _at(axis, effect.reported),
        zero=_at(axis, 0.0) if axis.holds(0.0) else None,
        shaded=shaded,
        bounds=tuple(_at(axis, bound) for bound in bounds if bound is not None),
        before=_before(was, axis),
    )


def _at(axis: Axis, value: float) -> int:
    """Return a coordinate without a fraction: strips are many, and their marks wider than that."""
    return round(axis.at(value))


def _end(value: float | None, otherwise: float, axis: Axis) -> int:
    return round(otherwise) if value is None else _at(axis, value)


def _before(was: RecordedEffect | None, axis: Axis) -> tuple[int, int, int] | None:
    if was is None or was.estimate is None:
        return None
    ends = _end(was.low, axis.start, axis), _end(was.high, axis.end, axis)
    return ends[0], _at(axis, was.estimate), ends[1]


def _asserted(bounds: Bounds) -> str:
    low, high = bounds
    if low is not None and high is not None:
        return f"between {number(low)} and {number(high)}"
    if low is not None:
        return f"above {number(low)}"
    return "" if high is None else f"below {number(high)}"


def _memo(memo: str) -> str:
    return f", memo {memo}" if memo else ""


EMPTY = Strip(estimate=None, low=None, high=None, memo=None, zero=None, shaded=None, bounds=())
