"""A cell: one stage call for one seed, and the unit of storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cbspec.stage import Call


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One stage call for one seed. Two cells are equal if their keys are.

    Attributes:
        call: the stage with its parameters and inputs.
        seed: the training seed.
        key: the key of the result in the store, a hex SHA-256.
        lane: the name of the lane, and of its lock.
        inputs: input name -> the cell that this one reads, for the same seed.
    """

    call: Call
    seed: int
    key: str
    lane: str
    inputs: Mapping[str, Cell]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        point = f"@{self.call.point}" if self.call.stage.progress else ""
        return f"{self.call.stage.name}{point} seed {self.seed}"


def closure(wanted: Iterable[Cell]) -> list[Cell]:
    """Return the wanted cells and all their direct and indirect inputs, each once, inputs first."""
    ordered: dict[str, Cell] = {}

    def visit(cell: Cell) -> None:
        if cell.key not in ordered:
            for input_cell in cell.inputs.values():
                visit(input_cell)
            ordered[cell.key] = cell

    for cell in wanted:
        visit(cell)
    return list(ordered.values())
