"""A project without an engine: a table of results, and a claim on it."""

from __future__ import annotations

import pytest

from tests.support.laboratory import Laboratory
from tests.support.table_text import ADAM, CLAIM, DEFAULTS, SGD, table


@pytest.fixture
def study(empty: Laboratory) -> Laboratory:
    """Five runs of Adam and seven of SGD; no engine."""
    empty.write("pyproject.toml", "[tool.cbspec]\n")
    empty.write("runs.csv", table(adam=ADAM, sgd=SGD))
    empty.write("claims/defaults.yaml", DEFAULTS)
    empty.write("claims/1.a.yaml", CLAIM)
    return empty
