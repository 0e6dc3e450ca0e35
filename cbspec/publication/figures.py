"""The figures as tables: which points are on record, and where each of them is drawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cbspec.claim import Claim, base
from cbspec.kinds import Figure
from cbspec.ledger import Entry, Ledger, RecordedEffect

X = float | str


class DrawnPoint(NamedTuple):
    """One arm of one cell in one panel.

    Attributes:
        heading: title of the figure that it is of; `facet` what tells its column of panels from the
            others.
        x: a number, or the word that stands for one.
        mean: None where the measure is undefined, which is no gap in the record.
        low, high: 95 % interval; None where a single seed bounds nothing.
        memo: the memo's figure.
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
class Table:
    """A figure claim at one scale on one device family.

    Attributes:
        figures: what is asserted to be drawn.
        cells: of the claim's matrix, how many are on record; of `decidable` ones.
        seeds: the numbers of seeds that points stand on, ascending.
    """

    id: str
    title: str
    scale: str
    device: str
    figures: tuple[Figure, ...]
    points: tuple[DrawnPoint, ...]
    cells: int
    decidable: int

    @property
    def name(self) -> str:
        """Return the name of its files: ``"F.4.figures"``, with the device family if that is not
        the CPU.
        """
        return f"{self.id}.{self.scale}" + (f".{self.device}" if self.device != "cpu" else "")

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({point.n for point in self.points if point.mean is not None}))

    @property
    def undefined(self) -> tuple[DrawnPoint, ...]:
        """Return the points on record that have no value."""
        return tuple(point for point in self.points if point.mean is None)

    def csv(self) -> str:
        """Return the points, one line each; what does not exist is empty."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("scale", "device", *DrawnPoint._fields))
        writer.writerows((self.scale, self.device, *point) for point in self.points)
        return file.getvalue()


def tables(claims: Iterable[Claim], ledger: Ledger) -> list[Table]:
    """Return one table for each figure claim, scale and device family on record, in the order of
    the claims.

    Args:
        claims: in any scale; a cell that comes at several counts once.
    """
    families: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        if drawn_of(claim):
            families.setdefault(base(claim.id), {}).setdefault(claim.id, claim)
    return [
        table
        for name, cells in families.items()
        for table in _tables(name, list(cells.values()), ledger)
    ]


def drawn_of(claim: Claim) -> tuple[Figure, ...]:
    """Return the figures that the claim asserts."""
    return tuple(assertion for assertion in claim.assertions if isinstance(assertion, Figure))


def _tables(base: str, cells: Sequence[Claim], ledger: Ledger) -> Iterator[Table]:
    entries = [entry for cell in cells for entry in ledger.of(cell.id)]
    for scale, device in dict.fromkeys((entry.scale, entry.device) for entry in entries):
        recorded = {
            entry.claim: entry
            for entry in entries
            if (entry.scale, entry.device) == (scale, device)
        }
        yield Table(
            id=base,
            title=cells[0].title,
            scale=scale,
            device=device,
            figures=drawn_of(cells[0]),
            points=tuple(
                point
                for cell in cells
                if cell.id in recorded
                for point in _points(cell, recorded[cell.id])
            ),
            cells=len(recorded),
            decidable=len({cell.id for cell in cells if scale in cell.decidable} | recorded.keys()),
        )


def _points(cell: Claim, entry: Entry) -> Iterator[DrawnPoint]:
    """Yield the points of the cell that are on record."""
    effects = _effects(entry)
    place = values_of(cell.id)
    for figure in drawn_of(cell):
        facet = "" if figure.facet is None else f"{figure.facet} = {place[figure.facet]}"
        for measure in figure.axes:
            for arm, curve, x in zip(
                figure.arms, figure.curves(), _along(figure, place), strict=True
            ):
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
            effects |= {(effect.measure, effect.label): effect for effect in assertion.effects}
    return effects


def _along(figure: Figure, place: Mapping[str, str]) -> tuple[X, ...]:
    if figure.x is None:
        return figure.arms
    return (float(place[figure.x]),) * len(figure.arms) if isinstance(figure.x, str) else figure.x


def values_of(cell: str) -> dict[str, str]:
    """Return ``F.4[alpha=0.0,depth=2]`` -> the values of its matrix cell, as written."""
    _, _, inside = cell.rstrip("]").partition("[")
    return dict(value.split("=", 1) for value in inside.split(",") if value)
