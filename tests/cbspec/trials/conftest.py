"""A project with a canary on record, under version control."""

from __future__ import annotations

import pytest

from tests.support.laboratory import Laboratory


@pytest.fixture
def guarded(project: Laboratory) -> Laboratory:
    """The garden with one claim and its canary on record; height counts in the canary."""
    project.edit("claims/defaults.yaml", "{days: 30}\n", "{days: 30}\n  canary: {days: 2}\n")
    project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
    project.claim("light.yaml")
    project.commit()
    project.pytest("--scale", "canary")
    assert project.cbspec("accept", "--canary").exit_code == 0
    project.commit()
    return project
