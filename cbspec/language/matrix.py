"""The matrix of a claim: every combination of its values is one cell, with an id that a person can
read.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping

from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node

Cell = Mapping[str, Node]

MOST = 60_000  # cells x values of a claim: some hundred cells
_READABLE = re.compile(r"[\w.+-]+")


def cells(matrix: Node | None, mistakes: Diagnostics) -> tuple[Cell, ...]:
    """Return the cells, the last name varying fastest; one empty cell without a matrix."""
    if matrix is None:
        return ({},)
    count = math.prod(len(values.items) for values in matrix.entries.values())
    size = matrix.document.size
    if count * size > MOST:
        mistakes.add(
            matrix, f"has {count} cells; a claim of {size} values may have at most {MOST // size}"
        )
        return ()
    for values in matrix.entries.values():
        _check(values, mistakes)
    combinations = itertools.product(*(values.items for values in matrix.entries.values()))
    return tuple(
        dict(zip(matrix.entries, combination, strict=True)) for combination in combinations
    )


def cell_id(claim: str, cell: Cell) -> str:
    """Return ``1.b[depth=4,alpha=0.5]``.

    A value that names a size shows the name, so that the id is the same at every scale.
    """
    values = ",".join(f"{name}={node.text.lstrip('$')}" for name, node in cell.items())
    return f"{claim}[{values}]" if values else claim


def _check(values: Node, mistakes: Diagnostics) -> None:
    seen: set[str] = set()
    for node in values.items:
        word = node.text.lstrip("$")
        if not _READABLE.fullmatch(word) or len(word) > 40:
            mistakes.add(
                node,
                f"{shown(node.text)} cannot be part of an id: letters, digits and _ . + - only",
            )
        elif word in seen:
            mistakes.add(node, f"the value {word} stands twice")
        seen.add(word)
