"""A project to write claims into: a catalog, defaults, and a claim that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbspec.catalog import Catalog
from cbspec.claim import Claim
from cbspec.errors import ClaimError
from cbspec.language import load_file
from tests.labs.training import STAGES
from tests.support.broken_text import CLAIM, DEFAULTS


class Project:
    """A folder with one claim file and the defaults above it."""

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.root = root
        self.catalog = catalog
        (root / "pyproject.toml").touch()
        self.write("defaults.yaml", DEFAULTS)

    def write(self, name: str, text: str | bytes) -> Path:
        """A file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def claims(
        self,
        *edits: tuple[str, str],
        text: str = CLAIM,
        scale: str = "quick",
        name: str = "claim.yaml",
    ) -> tuple[Claim, ...]:
        """The claims of a text after replacements, each of which must apply."""
        for old, new in edits:
            assert old in text, f"nothing to replace: {old}"
            text = text.replace(old, new)
        return load_file(self.write(name, text), catalog=self.catalog, scale=scale)

    def messages(self, *edits: tuple[str, str], text: str = CLAIM) -> list[str]:
        """``line:column: key: message`` of every mistake of such a text."""
        with pytest.raises(ClaimError) as caught:
            self.claims(*edits, text=text)
        return [
            f"{m.origin.line}:{m.origin.column}: {m.key}: {m.message}"
            for m in caught.value.mistakes
        ]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog(STAGES, "sample_engine")


@pytest.fixture
def project(tmp_path: Path, catalog: Catalog) -> Project:
    return Project(tmp_path, catalog)
