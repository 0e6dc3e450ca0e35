"""One panel of a drawing: the points of one measure along x, one curve for each method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from cbspec.kinds.figure import Figure, method
from cbspec.publication.figures import DrawnPoint, Table, X

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT = "#333333", "#999999"
DASHES = ("-", "--", ":", "-.")  # curves of one method
ACROSS = (0, (4, 3))  # lines that are no curve
BESIDE = 0.018  # of the panel's width, between points at one number
APART = 0.12  # of the distance between two words, likewise


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What is drawn in one panel.

    Attributes:
        ticks: the values of x, of all panels that share the axis.
        limits: of the vertical axis, for all panels of the measure.
    """

    figure: Figure
    measure: str
    points: tuple[DrawnPoint, ...]
    ticks: tuple[X, ...]
    limits: tuple[float, float]

    @cached_property
    def at(self) -> dict[X, float]:
        """Return where each value of x lies: numbers of the matrix as they are, whatever is listed
        at equal distances.
        """
        along = isinstance(self.figure.x, str)
        return {x: float(x) if along else float(index) for index, x in enumerate(self.ticks)}

    @property
    def width(self) -> float:
        return (max(self.at.values()) - min(self.at.values())) or 1.0


def of(table: Table, measure: str, heading: str, facet: str) -> Panel | None:
    """Return the panel at one place of the drawing; None if nothing stands there."""
    figure = None
    for candidate in table.figures:
        if measure in candidate.axes and candidate.title == heading:
            figure = candidate
            break
    alike = [
        point for point in table.points if (point.measure, point.heading) == (measure, heading)
    ]
    points = tuple(point for point in alike if point.facet == facet)
    if figure is None or not points:
        return None
    ticks = dict.fromkeys(point.x for point in alike)
    return Panel(
        figure=figure,
        measure=measure,
        points=points,
        ticks=tuple(sorted(ticks, key=float)) if isinstance(figure.x, str) else tuple(ticks),
        limits=_limits(table, measure),
    )


def draw(axes: Axes, panel: Panel, colours: Mapping[str, str]) -> None:
    """Draw the lines across and the curves, each a little beside the others so that no bar hides
    another one.
    """
    curves = list(dict.fromkeys(panel.figure.curves()))
    step = BESIDE * panel.width if joined(panel.figure) else APART
    for value in panel.figure.lines.get(panel.measure, {}).values():
        axes.axhline(value, color=FAINT, linewidth=1.0, linestyle=ACROSS, zorder=1)
    for index, curve in enumerate(curves):
        defined = [
            point for point in panel.points if point.curve == curve and point.mean is not None
        ]
        at = [panel.at[point.x] + (index - (len(curves) - 1) / 2) * step for point in defined]
        line = dash(curve, curves) if joined(panel.figure) else "none"
        _curve(axes, at, defined, color=colours[method(curve)], linestyle=line)
    margin = 0.08 * panel.width if joined(panel.figure) else 0.5
    axes.set_xlim(min(panel.at.values()) - margin, max(panel.at.values()) + margin)
    axes.set_ylim(*panel.limits)


def _curve(
    axes: Axes, at: Sequence[float], points: Sequence[DrawnPoint], *, color: str, linestyle: str
) -> None:
    axes.plot(
        at,
        [_known(point.mean) for point in points],
        "o",
        color=color,
        linestyle=linestyle,
        markersize=4,
        linewidth=1.4,
    )
    low = [_known(point.low) for point in points]
    high = [_known(point.high) for point in points]
    axes.vlines(at, low, high, color=color, alpha=0.45, linewidth=1.2)
    memo = [_known(point.memo) for point in points]
    axes.plot(at, memo, "D", markersize=6, markerfacecolor="none", markeredgecolor=color, zorder=4)


def label(axes: Axes, panel: Panel, *, left: bool, bottom: bool) -> None:
    """Draw ticks and labels; those that a panel further left or below has are left out."""
    shown = [x if isinstance(x, str) else f"{x:g}" for x in panel.ticks]
    axes.set_xticks([panel.at[x] for x in panel.ticks], shown)
    axes.tick_params(labelleft=left, labelbottom=bottom)
    if left:
        unit, measure = panel.points[0].unit, _words(panel.measure)
        axes.set_ylabel(measure if unit in measure else f"{measure} ({unit})")
    if bottom and isinstance(panel.figure.x, str):
        axes.set_xlabel(_words(panel.figure.x))


def legend(table: Table, colours: Mapping[str, str]) -> list[Line2D]:
    """Return what stands for each curve, for the memo's numbers and for the lines across."""
    curves = list(dict.fromkeys(curve for figure in table.figures for curve in figure.curves()))
    along = any(map(joined, table.figures))
    handles = [
        _handle(
            curve,
            color=colours[method(curve)],
            marker="o",
            markersize=4,
            linestyle=dash(curve, curves) if along else "none",
        )
        for curve in curves
    ]
    if any(point.memo is not None for point in table.points):
        handles.append(
            _handle(
                "memo",
                color=INK,
                marker="D",
                markersize=6,
                markerfacecolor="none",
                linestyle="none",
            )
        )
    lines = dict.fromkeys(
        name for figure in table.figures for named in figure.lines.values() for name in named
    )
    return handles + [_handle(name, color=FAINT, linewidth=1.0, linestyle=ACROSS) for name in lines]


def joined(figure: Figure) -> bool:
    """Tell whether the points of a curve are joined: along numbers, not along words."""
    return isinstance(figure.x, str) or (figure.x is not None and not isinstance(figure.x[0], str))


def dash(curve: str, curves: Sequence[str]) -> str:
    """Return the line style that tells a curve from the others of its method."""
    alike = [other for other in curves if method(other) == method(curve)]
    return DASHES[alike.index(curve) % len(DASHES)]


def _limits(table: Table, measure: str) -> tuple[float, float]:
    """Return the part of the axis that points, intervals and lines take."""
    figures = [figure for figure in table.figures if measure in figure.axes]
    low, high = (
        min(figure.axes[measure][0] for figure in figures),
        max(figure.axes[measure][1] for figure in figures),
    )
    points = [point for point in table.points if point.measure == measure]
    seen = [
        value
        for point in points
        for value in (point.mean, point.low, point.high, point.memo)
        if value is not None
    ]
    seen += [value for figure in figures for value in figure.lines.get(measure, {}).values()]
    bottom, top = max(min(seen, default=low), low), min(max(seen, default=high), high)
    margin = 0.06 * (top - bottom or 1.0)
    return bottom - margin, top + margin


def _handle(name: str, **style: Any) -> Line2D:
    return Line2D([], [], label=name, **style)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _known(value: float | None) -> float:
    return math.nan if value is None else value
