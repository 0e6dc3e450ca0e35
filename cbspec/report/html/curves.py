"""Curves along a trajectory: a thin line for each seed, a thick one for their mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cbspec.report.html.axis import Axis, Tick, axis_of
from cbspec.report.trace import Curve

WIDTH, HEIGHT = 400, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 392, 10, 176
COLOURS = 8  # that a page's style sheet has


@dataclass(frozen=True, kw_only=True)
class Line:
    """The curves of one stage call: SVG paths of seeds and mean, and its colour's number."""

    name: str
    colour: int
    seeds: tuple[str, ...]
    mean: str
    last: str


@dataclass(frozen=True, kw_only=True)
class CurvePlot:
    """One series of one stage."""

    stage: str
    series: str
    unit: str
    seeds: tuple[int, ...]
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]

    @property
    def summary(self) -> str:
        """Return what the plot shows, in words."""
        ends = ", ".join(f"{line.name} {line.last}" for line in self.lines)
        return f"{self.series} of {self.stage} by {self.unit}; last mean value: {ends}"


def curve_plots(curves: Iterable[Curve]) -> list[CurvePlot]:
    """Return one plot for each series of each stage."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.stage, curve.series), []).append(curve)
    return [_plot(stage, series, members) for (stage, series), members in groups.items()]


def _plot(stage: str, series: str, curves: Sequence[Curve]) -> CurvePlot:
    values: list[float | None] = []
    points: list[float | None] = []
    for curve in curves:
        points += curve.points
        for row in curve.values:
            values += row
    x_axis = axis_of(points, LEFT, RIGHT)
    y_axis = axis_of(values, BOTTOM, TOP)
    lines = []
    seeds: dict[int, None] = {}
    for index, curve in enumerate(curves):
        lines.append(_line(curve, index % COLOURS, x_axis, y_axis))
        seeds |= dict.fromkeys(curve.seeds)
    return CurvePlot(
        stage=stage,
        series=series,
        unit=curves[0].unit,
        seeds=tuple(seeds),
        lines=tuple(lines),
        x_ticks=tuple(x_axis.ticks()),
        y_ticks=tuple(y_axis.ticks(4)),
    )


def _line(curve: Curve, colour: int, x_axis: Axis, y_axis: Axis) -> Line:
    means: list[float | None] = []
    last = "none"
    for column in zip(*curve.values, strict=True):
        average = mean(column)
        means.append(average)
        if average is not None:
            last = f"{average:.3g}"
    seeds = []
    for row in curve.values:
        seeds.append(_path(curve.points, row, x_axis, y_axis))
    return Line(
        name=_name(curve.arms),
        colour=colour,
        seeds=tuple(seeds),
        mean=_path(curve.points, means, x_axis, y_axis),
        last=last,
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are not None; None if there are none."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return sum(known) / len(known)


def _path(points: Sequence[int], values: Sequence[float | None], x_axis: Axis, y_axis: Axis) -> str:
    """Return an SVG path through the points, interrupted where a value is missing."""
    parts = []
    pen = "M"
    for point, value in zip(points, values, strict=True):
        height = y_axis.place(value)
        if height is None:
            pen = "M"  # the next point begins a new piece
            continue
        parts.append(f"{pen}{x_axis.at(point):g} {height:g}")
        pen = "L"
    return "".join(parts)


def _name(arms: Sequence[str]) -> str:
    shown = ", ".join(arms[:3])
    if len(arms) > 3:
        shown += f" and {len(arms) - 3} more"
    return shown
