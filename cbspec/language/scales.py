"""The scales of a claim file: where it can be decided, and its sizes at each."""

from __future__ import annotations

from collections.abc import Mapping

from cbspec.language.conform import unknown
from cbspec.language.defaults import Defaults
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.matrix import MatrixCell
from cbspec.language.node import Node
from cbspec.language.scope import Scope


class Scales:
    """The scales of a file, merged with those of its defaults.

    Args:
        section: the file's own section: a list of scales, or scale -> sizes that differ. None if it
            is missing or has mistakes.

    Attributes:
        decidable: the scales that the file names and the defaults define.
    """

    def __init__(self, section: Node | None, defaults: Defaults, mistakes: Diagnostics) -> None:
        self._section = section
        self._known = defaults.scales
        self._mistakes = mistakes
        self.decidable: list[str] = []
        if section is not None and not defaults.mistakes:
            named = {child.text: child for child in section.items} or section.keys
            self._decide(named)

    def imply(self, usual: str, place: Node) -> None:
        """Use the only scale, for a file that names none; note a mistake if there are several.

        Args:
            usual: the name of the scale if the defaults define none either.
            place: the claim, for the mistake.
        """
        if len(self._known) > 1:
            known = ", ".join(self._known)
            self._mistakes.add(place, f"missing scales: name those of {known} that can decide it")
            return
        self.decidable += self._known or [usual]

    def _decide(self, named: Mapping[str, Node]) -> None:
        for name, place in named.items():
            if name in self._known:
                self.decidable.append(name)
                continue
            message = unknown("scale", name, list(self._known))
            if not self._known:
                message += "; no defaults.yaml above this file has scales"
            self._mistakes.add(place, message)

    def read_at(self, asked: str) -> str:
        """Return the asked scale if the claim is decidable there, else the claim's first scale."""
        if asked in self.decidable:
            return asked
        return next(iter(self.decidable or self._known), asked)

    def sizes(self, scale: str) -> Mapping[str, Node]:
        """Return the sizes of a scale, with the file's changes."""
        sizes = self._known.get(scale, {})
        if self._section is None or scale not in self._section.entries:
            return sizes
        changes = self._section.entries[scale]
        for name, place in changes.keys.items():
            if name not in sizes:
                message = unknown("size", name, list(sizes), of=f"scale {scale}")
                self._mistakes.add(place, message)
        return {**sizes, **changes.entries} if changes.entries else sizes

    def scope(self, cell: MatrixCell, scale: str) -> Scope:
        """Return the names that ``$name`` may stand for in a cell at a scale."""
        elsewhere: dict[str, str] = {}
        for sizes in self._known.values():
            elsewhere |= dict.fromkeys(sizes, f"no size of scale {scale}")
        return Scope(cell, self.sizes(scale), self._mistakes, elsewhere)
