"""Curves along a trajectory: the seeds thin, their mean thick."""

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
    if x_axis and y_axis:
        for colour, curve in enumerate(curves):
            lines.append(_line(curve, colour % COLOURS, x_axis, y_axis))
    return CurvePlot(
        stage=stage,
        series=series,
        unit=curves[0].unit,
        seeds=tuple(dict.fromkeys(seed for curve in curves for seed in curve.seeds)),
        lines=tuple(lines),
        x_ticks=tuple(x_axis.ticks()) if x_axis else (),
        y_ticks=tuple(y_axis.ticks(4)) if y_axis else (),
    )


def _line(curve: Curve, colour: int, x_axis: Axis, y_axis: Axis) -> Line:
    means: list[float | None] = []
    for column in zip(*curve.values, strict=True):
        known = [value for value in column if value is not None]
        means.append(sum(known) / len(known) if known else None)
    last = next((mean for mean in reversed(means) if mean is not None), None)
    return Line(
        name=_name(curve.arms),
        colour=colour,
        seeds=tuple(_path(curve.points, row, x_axis, y_axis) for row in curve.values),
        mean=_path(curve.points, means, x_axis, y_axis),
        last="none" if last is None else f"{last:.3g}",
    )


def _path(points: Sequence[int], values: Sequence[float | None], x_axis: Axis, y_axis: Axis) -> str:
    """Return an SVG path through the points that have a value, broken where one has none."""
    parts = []
    pen = "M"
    for point, value in zip(points, values, strict=True):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x_axis.at(point):g} {y_axis.at(value):g}")
        pen = "L"
    return "".join(parts)


def _name(arms: Sequence[str]) -> str:
    shown = ", ".join(arms[:3])
    return f"{shown} and {len(arms) - 3} more" if len(arms) > 3 else shown
