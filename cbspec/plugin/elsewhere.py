"""Projects in the folders of a run that is none of theirs: pytest collects their tests, and cbspec
none of their claims.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from cbspec.config import FILE, load
from cbspec.errors import ConfigError


class UncollectedWarning(pytest.PytestWarning):
    """Claims in the folders of a run are no part of it."""


class Elsewhere:
    """Warns of each project whose claims a run passes by, and of one that has none."""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look at the project that the run belongs to."""
        project = load(session.config.rootpath)
        if project.declared and not project.claims.is_dir():
            text = f"{project.claims}, the folder of this project's claims, is not there"
            warnings.warn(UncollectedWarning(text), stacklevel=1)

    def pytest_collect_directory(self, path: Path) -> None:
        """Look at a folder that pytest collects."""
        if not (path / FILE).is_file():
            return
        try:
            project = load(path)
        except ConfigError:  # told where it is run
            return
        if project.declared and project.claims.is_dir() and project.root == path:
            text = f"the claims of {path} are no part of this run: run pytest {path} for them"
            warnings.warn(UncollectedWarning(text), stacklevel=1)
