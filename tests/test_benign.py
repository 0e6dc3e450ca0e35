"""The changes that must put no claim in doubt still apply to the engine as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.bench.benign import Change, Replacement, changes
from tests.bench.canary import judged
from tests.bench.mutation import mutations

ROOT = Path(__file__).parents[1]
ALL = changes()


def test_there_are_many_of_each_sort():
    """At least thirty changes, each of its own name, edits and circumstances among them."""
    edits = [change for change in ALL if change.path]
    circumstances = [change for change in ALL if change.options or change.environment]

    assert len({change.name for change in ALL}) == len(ALL) == len(edits) + len(circumstances) >= 30
    assert len(edits) >= 20
    assert len(circumstances) >= 5


@pytest.mark.parametrize("change", [change for change in ALL if change.path], ids=lambda c: c.name)
def test_an_edit_applies(change):
    """Each text is there once, and the edited file is Python."""
    edited = change.edited((ROOT / change.path).read_text(encoding="utf-8"))

    ast.parse(edited)
    assert edited != (ROOT / change.path).read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "a = 1\na = 1\n"])
def test_an_edit_that_no_longer_applies_says_so(text):
    """A text that is gone, or there twice, is an error that names change and file."""
    change = Change(
        name="sum", title="", path="engine/a.py", edits=(Replacement("a = 1", "a = 2"),)
    )

    with pytest.raises(ValueError, match=r"sum no longer applies: engine/a\.py has [02] times"):
        change.edited(text)


def test_a_mistake_is_noticed_where_every_claim_that_runs_it_differs():
    """Claims that run the definition and stay equal are a miss, but for those that it cannot move."""
    mutation = mutations()[0]
    blind = replace(mutation, spares=("1.b",))
    reached = {"1.a": "error", "1.b": "error", "1.c": "equal"}

    caught = judged(mutation, {"1.a": "differs", "1.b": "differs", "1.c": "equal"}, reached)
    missed = judged(mutation, {"1.a": "differs", "1.b": "equal", "1.c": "equal"}, reached)
    unmoved = judged(blind, {"1.a": "differs", "1.b": "equal", "1.c": "equal"}, reached)
    stranger = judged(mutation, {"1.a": "differs", "1.b": "differs", "1.c": "differs"}, reached)

    assert (caught.met, caught.figure) == (True, "noticed by 2 of 2 claims that run it")
    assert (missed.met, missed.figure) == (
        False,
        "noticed by 1 of 2 claims that run it; not noticed: 1.b",
    )
    assert (unmoved.met, unmoved.figure) == (
        True,
        "noticed by 1 of 2 claims that run it; 1 that it cannot move",
    )
    assert not stranger.met
