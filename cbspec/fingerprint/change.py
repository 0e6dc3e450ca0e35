"""What differs between the code that a result was computed with and the code as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TEXT = "<text>"  # of a file that code reads as such
ORDER = "<order>"  # of what a module does when it is imported


@dataclass(frozen=True, slots=True)
class Change:
    """One definition that differs: the file it stands in, relative to the project root, and its
    qualified name.
    """

    path: str
    name: str
    what: Literal["changed", "added", "removed"]

    @property
    def definition(self) -> str:
        """Return ``"engine/rules.py:inner_product"``, as in `Fingerprint.definitions`."""
        return f"{self.path}:{self.name}"

    def __str__(self) -> str:
        return f"{self.definition} {self.what}"


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what changed between two fingerprints' definitions, in the order of their names.

    A definition is *added* (or *removed*) when the implementation has come to reach it (or ceased
    to), whether or not it is new in its file. An order is told where nothing else of its file is:
    what comes or goes has a place, too.
    """
    differences: list[Change] = []
    for definition in sorted(old.keys() | new.keys()):
        path, _, name = definition.partition(":")
        if definition not in old:
            differences.append(Change(path, name, "added"))
        elif definition not in new:
            differences.append(Change(path, name, "removed"))
        elif old[definition] != new[definition]:
            differences.append(Change(path, name, "changed"))
    # Where definitions changed, the order of the file is not said besides
    explained = {change.path for change in differences if change.name != ORDER}
    return tuple(
        change for change in differences if change.name != ORDER or change.path not in explained
    )
