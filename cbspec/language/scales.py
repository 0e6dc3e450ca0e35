"""The scales of a claim file: at which of them it can be decided, and its sizes there."""

from __future__ import annotations

from collections.abc import Mapping

from cbspec.language.conform import unknown
from cbspec.language.defaults import Defaults
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.matrix import MatrixCell
from cbspec.language.node import Node
from cbspec.language.scope import Scope


class Scales:
    """What a file says of its scales, over what the defaults say.

    Args:
        section: the file's own words, a list of scales or scale -> sizes that differ; None where
            they are missing or have mistakes.

    Attributes:
        decidable: the scales that the file names and the defaults know.
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
        """Take the only scale that there is, for a file that names none.

        Args:
            usual: what the scale is called where the defaults name none either.
            place: the claim, for the mistake of a file that has to choose between scales.
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
        """Return the scale at which a claim is read: the asked one if it can be decided there, else
        the first at which it can.
        """
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
        """Return what ``$name`` stands for in a cell at a scale."""
        elsewhere: dict[str, str] = {}
        for sizes in self._known.values():
            elsewhere |= dict.fromkeys(sizes, f"no size of scale {scale}")
        return Scope(cell, self.sizes(scale), self._mistakes, elsewhere)
