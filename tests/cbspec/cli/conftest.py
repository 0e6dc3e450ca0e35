import sys

import pytest

from tests.cbspec.cli.laboratory import WEIGHT, Laboratory, forget_engine
from tests.cbspec.plugin.conftest import LIGHT


@pytest.fixture
def laboratory(tmp_path, monkeypatch):
    """A project with two claims, one of which needs the other's plants."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBSPEC_STORE", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("cbspec.numerics.torch_build", lambda: ("2.11.0", None))
    made = Laboratory(tmp_path)
    made.found()
    made.write("claims/phase1/1.a.yaml", LIGHT)
    made.write("claims/phase2/2.a.yaml", WEIGHT)
    forget_engine()
    yield made
    forget_engine()
