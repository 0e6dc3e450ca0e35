"""The scales of a claim file: where it can be decided, and its sizes at each."""

from __future__ import annotations

from collections.abc import Mapping

from cbspec.language.conform import unknown
from cbspec.language.defaults import Defaults
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.matrix import MatrixCell
from cbspec.language.node import Node
from cbspec.language.scope import Scope

_CANARY = "the canaries' scale decides no claim, and every claim has it: name the others"


class Scales:
    """The scales of a file, merged with those of its defaults.

    Args:
        section: the file's own section: a list of scales, or scale -> sizes that differ. None if it
            is missing or has mistakes.
        canary: the scale of the canaries, which decides no claim; empty if there is none.

    Attributes:
        decidable: the scales that the file names and the defaults define.
    """

    def __init__(
        self, section: Node | None, defaults: Defaults, mistakes: Diagnostics, canary: str = ""
    ) -> None:
        self._section = section
        self._known = defaults.scales
        self._judged = [scale for scale in defaults.scales if scale != canary]
        self._canary = canary
        self._mistakes = mistakes
        self.decidable: list[str] = []
        if section is not None and defaults.named:
            named = {child.text: child for child in section.items} or section.keys
            self._decide(named)

    def imply(self, usual: str, place: Node) -> None:
        """Use the only scale, for a file that names none; note a mistake if there are several.

        Args:
            usual: the name of the scale if the defaults define none either.
            place: the claim, for the mistake.
        """
        if len(self._judged) > 1:
            known = ", ".join(self._judged)
            self._mistakes.add(place, f"missing scales: name those of {known} that can decide it")
            return
        self.decidable += self._judged or [usual]

    def _decide(self, named: Mapping[str, Node]) -> None:
        for name, place in named.items():
            if name in self._judged:
                self.decidable.append(name)
                continue
            if name == self._canary and name in self._known:
                if not self._sized(named):
                    self._mistakes.add(place, _CANARY)
                continue
            message = unknown("scale", name, self._judged)
            if not self._known:
                message += "; no defaults.yaml above this file has scales"
            self._mistakes.add(place, message)

    def _sized(self, named: Mapping[str, Node]) -> bool:
        """Tell whether the section is a mapping, with sizes of the canary beside other scales."""
        return self._section is not None and not self._section.items and len(named) > 1

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
