"""What the key of a result stands for, as entries of its provenance."""

from __future__ import annotations

from typing import Any

from cbspec.execution.cell import Cell
from cbspec.execution.numerics import Numerics
from cbspec.execution.surroundings import Surroundings
from cbspec.stage import plain


def keyed_provenance(
    cell: Cell, code: str, numerics: Numerics, surroundings: Surroundings
) -> dict[str, Any]:
    """Return the provenance entries that follow from the key of a cell.

    Results with the same key agree in all of them, wherever they were computed.

    Args:
        cell: the cell.
        code: digest of the code of the stage's implementation.
        numerics: the arithmetic that the key names.
        surroundings: the declared files, versions and environment variables that it names.
    """
    return {
        "stage": cell.call.stage.name,
        "parameters": plain(cell.call.parameters),
        "seed": cell.seed,
        "lane": cell.lane,
        "inputs": {name: source.key for name, source in cell.inputs.items()},
        "code": code,
        "numerics": numerics.as_dict(),
        "dependencies": surroundings.of(cell.call),
    }
