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
    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.11.0", None))
    made = Laboratory(tmp_path)
    made.found()
    made.write("claims/phase1/1.a.yaml", LIGHT)
    made.write("claims/phase2/2.a.yaml", WEIGHT)
    forget_engine()
    yield made
    forget_engine()


@pytest.fixture
def doubtful(laboratory):
    """The project with a claim that three seeds leave open, and two more that it may draw."""
    order = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        order,
        "{kind: threshold, measure: height, arms: [bright], above: 24.0}",
    )
    laboratory.edit("claims/phase1/1.a.yaml", "  dark: {light: 2.0}\n", "")
    laboratory.edit("claims/phase1/1.a.yaml", "{dark: 6.0, bright: 24.0}", "{bright: 24.0}")
    return laboratory
