"""Finding what changed in a claim's code since a verdict or a canary was recorded."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.fingerprint import Code
from cbspec.model.edit import Edit
from cbspec.store import Store

if TYPE_CHECKING:
    from cbspec.explain import History, Recorded


class Edits:
    """Finds edits. The modules for that are imported when it is first asked, which is rare.

    Args:
        config: the project's settings.
        code: the present code of the engine.
        store: has the definitions of earlier code.
    """

    def __init__(self, config: Config, code: Code, store: Store) -> None:
        self.root = config.root
        self._code = code
        self._store = store

    def since(self, claim: Claim, recorded: Recorded) -> tuple[Edit, ...]:
        """Return what changed in a claim's code since a verdict or a canary was recorded."""
        from cbspec.explain import edits_since

        return edits_since(
            recorded,
            claim.arms.values(),
            code=self._code,
            history=self._history,
            root=self.root,
        )

    @cached_property
    def _history(self) -> History:
        from cbspec.explain import History

        return History(self._code, self._store)
