"""The figures as tables: the recorded points, and the panel and curve of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from typing import NamedTuple

from cbspec.claim import Claim, base, cell_values
from cbspec.kinds import Figure
from cbspec.language.scalar import number_of
from cbspec.ledger import Entry, Ledger, RecordedEffect
from cbspec.ledger.notation import place_of
from cbspec.model.replicates import SEEDS
from cbspec.model.visible import visible

X = float | str
# How a spreadsheet's begins, in the wide forms that some take for it too
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class DrawnPoint(NamedTuple):
    """One arm of one cell in one panel.

    Attributes:
        heading: the title of its figure.
        facet: the text that distinguishes its column of panels from the others.
        x: a number, or a word in place of one.
        mean: the mean over seeds; None if the measure is undefined, which is no gap in the record.
        low: the lower end of the 95 % interval; None for a single seed.
        high: the upper end.
        memo: the memo's value.
    """

    claim: str
    heading: str
    facet: str
    measure: str
    unit: str
    curve: str
    arm: str
    x: X
    mean: float | None
    low: float | None
    high: float | None
    n: int
    memo: float | None


@dataclass(frozen=True, kw_only=True)
class FigureTable:
    """A figure claim at one scale on one device family.

    Attributes:
        figures: the assertions of kind figure.
        cells: the number of recorded cells of the claim's matrix.
        decidable: the number of all its cells.
        replicates: what it is replicated over, in words: seeds, runs or test items.
    """

    id: str
    title: str
    scale: str
    device: str
    figures: tuple[Figure, ...]
    points: tuple[DrawnPoint, ...]
    cells: int
    decidable: int
    replicates: str = SEEDS

    @property
    def name(self) -> str:
        """Return the name of the files: ``"F.4.figures"``, with any device family but the CPU."""
        name = f"{self.id}.{self.scale}"
        if self.device == "cpu":
            return name
        return f"{name}.{self.device}"

    @property
    def place(self) -> str:
        return place_of(self.scale, self.device)

    @property
    def seeds(self) -> list[int]:
        """Return the numbers of seeds of the points, ascending."""
        return sorted({point.n for point in filter(_has_value, self.points)})

    @property
    def undefined(self) -> tuple[DrawnPoint, ...]:
        """Return the recorded points without a value."""
        return tuple(filterfalse(_has_value, self.points))

    @property
    def curves(self) -> list[str]:
        """Return the curves of all figures, each once."""
        curves: dict[str, None] = {}
        for figure in self.figures:
            curves |= dict.fromkeys(figure.curves())
        return list(curves)

    @property
    def measures(self) -> list[str]:
        """Return the measures of all figures, each once."""
        measures: dict[str, None] = {}
        for figure in self.figures:
            measures |= dict.fromkeys(figure.axes)
        return list(measures)

    def csv(self) -> str:
        """Return the points as CSV, one a line. Missing values are empty."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("scale", "device", *DrawnPoint._fields))
        for point in self.points:
            writer.writerow(map(as_text, (self.scale, self.device, *point)))
        return file.getvalue()


def _has_value(point: DrawnPoint) -> bool:
    return point.mean is not None


def as_text(value: object) -> object:
    """Return a field of a CSV file, with hidden characters and formulas of spreadsheets escaped."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    if text.startswith(FORMULA):
        return f"'{text}"
    return text


def tables(claims: Iterable[Claim], ledger: Ledger) -> list[FigureTable]:
    """Return a table for each figure claim, scale and device family on record.

    Args:
        claims: the claims at any scales; a cell counts once. The tables are in their order.
        ledger: the recorded verdicts.
    """
    families: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        if drawn_of(claim):
            families.setdefault(base(claim.id), {}).setdefault(claim.id, claim)
    drawn: list[FigureTable] = []
    for name, cells in families.items():
        drawn += _tables(name, cells, ledger)
    return drawn


def drawn_of(claim: Claim) -> tuple[Figure, ...]:
    """Return the assertions of kind figure of a claim."""
    return tuple(assertion for assertion in claim.assertions if isinstance(assertion, Figure))


def _tables(name: str, cells: Mapping[str, Claim], ledger: Ledger) -> Iterator[FigureTable]:
    recorded: dict[tuple[str, str], list[Entry]] = {}
    for cell in cells:
        for entry in ledger.of(cell):
            recorded.setdefault((entry.scale, entry.device), []).append(entry)
    first = next(iter(cells.values()))
    for (scale, device), entries in recorded.items():
        points: list[DrawnPoint] = []
        decidable = {cell.id for cell in cells.values() if scale in cell.decidable}
        for entry in entries:
            points += _points(cells[entry.claim], entry)
            decidable.add(entry.claim)
        yield FigureTable(
            id=name,
            title=first.title,
            scale=scale,
            device=device,
            figures=drawn_of(first),
            points=tuple(points),
            cells=len(entries),
            decidable=len(decidable),
            replicates=first.replicated_over,
        )


def _points(cell: Claim, entry: Entry) -> Iterator[DrawnPoint]:
    """Yield the recorded points of a cell."""
    effects = _effects(entry)
    place = cell_values(cell.id)
    for figure in drawn_of(cell):
        facet = f"{figure.facet} = {place[figure.facet]}" if figure.facet else ""
        curves = figure.curves()
        along = _along(figure, place)
        for measure in figure.axes:
            for arm, curve, x in zip(figure.arms, curves, along, strict=True):
                effect = effects.get((measure, arm))
                if effect is not None:
                    yield DrawnPoint(
                        claim=cell.id,
                        heading=figure.title,
                        facet=facet,
                        measure=measure,
                        unit=effect.unit,
                        curve=curve,
                        arm=arm,
                        x=x,
                        mean=effect.estimate,
                        low=effect.low,
                        high=effect.high,
                        n=effect.n,
                        memo=effect.reported,
                    )


def _effects(entry: Entry) -> dict[tuple[str, str], RecordedEffect]:
    """Return (measure, arm) -> the effect of a recorded figure.

    Effects of tests are left out: they are differences, or have another interval.
    """
    effects: dict[tuple[str, str], RecordedEffect] = {}
    for assertion in entry.assertions:
        if isinstance(assertion.terms, Figure):
            for effect in assertion.effects:
                effects[effect.measure, effect.label] = effect
    return effects


def _along(figure: Figure, place: Mapping[str, str]) -> Sequence[X]:
    if figure.x is None:
        return figure.arms
    if isinstance(figure.x, str):
        return [number_of(place[figure.x])] * len(figure.arms)
    return figure.x
