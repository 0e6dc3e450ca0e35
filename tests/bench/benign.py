"""A change that leaves every finding as it is, as ``benign.yaml`` has it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from tests.bench.mutation import replaced

FILE = Path(__file__).with_name("benign.yaml")


class Replacement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text that becomes another."""

    old: str
    new: str


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edit of one file, or circumstances of a run.

    Attributes:
        path: of the file that is edited; empty for a circumstance.
        edits: in order; the file has each `old` exactly once.
        options: of pytest.
        environment: variables.
    """

    name: str
    title: str
    path: str = ""
    edits: tuple[Replacement, ...] = ()
    options: tuple[str, ...] = ()
    environment: dict[str, str] = {}

    def edited(self, text: str) -> str:
        """Return the file's text after the edit.

        Raises:
            ValueError: the edit no longer applies.
        """
        for edit in self.edits:
            text = replaced(text, edit.old, edit.new, who=self.name, path=self.path)
        return text

    def apply(self, root: Path) -> None:
        """Edit the project at `root`. Raises ValueError where the edit no longer applies."""
        file = root / self.path
        file.write_text(self.edited(file.read_text(encoding="utf-8")), encoding="utf-8")


def changes() -> tuple[Change, ...]:
    """All changes, in the order of the file."""
    return msgspec.convert(yaml.safe_load(FILE.read_text(encoding="utf-8")), tuple[Change, ...])
