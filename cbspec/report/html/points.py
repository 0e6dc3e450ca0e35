"""The points of recorded figures, each with its panel, its curve and its x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cbspec.claim import cell_values
from cbspec.kinds import Figure
from cbspec.language.scalar import number_of
from cbspec.ledger import Entry, RecordedEffect


@dataclass(frozen=True)
class FigurePoint:
    """One arm of one cell, in the panel of its heading and measure."""

    heading: str
    measure: str
    curve: str
    x: float | str
    effect: RecordedEffect


def figures_of(entry: Entry) -> list[tuple[Figure, Mapping[tuple[str, str], RecordedEffect]]]:
    """Return the figures of a verdict, each with (measure, arm) -> effect."""
    figures: list[tuple[Figure, Mapping[tuple[str, str], RecordedEffect]]] = []
    for asserted in entry.assertions:
        if isinstance(asserted.terms, Figure):
            effects = {(effect.measure, effect.label): effect for effect in asserted.effects}
            figures.append((asserted.terms, effects))
    return figures


def points_of(
    cell: str, figure: Figure, effects: Mapping[tuple[str, str], RecordedEffect]
) -> list[FigurePoint]:
    """Return the points of one cell of a matrix that are on record."""
    values = cell_values(cell)
    heading = figure.title
    if figure.facet is not None:
        facet = f"{figure.facet} = {values[figure.facet]}"
        heading = ", ".join(filter(None, (heading, facet)))
    along: Sequence[float | str] = figure.arms
    if isinstance(figure.x, tuple):
        along = figure.x
    elif figure.x is not None:
        along = (number_of(values[figure.x]),) * len(figure.arms)
    points = []
    for measure in figure.axes:
        for arm, curve, x in zip(figure.arms, figure.curves(), along, strict=True):
            effect = effects.get((measure, arm))
            if effect is not None:
                points.append(FigurePoint(heading, measure, curve, x, effect))
    return points
