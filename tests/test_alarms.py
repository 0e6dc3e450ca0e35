"""The changes of code that the benchmark of false alarms makes by itself."""

from __future__ import annotations

import pytest

from cbspec import language
from tests.bench.alarms import claim_files, named_results, reaching
from tests.bench.project import ROOT

SOURCE = """\
def double(x):
    return x + x


def twice(x):
    def inner():
        return double(double(x))

    return inner()


def same(x):
    return x
"""


def test_a_result_that_gets_a_name_is_the_same():
    """What a function returns is given a name first, and stays what it was."""
    names: dict = {}

    changed = named_results(SOURCE)
    exec(changed, names)

    assert changed.count("given_back = ") == 3
    assert names["twice"](3) == 12
    assert names["same"](3) == 3


@pytest.mark.parametrize("source", ["X = 1\n", "def same(x):\n    return x\n", ""])
def test_a_module_without_such_results_is_left_alone(source):
    """Where nothing can have a name there is no change to try."""
    assert named_results(source) == ""


def test_every_claim_is_dealt_and_knows_what_it_reaches():
    """The oracle's file is reached by the claims that have the arm, and rules by all that train."""
    files = {str(path.relative_to(ROOT)) for path in language.claim_files([ROOT / "claims"])}

    assert set(claim_files()) == files
    assert "claims/phase6/6A.a.yaml" in reaching("engine/credit/oracle.py")
    assert "claims/phase1/1.a.yaml" not in reaching("engine/credit/oracle.py")
    assert reaching("engine/none.py") == []
