"""Checking claims against each other, and locating mistakes in claims that were read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from cbspec.claim import Claim, base
from cbspec.errors import Diagnostic
from cbspec.language.conform import unknown
from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.node import Node
from cbspec.language.source_map import Origins
from cbspec.paths import display


def check_together(claims: Sequence[Claim], *, whole: bool) -> tuple[Diagnostic, ...]:
    """Check that no two files share an id, that no claim revises what came after it and, if these are
    all claims, that named ids exist.
    """
    mistakes = Diagnostics()
    try:
        known = _check_ids(claims, mistakes)
        for claim in claims:
            for key, other in _links(claim):
                if other == base(claim.id):
                    mistakes.add(_node(claim, key), "names the claim itself")
                elif whole and other not in known:
                    mistakes.add(_node(claim, key), unknown("claim", other, list(known)))
        _check_circle(claims, mistakes)
    except TooMany:
        pass
    return mistakes.in_order()


def _check_ids(claims: Iterable[Claim], mistakes: Diagnostics) -> dict[str, None]:
    """Check that ids are unique, and return them with and without the values of matrix cells."""
    owners: dict[str, Path] = {}
    cells: dict[str, None] = {}
    for claim in claims:
        cells[claim.id] = None
        name = base(claim.id)
        first = owners.setdefault(name, claim.path)
        if first != claim.path:
            message = f"duplicate id {name!r}; {display(first)} has it too"
            mistakes.add(_node(claim, "id"), message)
    return dict.fromkeys(owners) | cells


def _check_circle(claims: Iterable[Claim], mistakes: Diagnostics) -> None:
    """Check that claims that revise and retract each other have an order."""
    earlier: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        name = base(claim.id)
        earlier[name] |= set(map(base, claim.revises)) - {name}
        for other in map(base, claim.retracted_by):
            earlier[other] |= {name} - {other}
    try:
        TopologicalSorter(earlier).prepare()
    except CycleError as error:
        circle = error.args[1]
        for claim in claims:
            for key, other in _links(claim):
                if base(claim.id) in circle and base(other) in circle:
                    message = f"goes round in a circle: {' -> '.join(circle)}"
                    mistakes.add(_node(claim, key), message)


def _links(claim: Claim) -> Iterator[tuple[str, str]]:
    """Yield each claim that a claim names, with the key path of its name."""
    for index, other in enumerate(claim.revises):
        yield f"revises[{index}]", other
    for index, other in enumerate(claim.retracted_by):
        yield f"retracted_by[{index}]", other


def located(claim: Claim, key: str, message: str) -> Diagnostic:
    """Return a mistake at the place of a claim's value, given by its key path (``"assert[0]"``)."""
    mistakes = Diagnostics()
    mistakes.add(_node(claim, key), message)
    return mistakes.in_order()[0]


def _node(claim: Claim, key: str) -> Node:
    assert isinstance(claim.origins, Origins)
    node = claim.origins.trace[key][1]
    assert node is not None, "every word of the file has a place"
    return node
