"""The code as it was: the definitions behind a recorded fingerprint, from the store or from the
recorded commit.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cbspec.errors import CbspecError
from cbspec.fingerprint import Code
from cbspec.store import Store

Definitions = Mapping[str, str]


class History:
    """Earlier states of the engine's code.

    Args:
        code: the engine's code as it is; its folder lies in a repository or outside of any.
        store: remembers the definitions of what was computed with it.
    """

    def __init__(self, code: Code, store: Store) -> None:
        self._code = code
        self._store = store
        self._commits: dict[str, dict[str, Definitions | None]] = {}

    def definitions(
        self, implementation: str, digest: str, commit: str | None
    ) -> Definitions | None:
        """Return what `implementation` reached when its fingerprint was `digest`; None if that is
        no longer known.

        Args:
            digest: the fingerprint's, in full or its first digits, as the ledger has it.
            commit: where to look if the store has never seen that code, as on a fresh machine.
        """
        known = self._store.codes.of(digest)
        if known is not None or commit is None:
            return known
        return self.at(commit, [implementation])[implementation]

    def at(self, commit: str, implementations: Collection[str]) -> Mapping[str, Definitions | None]:
        """Return implementation -> the definitions that it reached in a commit; None if it or the
        commit is not there.
        """
        known = self._commits.setdefault(commit, {})
        absent = set(implementations) - known.keys()
        if absent:
            with checked_out(self._code.root, commit) as folder:
                known |= self._definitions(folder, absent)
        return known

    def _definitions(
        self, folder: Path | None, implementations: Collection[str]
    ) -> dict[str, Definitions | None]:
        definitions: dict[str, Definitions | None] = dict.fromkeys(implementations)
        if folder is None:
            return definitions
        try:
            code = self._code.at(folder)
        except CbspecError:  # the engine was not there yet
            return definitions
        for implementation in implementations:
            try:
                definitions[implementation] = code.fingerprint(implementation).definitions
            except CbspecError:  # it stood elsewhere, or not at all
                continue
        return definitions


@contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path | None]:
    """Yield a temporary folder with the Python files that a commit has below `root`; None without
    git, or without that commit.
    """
    command = ["git", "-C", str(root), "archive", "--format=zip", commit, "--", ":(glob)**/*.py"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        yield None
        return
    if done.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cbspec-") as folder:
        with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder)
        yield Path(folder)
