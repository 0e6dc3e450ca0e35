"""The benchmark of edits: each applies, and a few of every kind are tried."""

from __future__ import annotations

import pytest

from tests.bench.edits.cases import benign, changing
from tests.bench.edits.trial import Outcome, tried

CHANGING = {case.name: case for case in changing()}
BENIGN = {case.name: case for case in benign()}
ALL = [*CHANGING.values(), *BENIGN.values()]


def test_there_are_as_many_as_are_promised():
    """At least 250 edits that change a value, and 60 that change none, each with its own name."""
    assert len(CHANGING) >= 250
    assert len(BENIGN) == 60
    assert len(ALL) == len(list(changing())) + len(list(benign()))


@pytest.mark.parametrize("case", [case for case in ALL if case.old], ids=lambda case: case.name)
def test_an_edit_replaces_one_text_by_another(case):
    """The text stands once in the file that is edited, and the new one is another."""
    assert case.files[case.path].count(case.old) == 1
    assert case.old != case.new


@pytest.mark.parametrize(
    "name",
    [
        "target in a configuration: body of a function",
        "plugins found in a folder: field of a dataclass",
        "run by its path: module constant",
        "linked package: helper two files away",
        "imports that set one name swapped",
        "package put beside a module of its name",
    ],
)
def test_an_edit_that_changes_a_value_changes_the_key(name):
    """Also where only a run shows which files the stage loads."""
    assert tried(CHANGING[name]) == Outcome(value=True, key=True)


@pytest.mark.parametrize("name", ["docstring of a module", "new unused class", "functions moved"])
def test_an_edit_that_changes_no_value_keeps_the_key(name):
    """A stage is not run again for what it does not use."""
    assert tried(BENIGN[name]) == Outcome(value=False, key=False)
