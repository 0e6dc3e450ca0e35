"""The commits of a project, each in a folder of its own; the checkout is left alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from cbspec.config import Config
from cbspec.errors import CbspecError
from cbspec.ledger.repository import git, git_bytes


class Commits:
    """Finds commits and writes them out.

    Args:
        config: the project's settings.
        folder: an empty folder for the commits.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._root = config.root
        self._folder = folder

    def between(self, good: str, bad: str, files: Iterable[str]) -> list[str]:
        """Return `good` and, oldest first, the commits up to `bad` that touch what a run of claims
        reads.

        Args:
            good, bad: names of commits.
            files: data files, as claims name them.

        Raises:
            CbspecError: one of them is no commit, or `good` is not before `bad`.
        """
        first, last = self.named(good), self.named(bad)
        if git(self._root, "merge-base", "--is-ancestor", first, last) is None:
            raise CbspecError(f"{good} is not before {bad}")
        source = self._config.source.relative_to(self._root)
        parts = [str(source / package) for package in self._config.packages]
        parts += [str(self._config.claims.relative_to(self._root)), "pyproject.toml"]
        parts.append(":(glob)**/*.py")
        folders = [self._root]
        if self._config.data and self._config.data.is_relative_to(self._root):
            folders.append(self._config.data)
        for name in files:
            parts += [str((folder / name).relative_to(self._root)) for folder in folders]
        span = f"{first}..{last}"
        listed = git(self._root, "rev-list", "--reverse", "--first-parent", span, "--", *parts)
        return [first, *(listed or "").split()]

    def subject(self, commit: str) -> str:
        """Return the first line of a commit's message."""
        return (git(self._root, "show", "-s", "--format=%s", commit) or "").strip()

    def written(self, commit: str) -> Path:
        """Return a folder with the files of a commit, which is written at the first call."""
        place = self._folder / commit
        if not place.exists():
            archive = git_bytes(self._root, "archive", commit)
            if archive is None:
                raise CbspecError(f"git cannot archive {commit}")
            with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
                tree.extractall(place, filter="data")
        return place

    def named(self, name: str) -> str:
        """Return the full name of a commit.

        Raises:
            CbspecError: there is none.
        """
        commit = git(self._root, "rev-parse", "--verify", f"{name}^{{commit}}")
        if commit is None:
            raise CbspecError(f"{name} is no commit of this repository")
        return commit.strip()
