"""A definition that changed since a verdict was recorded."""

from __future__ import annotations

from typing import Literal

import msgspec


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A definition whose change made a stage of the claim stale.

    Attributes:
        path: the file, relative to the repository.
        line: the line of the definition; 1 if it was removed.
        stage: the names of the stages that reach it, separated by commas.
        what: the kind of change; `added` if the stage now reaches it, `removed` if no longer.
    """

    path: str
    line: int
    definition: str
    stage: str
    what: Literal["changed", "added", "removed"] = "changed"

    @property
    def text(self) -> str:
        """Return the edit as text: ``"engine/rules.py:23: inner_product (stage descent)"``."""
        became = "" if self.what == "changed" else f" {self.what}"
        return f"{self.path}:{self.line}: {self.definition}{became} (stage {self.stage})"
