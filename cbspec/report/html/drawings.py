"""The figures on record: every point with its interval and the memo's value, in small panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cbspec.claim import base
from cbspec.ledger import Entry
from cbspec.ledger.notation import interval, number
from cbspec.model.anchor import anchor
from cbspec.report.html.axis import Axis, Tick, axis_of
from cbspec.report.html.curves import COLOURS
from cbspec.report.html.points import FigurePoint, figures_of, points_of
from cbspec.report.html.subject import Subject
from cbspec.report.html.words import place

WIDTH, HEIGHT = 300, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 290, 10, 164
TICKS = 6  # that have room below a panel
ROOM = 26  # for the text of one
WORD = 9  # letters of a word below the axis


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One point; `low` and `high` are coordinates of its interval, None where it bounds nothing."""

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
    path: str


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


def drawings(subjects: Iterable[Subject]) -> list[Drawing]:
    """Return every figure on record, in the order of the claims."""
    groups: dict[tuple[str, str], list[tuple[Subject, Entry]]] = {}
    for subject in subjects:
        for entry in subject.places:
            if figures_of(entry):
                groups.setdefault((base(subject.id), place(entry)), []).append((subject, entry))
    colours: dict[str, int] = {}
    return [_drawing(claim, where, members, colours) for (claim, where), members in groups.items()]


def _drawing(
    claim: str, where: str, members: Sequence[tuple[Subject, Entry]], colours: dict[str, int]
) -> Drawing:
    points: list[FigurePoint] = []
    bounds: dict[tuple[str, str], Mapping[str, float]] = {}
    facetted = False
    for subject, entry in members:
        for figure, effects in figures_of(entry):
            facetted = facetted or figure.facet is not None
            points += points_of(subject.id, figure, effects)
            for measure in figure.axes:
                lines = figure.lines.get(measure, {})
                for panel in {point.panel for point in points if point.panel[1] == measure}:
                    bounds.setdefault(panel, lines)
    for point in points:
        colours.setdefault(point.curve, len(colours) % COLOURS)
    headings = list(dict.fromkeys(point.panel[0] for point in points))
    panels = []
    for measure in dict.fromkeys(point.panel[1] for point in points):
        of_measure = [point for point in points if point.panel[1] == measure]
        for heading in headings:
            panel = (heading, measure)
            inside = [point for point in of_measure if point.panel == panel]
            if inside:
                axis = _height(of_measure if facetted else inside, bounds.get(panel, {}))
                panels.append(_panel(panel, inside, bounds.get(panel, {}), axis, colours))
    subject = members[0][0]
    columns = len(headings) if len(headings) > 1 else len(panels)
    counts = sorted({point.effect.n for point in points if point.effect.estimate is not None})
    curves = dict.fromkeys(point.curve for point in points)
    return Drawing(
        claim=claim,
        title=subject.title,
        place=where,
        href=anchor(subject.id),
        seeds=" or ".join(map(str, counts)),
        legend=tuple((curve, colours[curve]) for curve in curves),
        columns=columns,
        panels=tuple(panels),
    )


def _panel(
    panel: tuple[str, str],
    points: Sequence[FigurePoint],
    lines: Mapping[str, float],
    y_axis: Axis | None,
    colours: Mapping[str, int],
) -> DrawnPanel:
    xs = list(dict.fromkeys(point.x for point in points))
    numeric = all(isinstance(x, float | int) for x in xs)
    positions: dict[float | str, float] = {}
    for index, x in enumerate(xs):
        positions[x] = float(x) if numeric else float(index)
    x_axis = axis_of(positions.values(), LEFT + 4, RIGHT - 4)
    curves: list[CurveDots] = []
    ticks: list[Tick] = []
    levels: list[tuple[str, float]] = []
    if x_axis and y_axis:
        for name in dict.fromkeys(point.curve for point in points):
            members = [point for point in points if point.curve == name]
            curves.append(_curve(name, members, positions, x_axis, y_axis, colours[name]))
        if numeric and len(xs) > TICKS:
            ticks = x_axis.ticks()
        elif numeric:
            ticks = _apart([Tick(x_axis.at(at), f"{at:g}") for at in positions.values()])
        else:
            ticks = [Tick(x_axis.at(at), _short(str(x))) for x, at in positions.items()]
        levels = [(name, y_axis.at(value)) for name, value in lines.items()]
    return DrawnPanel(
        title=panel[0],
        measure=panel[1],
        unit=points[0].effect.unit,
        curves=tuple(curves),
        lines=tuple(levels),
        x_ticks=tuple(ticks),
        y_ticks=tuple(y_axis.ticks(4)) if y_axis else (),
    )


def _apart(ticks: Sequence[Tick]) -> list[Tick]:
    """Return the ticks whose texts do not run into the one before."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda tick: tick.at):
        if not kept or tick.at - kept[-1].at >= ROOM:
            kept.append(tick)
    return kept


def _height(points: Iterable[FigurePoint], lines: Mapping[str, float]) -> Axis | None:
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
        memo = "" if effect.reported is None else f", memo {number(effect.reported)}"
        dots.append(
            Dot(
                x=x_axis.at(positions[point.x]),
                y=y_axis.at(effect.estimate),
                low=None if effect.low is None else y_axis.at(effect.low),
                high=None if effect.high is None else y_axis.at(effect.high),
                memo=None if effect.reported is None else y_axis.at(effect.reported),
                text=f"{name} at {point.x}: {interval(effect)}{memo}",
            )
        )
    path = " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)
    return CurveDots(name=name, colour=colour, dots=tuple(dots), path=path)


def _short(word: str) -> str:
    return word if len(word) <= WORD else f"{word[: WORD - 1]}…"
