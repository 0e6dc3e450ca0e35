"""A definition that changed since a verdict was recorded."""

from __future__ import annotations

from typing import Literal

import msgspec


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A definition whose change made a stage of the claim stale.

    Attributes:
        path: relative to the repository.
        line: 1 where it was removed.
        stage: names of the stages, with commas.
        what: added (or removed) where the stage has come to reach it (or ceased to).
    """

    path: str
    line: int
    definition: str
    stage: str
    what: Literal["changed", "added", "removed"] = "changed"

    @property
    def text(self) -> str:
        """Return the edit as text, ``"engine/rules.py:23: inner_product (stage local_descent)"``,
        with its kind if it is no simple change.
        """
        became = "" if self.what == "changed" else f" {self.what}"
        return f"{self.path}:{self.line}: {self.definition}{became} (stage {self.stage})"
