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
    """Warns of each project whose claims a run passes by."""

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
