"""Stored results as stages read them, together with their own inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbspec.execution.cell import Cell
from cbspec.stage import Artifact, Call
from cbspec.store import Store, StoredResult


@dataclass(frozen=True)
class StoredArtifact:
    """A stored result. Implements `cbspec.stage.Artifact`."""

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
    """Return input name -> stored result, for every input of a cell.

    Raises:
        MissingInput: an input is not stored any more.
    """
    return {name: artifact(below, store) for name, below in cell.inputs.items()}


def artifact(cell: Cell, store: Store) -> StoredArtifact:
    """Return the stored result of a cell.

    Raises:
        MissingInput: it is not stored any more, for instance because it was damaged and moved to
            quarantine.
    """
    entry = store.get(cell.key)
    if entry is None:
        raise MissingInput(cell)
    return StoredArtifact(cell, entry, store)


class MissingInput(Exception):
    """A result that counted as stored could not be read.

    Attributes:
        key: the key of the result.
    """

    def __init__(self, cell: Cell) -> None:
        self.key = cell.key
        super().__init__(f"{cell} is not stored any more")
