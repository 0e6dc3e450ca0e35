"""The changes between the code that a result was computed with and the present code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TEXT = "<text>"  # stands for the whole text of a file that code reads
ORDER = "<order>"  # stands for the order of what a module does when it is imported


@dataclass(frozen=True, slots=True)
class Change:
    """One definition that differs: its file, relative to the project, and its qualified name."""

    path: str
    name: str
    what: Literal["changed", "added", "removed"]

    @property
    def definition(self) -> str:
        """Return ``"engine/rules.py:inner_product"``, the key in `Fingerprint.definitions`."""
        return f"{self.path}:{self.name}"

    def __str__(self) -> str:
        return f"{self.definition} {self.what}"


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the changes between the definitions of two fingerprints, sorted by name.

    A definition is *added* if the implementation now reaches it and did not before, whether it is
    new in its file or not; *removed* is the opposite. A changed order is reported only if nothing
    else in the file changed, since any definition that comes or goes changes the order too.
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
    # A changed order is left out for files with changed definitions, see above
    explained = {change.path for change in differences if change.name != ORDER}
    return tuple(
        change for change in differences if change.name != ORDER or change.path not in explained
    )
