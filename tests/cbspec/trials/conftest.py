"""A project with a canary on record, under version control."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.laboratory import Laboratory, working_in


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The garden with one claim and its canary on record; height counts in the canary."""
    with working_in(tmp_path_factory.mktemp("guarded")) as project:
        project.furnish()
        project.edit("claims/defaults.yaml", "{days: 30}\n", "{days: 30}\n  canary: {days: 2}\n")
        project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
        project.claim("light.yaml")
        project.commit()
        project.pytest("--scale", "canary")
        assert project.cbspec("accept", "--canary").exit_code == 0
        project.commit()
        return project.root


@pytest.fixture
def guarded(template: Path, tmp_path: Path) -> Iterator[Laboratory]:
    """A copy of the template that a test may change."""
    with working_in(Path(shutil.copytree(template, tmp_path / "project"))) as project:
        yield project
