"""The figures on record: every point with its interval and the memo's value, in small panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from cbspec.claim import base
from cbspec.kinds import Figure
from cbspec.ledger.notation import interval, number
from cbspec.model.anchor import anchor
from cbspec.model.replicates import SEEDS, noun
from cbspec.model.visible import visible
from cbspec.report.html.axis import Axis, Tick, axis_of
from cbspec.report.html.curves import COLOURS
from cbspec.report.html.points import FigurePoint, figures_of, points_of
from cbspec.report.html.subject import Subject

WIDTH, HEIGHT = 300, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 290, 10, 164
TICKS = 6  # that have room below a panel
ROOM = 26  # for the text of one
WORD = 9  # letters of a word below the axis


class Dot(NamedTuple):
    """One point; `low` and `high` are the ends of its interval, None where it is unbounded."""

    x: float
    y: float
    low: float | None
    high: float | None
    memo: float | None
    text: str


@dataclass(frozen=True, kw_only=True)
class CurveDots:
    """One curve of a panel; `colour` is its method's in every figure."""

    name: str
    colour: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True, kw_only=True)
class DrawnPanel:
    title: str
    measure: str
    unit: str
    curves: tuple[CurveDots, ...]
    lines: tuple[tuple[str, float], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]

    @property
    def shapes(self) -> list[tuple[int, tuple[Dot, ...]]]:
        """Return what the script draws: each curve's colour and dots."""
        return [(curve.colour, curve.dots) for curve in self.curves]

    @property
    def summary(self) -> str:
        """Return what the panel shows, in words; the claim's own tables have the values."""
        names = ", ".join(curve.name for curve in self.curves)
        return f"{self.measure} {self.title}: {names}, our mean with interval and the memo's value"


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure claim at one scale on one device family; its panels stand in `columns`."""

    claim: str
    title: str
    place: str
    href: str
    seeds: str
    legend: tuple[tuple[str, int], ...]
    panels: tuple[DrawnPanel, ...]
    columns: int
    replicates: str = SEEDS


def drawings(subjects: Iterable[Subject]) -> list[Drawing]:
    """Return every figure on record, in the order of the claims."""
    groups: dict[tuple[str, str], list[FigurePart]] = {}
    for subject in subjects:
        for entry in subject.places:
            for figure, effects in figures_of(entry):
                part = FigurePart(subject, figure, points_of(subject.id, figure, effects))
                groups.setdefault((base(subject.id), entry.place), []).append(part)
    colours: dict[str, int] = {}
    drawn = []
    for (claim, where), parts in groups.items():
        drawn.append(_drawing(claim, where, parts, colours))
    return drawn


class FigurePart(NamedTuple):
    """The points that one cell of a figure claim adds to the drawing."""

    subject: Subject
    figure: Figure
    points: list[FigurePoint]


def _drawing(
    claim: str, where: str, parts: Sequence[FigurePart], colours: dict[str, int]
) -> Drawing:
    headings: dict[str, None] = {}
    legend: dict[str, int] = {}
    seeds: set[int] = set()
    for part in parts:
        for point in part.points:
            headings[point.heading] = None
            legend[point.curve] = colours.setdefault(point.curve, len(colours) % COLOURS)
            if point.effect.estimate is not None:
                seeds.add(point.effect.n)
    panels = _panels(parts, list(headings), colours)
    subject = parts[0].subject
    return Drawing(
        claim=claim,
        title=subject.title,
        place=where,
        href=anchor(subject.id),
        seeds=" or ".join(map(str, sorted(seeds))),
        replicates=noun(subject.replicates),
        legend=tuple(legend.items()),
        columns=len(headings) if len(headings) > 1 else len(panels),
        panels=tuple(panels),
    )


def _panels(
    parts: Sequence[FigurePart], headings: Sequence[str], colours: Mapping[str, int]
) -> list[DrawnPanel]:
    """Return the panels in the order in which the claim draws them, row by row."""
    measures: dict[str, dict[str, list[FigurePoint]]] = {}
    lines: dict[tuple[str, str], Mapping[str, float]] = {}
    for part in parts:
        for point in part.points:
            measures.setdefault(point.measure, {}).setdefault(point.heading, []).append(point)
            panel = point.heading, point.measure
            lines.setdefault(panel, part.figure.lines.get(point.measure, {}))
    facetted = any(part.figure.facet is not None for part in parts)
    panels = []
    for measure, by_heading in measures.items():
        everything = list(chain.from_iterable(by_heading.values()))
        for heading in headings:
            if inside := by_heading.get(heading):
                levels = lines[heading, measure]
                axis = _height(everything if facetted else inside, levels)
                panels.append(_panel(inside, levels, axis, colours))
    return panels


def _panel(
    points: Sequence[FigurePoint],
    lines: Mapping[str, float],
    y_axis: Axis,
    colours: Mapping[str, int],
) -> DrawnPanel:
    positions = _positions(points)
    x_axis = axis_of(positions.values(), LEFT + 4, RIGHT - 4)
    by_curve: dict[str, list[FigurePoint]] = {}
    for point in points:
        by_curve.setdefault(point.curve, []).append(point)
    curves = []
    for name, members in by_curve.items():
        curves.append(_curve(name, members, positions, x_axis, y_axis, colours[name]))
    levels = []
    for name, value in lines.items():
        levels.append((name, y_axis.at(value)))
    return DrawnPanel(
        title=points[0].heading,
        measure=points[0].measure,
        unit=points[0].effect.unit,
        curves=tuple(curves),
        lines=tuple(levels),
        x_ticks=tuple(_x_ticks(positions, x_axis)),
        y_ticks=tuple(y_axis.ticks(4)),
    )


def _positions(points: Iterable[FigurePoint]) -> dict[float | str, float]:
    """Return x -> its position: numbers at their value, words one after another."""
    xs = dict.fromkeys(point.x for point in points)
    positions: dict[float | str, float] = {}
    for index, x in enumerate(xs):
        positions[x] = float(index) if isinstance(x, str) else float(x)
    return positions


def _x_ticks(positions: Mapping[float | str, float], axis: Axis) -> list[Tick]:
    """Return a tick for each x where there is room, or round numbers if there are many."""
    words = any(isinstance(x, str) for x in positions)
    if len(positions) > TICKS and not words:
        return axis.ticks()
    ticks: list[Tick] = []
    for x, position in sorted(positions.items(), key=itemgetter(1)):
        at = axis.at(position)
        if isinstance(x, str):
            ticks.append(Tick(at, _short(x)))
        elif not ticks or at - ticks[-1].at >= ROOM:
            ticks.append(Tick(at, f"{x:g}"))
    return ticks


def _height(points: Iterable[FigurePoint], lines: Mapping[str, float]) -> Axis:
    """Return the axis that the values of some points share."""
    heights: list[float | None] = [*lines.values()]
    for point in points:
        effect = point.effect
        heights += [effect.estimate, effect.low, effect.high, effect.reported]
    return axis_of(heights, BOTTOM, TOP)


def _curve(
    name: str,
    points: Sequence[FigurePoint],
    positions: Mapping[float | str, float],
    x_axis: Axis,
    y_axis: Axis,
    colour: int,
) -> CurveDots:
    dots = []
    for point in sorted(points, key=lambda point: positions[point.x]):
        effect = point.effect
        if effect.estimate is None:
            continue
        x_text = point.x if isinstance(point.x, str) else f"{point.x:g}"
        text = f"{name} at {x_text}: {interval(effect)}"
        if effect.reported is not None:
            text += f", memo {number(effect.reported)}"
        x, y = x_axis.at(positions[point.x]), y_axis.at(effect.estimate)
        low, high = y_axis.place(effect.low), y_axis.place(effect.high)
        memo = y_axis.place(effect.reported)
        dots.append(Dot(x, y, low, high, memo, visible(text)))
    return CurveDots(name=name, colour=colour, dots=tuple(dots))


def _short(word: str) -> str:
    if len(word) <= WORD:
        return word
    return f"{word[: WORD - 1]}…"
