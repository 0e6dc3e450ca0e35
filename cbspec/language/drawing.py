"""What a figure says of its drawing: every point has one place in one panel, and every name is one of the claim's matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cbspec.assertion import Figure
from cbspec.language.conform import follow, unknown
from cbspec.language.mistakes import Mistakes
from cbspec.language.node import Node
from cbspec.language.scope import Scope

Path = list[str | int]


def check(node: Node, figure: Figure, scope: Scope, mistakes: Mistakes) -> None:
    """Note whatever cannot be drawn; `node` is the assertion, `scope` that of one cell of the matrix."""
    for path, message in (*_by_itself(figure), *_in_matrix(figure, list(scope.cell))):
        mistakes.add(_key(node, path), message)
    if isinstance(figure.x, str) and figure.x in scope.cell:
        value = scope.cell[figure.x]
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            mistakes.add(value, f"a figure runs along {figure.x}, whose values then have to be numbers, got {value.text!r}")


def _by_itself(figure: Figure) -> Iterator[tuple[Path, str]]:
    """Path below the assertion, and what is wrong there."""
    for measure, (low, high) in figure.axes.items():
        if not low < high:
            yield ["axes", measure], f"the axis needs its lower end first, got {low} and {high}"
    for measure in figure.lines:
        if measure not in figure.axes:
            yield ["lines", measure], unknown("measure", measure, list(figure.axes), of="axes")
    for key in ("alpha",) if figure.alpha is not None else ():
        yield [key], "a figure tests nothing and has no error rate"
    if figure.test != "t":
        yield ["test"], "a figure tests nothing"
    if isinstance(figure.x, tuple):
        yield from _along(figure, figure.x)


def _along(figure: Figure, x: tuple[float | str, ...]) -> Iterator[tuple[Path, str]]:
    if len(x) != len(figure.arms):
        yield ["x"], f"needs one value for each arm, has {len(x)} for {len(figure.arms)} arms"
        return
    if len({isinstance(value, str) for value in x}) > 1:
        yield ["x"], "mixes numbers and words"
    for (curve, value), count in Counter(zip(figure.curves(), x, strict=True)).items():
        if count > 1:
            yield ["x"], f"puts {count} points of {curve} at {value}; the first word of an arm's name is its curve"


def _in_matrix(figure: Figure, names: list[str]) -> Iterator[tuple[Path, str]]:
    used = {"x": figure.x if isinstance(figure.x, str) else None, "facet": figure.facet}
    strange = {key: name for key, name in used.items() if name is not None and name not in names}
    for key, name in strange.items():
        yield [key], unknown("matrix name", name, names) if names else f"{name!r} is no name of a matrix: the claim has none"
    if figure.facet is not None and used["x"] == figure.facet:
        yield ["facet"], f"{figure.facet} is x already"
    elif not strange:
        for name in (name for name in names if name not in used.values()):
            yield ["kind"], f"draws all values of {name} in one place; make {name} x or facet"


def _key(node: Node, path: Path) -> Node:
    """The key at the end of a path; of a scalar the value."""
    parent = follow(node, path[:-1])
    found = follow(parent, path[-1:])
    return parent.keys.get(str(path[-1]), found) if isinstance(found.value, dict | list) else found
