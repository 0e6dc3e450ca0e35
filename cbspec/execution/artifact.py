"""Stored results as stages take them: with their inputs, read when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbspec.execution.cell import Cell
from cbspec.stage import Artifact, Call
from cbspec.store import Store, StoredResult


@dataclass(frozen=True)
class StoredArtifact:
    """An artifact in the store; meets `cbspec.stage.Artifact`."""

    cell: Cell
    entry: StoredResult
    store: Store

    @property
    def call(self) -> Call:
        return self.cell.call

    @property
    def seed(self) -> int:
        return self.cell.seed

    @property
    def tensors(self) -> Mapping[str, Any]:
        return self.entry.tensors

    @property
    def measures(self) -> Mapping[str, float]:
        return self.entry.measures

    @property
    def series(self) -> Mapping[str, Any]:
        return self.entry.series

    @property
    def inputs(self) -> Mapping[str, Artifact]:
        return inputs_of(self.cell, self.store)


def inputs_of(cell: Cell, store: Store) -> dict[str, Artifact]:
    """Return input name -> the stored result that a cell takes.

    Raises:
        MissingInput: one is not there any more.
    """
    return {name: artifact(below, store) for name, below in cell.inputs.items()}


def artifact(cell: Cell, store: Store) -> StoredArtifact:
    """Return the stored result of a cell.

    Raises:
        MissingInput: it is not there any more, for instance because it was damaged and moved to
            quarantine.
    """
    entry = store.get(cell.key)
    if entry is None:
        raise MissingInput(cell)
    return StoredArtifact(cell, entry, store)


class MissingInput(Exception):
    """A result that the plan counted as present could not be read."""

    def __init__(self, cell: Cell) -> None:
        self.key = cell.key
        super().__init__(f"{cell} is not stored any more")
