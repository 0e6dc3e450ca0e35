"""Runs of pytest whose subject is not where stages are computed."""

import pytest

from tests.support.laboratory import Laboratory


@pytest.fixture
def inline(project: Laboratory) -> None:
    """Compute in the processes that judge: one that starts for a stage alone is most of a run."""
    project.backend = "inline"
