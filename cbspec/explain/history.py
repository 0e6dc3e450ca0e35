"""Earlier code: the definitions behind a recorded fingerprint, from the store or from a commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from cbspec.errors import CbspecError
from cbspec.explain.commits import Commits
from cbspec.fingerprint import Code
from cbspec.store import Store

Definitions = Mapping[str, str]


class History:
    """Finds earlier states of the engine's code.

    Args:
        code: the present code of the engine.
        store: has the definitions of code that results were computed with.
    """

    def __init__(self, code: Code, store: Store) -> None:
        self._code = code
        self._store = store
        self._files = Commits(code.root)
        self._commits: dict[str, dict[str, Definitions | None]] = {}

    def definitions(
        self, implementation: str, digest: str, commit: str | None
    ) -> Definitions | None:
        """Return the definitions of an earlier fingerprint; None if they are no longer known.

        Args:
            implementation: the implementation of the stage.
            digest: the digest of the fingerprint, or its first digits.
            commit: the commit to look in if the store does not know the code.
        """
        known = self._store.codes.of(digest)
        if known is not None or commit is None:
            return known
        return self.at(commit, [implementation])[implementation]

    def at(self, commit: str, implementations: Collection[str]) -> Mapping[str, Definitions | None]:
        """Return implementation -> its definitions in a commit; None if the commit lacks it."""
        known = self._commits.setdefault(commit, {})
        absent = set(implementations) - known.keys()
        if absent:
            known |= self._definitions(self._files.folder(commit), absent)
        return known

    def _definitions(
        self, folder: Path | None, implementations: Collection[str]
    ) -> dict[str, Definitions | None]:
        definitions: dict[str, Definitions | None] = dict.fromkeys(implementations)
        if folder is None:
            return definitions
        try:
            code = self._code.at(folder)
        except CbspecError:  # the engine did not exist yet
            return definitions
        for implementation in implementations:
            try:
                definitions[implementation] = code.fingerprint(implementation).definitions
            except CbspecError:  # the implementation was elsewhere, or did not exist yet
                continue
        return definitions
