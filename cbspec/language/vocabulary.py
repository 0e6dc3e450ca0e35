"""The names that a project's claims use. Editors complete them, and mark misspelt ones."""

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
    """The names of a project, in the order of its files.

    Attributes:
        calls: name of a call of the defaults -> the stage that it calls; empty if that is unknown.
        arms: the arms of all claims.
        measures: the measures that claims and defaults describe themselves, as for tables.
        scales: the scales of all defaults.
        placeholders: the sizes of scales and the names of matrices, without ``$``.
    """

    calls: Mapping[str, str] = field(default_factory=dict)
    arms: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()


def vocabulary(folder: Path) -> Vocabulary:
    """Return the names in the files of a folder of claims, skipping those that cannot be read."""
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
        # Only defaults define scales; a claim names some, and its file has an experiment
        if "stages" in sections or "experiment" not in sections:
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
    """Yield the measures that calls describe, at any depth."""
    for key, child in node.entries.items():
        if key == "measures":
            yield from child.entries
        else:
            yield from _described(child)


def _stage(call: Node, calls: Mapping[str, Node]) -> str:
    """Return the stage that a named call leads to; empty if it leads to none."""
    for _ in calls:
        word = call.entries.get("stage")
        if word is not None:
            return word.text
        used = call.entries.get("use", call)
        if used.text not in calls:
            return ""
        call = calls[used.text]
    return call.entries["stage"].text if "stage" in call.entries else ""
