"""One panel of a drawing: one measure along x, with a curve for each method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from cbspec.kinds.figure import Figure, method
from cbspec.publication.figures import DrawnPoint, FigureTable, X

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Interval = tuple[float, float]

INK, FAINT = "#333333", "#999999"
DASHES = ("-", "--", ":", "-.")  # line styles for several curves of one method
ACROSS = (0, (4, 3))  # the line style of horizontal lines
BESIDE = 0.018  # the distance of points at the same number, as a share of the panel's width
APART = 0.12  # the same for points at a word, as a share of the distance between two words


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The content of one panel.

    Attributes:
        ticks: the values of x in all panels that share the axis.
        limits: the limits of the vertical axis, the same in all panels of the measure.
    """

    figure: Figure
    measure: str
    points: tuple[DrawnPoint, ...]
    ticks: tuple[X, ...]
    limits: Interval

    @cached_property
    def at(self) -> dict[X, float]:
        """Return the position of each value of x: numbers as they are, words at equal distances."""
        places: Iterable[X] = range(len(self.ticks))
        if isinstance(self.figure.x, str):
            places = self.ticks
        return dict(zip(self.ticks, map(float, places), strict=True))

    @property
    def spacing(self) -> tuple[float, float]:
        """Return the distance of the curves, so that no bar hides another, and the margins."""
        if not joined(self.figure):
            return APART, 0.5
        width = (max(self.at.values()) - min(self.at.values())) or 1.0
        return BESIDE * width, 0.08 * width


def of(table: FigureTable, measure: str, heading: str, facet: str) -> Panel | None:
    """Return the panel of a measure, heading and facet; None if it has no points."""
    for figure in table.figures:
        if measure in figure.axes and figure.title == heading:
            break
    else:
        return None
    points: list[DrawnPoint] = []
    ticks: dict[X, None] = {}
    for point in table.points:
        if (point.measure, point.heading) == (measure, heading):
            ticks[point.x] = None
            if point.facet == facet:
                points.append(point)
    if not points:
        return None
    return Panel(
        figure=figure,
        measure=measure,
        points=tuple(points),
        ticks=tuple(sorted(ticks, key=float) if isinstance(figure.x, str) else ticks),
        limits=_limits(table, measure),
    )


def draw(axes: Axes, panel: Panel, colours: Mapping[str, str]) -> None:
    """Draw the horizontal lines, and the curves, each a little beside the others."""
    for value in panel.figure.lines.get(panel.measure, {}).values():
        axes.axhline(value, color=FAINT, linewidth=1.0, linestyle=ACROSS, zorder=1)
    curves = list(dict.fromkeys(panel.figure.curves()))
    middle = (len(curves) - 1) / 2
    step, margin = panel.spacing
    for index, curve in enumerate(curves):
        style = {"color": colours[method(curve)], "linestyle": "none"}
        if joined(panel.figure):
            style["linestyle"] = dash(curve, curves)
        _curve(axes, panel, curve, (index - middle) * step, **style)
    left, right = min(panel.at.values()), max(panel.at.values())
    axes.set_xlim(left - margin, right + margin)
    axes.set_ylim(*panel.limits)


def _curve(
    axes: Axes, panel: Panel, curve: str, offset: float, *, color: str, linestyle: str
) -> None:
    """Draw the points of a curve that have a value, their intervals, and the memo's values."""
    at: list[float] = []
    values: list[tuple[float | None, ...]] = []
    for point in panel.points:
        if point.curve == curve and point.mean is not None:
            at.append(panel.at[point.x] + offset)
            values.append((point.mean, point.low, point.high, point.memo))
    # As numbers, None is NaN, which is not drawn
    mean, low, high, memo = np.array(values, dtype=float).reshape(-1, 4).T
    axes.plot(at, mean, "o", color=color, linestyle=linestyle, markersize=4, linewidth=1.4)
    axes.vlines(at, low, high, color=color, alpha=0.45, linewidth=1.2)
    axes.plot(at, memo, "D", markersize=6, markerfacecolor="none", markeredgecolor=color, zorder=4)


def label(axes: Axes, panel: Panel, *, left: bool, bottom: bool) -> None:
    """Draw ticks and labels, without those that a panel further left or below shows."""
    axes.set_xticks(list(panel.at.values()), map(_text, panel.ticks))
    axes.tick_params(labelleft=left, labelbottom=bottom)
    if left:
        unit, measure = panel.points[0].unit, _words(panel.measure)
        if unit not in measure:
            measure = f"{measure} ({unit})"
        axes.set_ylabel(measure)
    if bottom and isinstance(panel.figure.x, str):
        axes.set_xlabel(_words(panel.figure.x))


def legend(table: FigureTable, colours: Mapping[str, str]) -> list[Line2D]:
    """Return the entries of the legend: curves, the memo's values, and horizontal lines."""
    along = any(map(joined, table.figures))
    dot: dict[str, Any] = {"marker": "o", "markersize": 4}
    diamond: dict[str, Any] = {"marker": "D", "markersize": 6, "markerfacecolor": "none"}
    handles = []
    for curve in table.curves:
        dot["linestyle"] = "none"
        if along:
            dot["linestyle"] = dash(curve, table.curves)
        handles.append(_handle(curve, color=colours[method(curve)], **dot))
    if any(point.memo is not None for point in table.points):
        handles.append(_handle("memo", color=INK, linestyle="none", **diamond))
    lines: dict[str, None] = {}
    for figure in table.figures:
        for by_name in figure.lines.values():
            lines |= dict.fromkeys(by_name)
    for name in lines:
        handles.append(_handle(name, color=FAINT, linewidth=1.0, linestyle=ACROSS))
    return handles


def joined(figure: Figure) -> bool:
    """Tell whether to join the points of a curve, which is done if x has numbers."""
    return isinstance(figure.x, str) or (figure.x is not None and not isinstance(figure.x[0], str))


def dash(curve: str, curves: Sequence[str]) -> str:
    """Return the line style that distinguishes a curve from others of its method."""
    alike = [other for other in curves if method(other) == method(curve)]
    return DASHES[alike.index(curve) % len(DASHES)]


def _limits(table: FigureTable, measure: str) -> Interval:
    """Return the limits of the vertical axis that show all points, intervals and lines."""
    lows: list[float] = []
    highs: list[float] = []
    drawn: list[float | None] = []
    for figure in table.figures:
        if measure in figure.axes:
            low, high = figure.axes[measure]
            lows.append(low)
            highs.append(high)
            drawn += figure.lines.get(measure, {}).values()
    for point in table.points:
        if point.measure == measure:
            drawn += (point.mean, point.low, point.high, point.memo)
    known = [value for value in drawn if value is not None]
    low, high = min(lows), max(highs)
    bottom, top = max(min(known, default=low), low), min(max(known, default=high), high)
    margin = 0.06 * (top - bottom or 1.0)
    return bottom - margin, top + margin


def _handle(name: str, **style: Any) -> Line2D:
    return Line2D([], [], label=name, **style)


def _text(x: X) -> str:
    if isinstance(x, str):
        return x
    return f"{x:g}"


def _words(name: str) -> str:
    return name.replace("_", " ")
