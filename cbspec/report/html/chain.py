"""The graph of revisions and retractions, from left to right."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cbspec.claim import base
from cbspec.model.anchor import anchor
from cbspec.report.html.subject import Subject

WIDE, TALL = 196, 66  # of a node
ACROSS, DOWN = 62, 16  # between nodes
LINE = 26  # letters of a title on one line

REVISED, RETRACTED = "revised by", "retracted by"


@dataclass(frozen=True, kw_only=True)
class ClaimNode:
    """One claim; `lines` are the lines of its title, `verdict` is its most important verdict."""

    claim: str
    title: str
    lines: tuple[str, ...]
    x: int
    y: int
    href: str = ""
    verdict: str = "none"
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An arrow from a claim to the one that revises or retracts it."""

    before: str
    after: str
    how: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Graph:
    nodes: tuple[ClaimNode, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def graph(subjects: Iterable[Subject]) -> Graph | None:
    """Return the graph of the claims that revise or retract others; None if there are none."""
    known: dict[str, Subject] = {}
    for subject in subjects:
        known.setdefault(base(subject.id), subject)  # in the order of the log
    links = _links(known.values())
    if not links:
        return None
    columns = _columns(links)
    rows = _rows(links, columns)
    places = {}
    width = height = 0
    for claim, column in columns.items():
        x, y = places[claim] = column * (WIDE + ACROSS), rows[claim] * (TALL + DOWN)
        width, height = max(width, x + WIDE), max(height, y + TALL)
    nodes = []
    for claim, at in places.items():
        nodes.append(_node(claim, known.get(claim), at))
    edges = []
    for (before, after), how in links.items():
        path = _path(places[before], places[after])
        edges.append(Edge(before=before, after=after, how=how, path=path))
    return Graph(
        nodes=tuple(nodes),
        edges=tuple(edges),
        width=width,
        height=height,
    )


def _links(subjects: Iterable[Subject]) -> dict[tuple[str, str], str]:
    """Return (earlier claim, later claim) -> whether it was revised or retracted."""
    links: dict[tuple[str, str], str] = {}
    for subject in subjects:
        if subject.about is None:
            continue
        claim = base(subject.id)
        for other in subject.about.revises:
            links.setdefault((base(other), claim), REVISED)
        for other in subject.about.retracted_by:
            links[claim, base(other)] = RETRACTED
    return links


def _columns(links: Collection[tuple[str, str]]) -> dict[str, int]:
    """Return claim -> its column: one to the right of all that it took up; a circle ends where it
    closes.
    """
    earlier: dict[str, list[str]] = defaultdict(list)
    for before, after in links:
        earlier[after].append(before)
        earlier.setdefault(before, [])
    columns: dict[str, int] = {}

    def column(claim: str, above: frozenset[str]) -> int:
        if claim not in columns:
            at = 0
            for other in earlier[claim]:
                if other not in above and other != claim:
                    at = max(at, column(other, above | {claim}) + 1)
            columns[claim] = at
        return columns[claim]

    for claim in earlier:
        column(claim, frozenset())
    # What took up nothing stands right before the first that took it up
    first_later: dict[str, int] = {}
    for before, after in links:
        if not earlier[before]:
            first_later[before] = min(columns[after], first_later.get(before, columns[after]))
    for before, column_after in first_later.items():
        columns[before] = column_after - 1
    return columns


def _rows(links: Iterable[tuple[str, str]], columns: Mapping[str, int]) -> dict[str, int]:
    """Return claim -> its row: that of the first claim it took up where it is free, each tree
    below the one before.
    """
    later: dict[str, list[str]] = defaultdict(list)
    started = dict.fromkeys(columns)
    for before, after in links:
        later[before].append(after)
        started.pop(after, None)
    rows: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    lowest = 0

    def settle(claim: str, row: int) -> None:
        nonlocal lowest
        if claim in rows:
            return
        while (columns[claim], row) in taken:
            row += 1
        taken.add((columns[claim], row))
        rows[claim] = row
        lowest = max(lowest, row + 1)
        for offset, follower in enumerate(later[claim]):
            settle(follower, row + offset)

    for claim in [*started, *columns]:
        if claim not in rows:
            settle(claim, _beside(claim, later, rows, lowest))
    return rows


def _beside(
    claim: str, later: Mapping[str, Sequence[str]], rows: Mapping[str, int], lowest: int
) -> int:
    """Return the row to try first: that of a follower that has one, else below all."""
    followers = [rows[follower] for follower in later[claim] if follower in rows]
    return min(followers, default=lowest)


def _node(claim: str, subject: Subject | None, place: tuple[int, int]) -> ClaimNode:
    x, y = place
    if subject is None:
        title = "not in this report"
        return ClaimNode(claim=claim, title=title, lines=(title,), x=x, y=y)
    lines = textwrap.wrap(subject.title, LINE, max_lines=2, placeholder=" …")
    return ClaimNode(
        claim=claim,
        href=anchor(subject.id),
        title=subject.title,
        lines=tuple(lines),
        verdict=subject.places[0].verdict if subject.places else "none",
        status=subject.status,
        x=x,
        y=y,
    )


def _path(before: tuple[int, int], after: tuple[int, int]) -> str:
    x1, y1 = before[0] + WIDE, before[1] + TALL // 2
    x2, y2 = after[0], after[1] + TALL // 2
    middle = (x1 + x2) / 2
    return f"M{x1} {y1}C{middle:g} {y1} {middle:g} {y2} {x2 - 7} {y2}"
