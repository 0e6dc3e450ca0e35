"""One effect as a strip: its interval beside the memo's value and the bound, on an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cbspec.kinds import Assertion
from cbspec.ledger import Entry, RecordedEffect
from cbspec.report.html.axis import Axis, axis_of
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.result import Sides

STRIP = (2, 116)  # where the axis of the small plot begins and ends, which is 120 wide

Bounds = Sides
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
        shaded: the range that the assertion claims for the effect.
        bounds: the ends of that range that lie on the axis.
        before: the recorded interval, if it differs.
    """

    ours: DrawnInterval | None
    memo: int | None
    zero: int | None
    shaded: tuple[int, int] | None
    bounds: tuple[int, ...]
    before: DrawnInterval | None = None

    @property
    def shapes(self) -> str:
        """Return what the script draws, in its order: ``"c150,388 b150 o328,348,368 m300"``.

        A letter tells the shape: claimed, zero, bounds, was, ours, memo.
        """
        zero = None if self.zero in self.bounds else self.zero
        shapes: dict[str, tuple[int, ...]] = {
            "c": self.shaded or (),
            "z": () if zero is None else (zero,),
            "b": self.bounds,
            "w": self.before or (),
            "o": self.ours or (),
            "m": () if self.memo is None else (self.memo,),
        }
        words = []
        for letter, places in shapes.items():
            if places:
                words.append(letter + ",".join(map(str, places)))
        return " ".join(words)


class ShownEffect(NamedTuple):
    """An effect, and everything else that its row shows.

    Attributes:
        was: the recorded effect, if it differs.
        bounds: the bounds that are claimed for it.
    """

    effect: RecordedEffect
    was: RecordedEffect | None
    bounds: Bounds
    decisive: bool = False
    control: bool = False
    tested: bool = False


def small_strip(entry: Entry, was: RecordedEffect | None = None) -> Strip | None:
    """Return the decisive effect on an axis of its own, for a row of the overview.

    Args:
        was: the recorded effect, if it differs.
    """
    effect = entry.decisive
    if effect is None:
        return None
    bounds = UNBOUNDED
    for asserted in entry.implicated:
        bounds = claimed_by(asserted.terms).get((effect.measure, effect.label), bounds)
    shown = ShownEffect(effect, was, bounds)
    axis = axis_over([shown], *STRIP)
    if axis.empty:
        return None
    return strip_on(shown, axis)


def claimed_by(terms: Assertion) -> Mapping[tuple[str, str], Bounds]:
    """Return (measure, label) -> the bounds that an assertion claims for an effect: for a sum, for the
    quotient that it is judged on where noise is a factor, and for what else its kind shows.
    """
    bounds = dict(bounds_of(terms))
    for contrast in terms.contrasts():
        quotient = contrast.on_logarithms()
        bounds.setdefault((quotient.measure, quotient.label), _ends_of(quotient))
    return {**terms.claimed(), **bounds}


def bounds_of(terms: Assertion) -> Mapping[tuple[str, str], Bounds]:
    """Return (measure, label) -> the bounds that an assertion claims for its sums; None on an open
    side.
    """
    bounds: dict[tuple[str, str], Bounds] = {}
    for contrast in terms.contrasts():
        bounds.setdefault((contrast.measure, contrast.label), _ends_of(contrast))
    return bounds


def _ends_of(contrast: Contrast) -> Bounds:
    low = _bound(contrast.low, logs=contrast.logs)
    return low, _bound(contrast.high, logs=contrast.logs)


def _bound(value: float, *, logs: bool) -> float | None:
    if not math.isfinite(value):
        return None
    if logs:
        return math.exp(value)
    return value + 0.0  # -0.0 would be written with its sign


def axis_over(shown: Iterable[ShownEffect], start: float, end: float) -> Axis:
    """Return an axis from `start` to `end` that holds effects, their bounds and recorded values."""
    values: list[float | None] = []
    for effect, was, bounds, *_ in shown:
        values += [effect.estimate, effect.low, effect.high, effect.reported, *bounds]
        if was:
            values += [was.estimate, was.low, was.high]
    return axis_of(values, start, end)


def strip_on(shown: ShownEffect, axis: Axis) -> Strip:
    """Return an effect as coordinates on an axis."""
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
