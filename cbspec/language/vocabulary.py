"""The names that a project's claims use: what an editor completes, and marks where it is misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.files import below, is_claim_file, is_shared
from cbspec.language.node import Node
from cbspec.language.parse import read


@dataclass(frozen=True)
class Vocabulary:
    """Names by what they stand for, in the order of the files; none where nothing is known.

    Attributes:
        calls: name of a call of the defaults -> the stage that it calls; empty where it names none.
        arms: those of all claims.
        measures: those that claims and defaults describe themselves, as tables have them.
        scales: those of all defaults.
        placeholders: sizes of the scales and names of a matrix, without their ``$``.
    """

    calls: Mapping[str, str] = field(default_factory=dict)
    arms: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()


def vocabulary(folder: Path) -> Vocabulary:
    """Return the names in the files of a folder of claims; one that cannot be read has none."""
    calls: dict[str, Node] = {}
    arms: dict[str, None] = {}
    measures: dict[str, None] = {}
    scales: dict[str, None] = {}
    placeholders: dict[str, None] = {}
    for root in _roots(folder):
        sections = root.entries
        calls |= _entries(sections.get("stages"))
        arms |= dict.fromkeys(_entries(sections.get("arms")))
        placeholders |= dict.fromkeys(_entries(sections.get("matrix")))
        if "stages" in sections or "experiment" not in sections:  # a claim names scales
            for scale, sizes in _entries(sections.get("scales")).items():
                scales[scale] = None
                placeholders |= dict.fromkeys(sizes.entries)
        measures |= dict.fromkeys(_described(root))
    stages = {}
    for name, call in calls.items():
        stages[name] = _stage(call, calls)
    return Vocabulary(stages, tuple(arms), tuple(measures), tuple(scales), tuple(placeholders))


def _roots(folder: Path) -> Iterator[Node]:
    """Yield the mapping of each claim file and each defaults.yaml."""
    for path in sorted(below(folder)):
        if not (is_shared(path) or is_claim_file(path)):
            continue
        try:
            document = read(path, Diagnostics())
        except TooMany:
            continue
        if document is not None:
            yield document.root


def _entries(node: Node | None) -> dict[str, Node]:
    return {} if node is None else node.entries


def _described(node: Node) -> Iterator[str]:
    """Yield the measures that calls at any depth describe."""
    for key, child in node.entries.items():
        if key == "measures":
            yield from child.entries
        else:
            yield from _described(child)


def _stage(call: Node, calls: Mapping[str, Node]) -> str:
    """Return the stage that a call comes down to; empty where there is none."""
    for _ in calls:
        word = call.entries.get("stage")
        if word is not None:
            return word.text
        used = call.entries.get("use", call)
        if used.text not in calls:
            return ""
        call = calls[used.text]
    return call.entries["stage"].text if "stage" in call.entries else ""
