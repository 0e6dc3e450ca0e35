"""The matrix of a claim: every combination of its values is a cell, which has a readable id."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence

from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node

MatrixCell = Mapping[str, Node]
"""Name -> value, for one combination."""

MOST = 60_000  # cells x values of a claim, which allows some hundred cells
_READABLE = re.compile(r"[\w.+-]+")


def cells(matrix: Node | None, mistakes: Diagnostics) -> tuple[MatrixCell, ...]:
    """Return the cells of a matrix, the last name varying fastest; one empty cell without one."""
    if matrix is None:
        return ({},)
    values = [node.items for node in matrix.entries.values()]
    count = math.prod(map(len, values))
    size = matrix.document.size
    if count * size > MOST:
        most = MOST // size
        message = f"has {count} cells; a claim of {size} values may have at most {most}"
        mistakes.add(matrix, message)
        return ()
    for items in values:
        _check(items, mistakes)
    names = list(matrix.entries)
    return tuple(dict(zip(names, cell, strict=True)) for cell in itertools.product(*values))


def cell_id(claim: str, cell: MatrixCell) -> str:
    """Return the id of a cell: ``1.b[depth=4,alpha=0.5]``.

    If a value names a size, the id has that name, so it is the same at every scale.
    """
    if not cell:
        return claim
    values = ",".join(f"{name}={node.text.lstrip('$')}" for name, node in cell.items())
    return f"{claim}[{values}]"


def _check(items: Sequence[Node], mistakes: Diagnostics) -> None:
    seen: set[str] = set()
    for node in items:
        word = node.text.lstrip("$")
        if not _READABLE.fullmatch(word) or len(word) > 40:
            unreadable = "cannot be part of an id: letters, digits and _ . + - only"
            mistakes.add(node, f"{shown(node.text)} {unreadable}")
        elif word in seen:
            mistakes.add(node, f"the value {word} stands twice")
        seen.add(word)
