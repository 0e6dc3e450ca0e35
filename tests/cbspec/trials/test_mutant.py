"""Where a file can be changed, and which changes are drawn."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from cbspec.canary.teeth import Tried
from cbspec.trials.mutant import SourceFile
from cbspec.trials.sample import drawn, sampled

SOURCE = '''\
"""A module: 1 + 1."""
RATE = 0.5


def long(x: list[int]) -> float:
    """Add 2 and 2."""
    if not x:
        raise ValueError("expected 1 or more" + str(1 + 1))
    total = x[0] * RATE
    total = total * 2.0 + 3.0 * 4.0
    return total - 5.0


class Net:
    width: int = 8

    def short(self) -> int:
        return self.width + 1


def unreached() -> int:
    return 1 + 2
'''
DEFINITIONS = ("RATE", "long", "Net", "Net.short")


@pytest.fixture
def file(tmp_path):
    """The file of the source above."""
    (tmp_path / "net.py").write_text(SOURCE)
    return SourceFile(tmp_path, "net.py")


def test_only_reached_definitions_are_changed(file):
    """A site belongs to the innermost function or method, or to the name that a module binds."""
    sites = list(file.sites(DEFINITIONS))

    assert {site.definition for site in sites} == {"RATE", "long", "Net", "Net.short"}


def test_what_changes_no_value_is_left_alone(file):
    """Annotations, docstrings and what a raised error says are no place for a mutant."""
    lines = {mutant.line for mutant in sampled(file.sites(DEFINITIONS), 1000, 0)}

    assert lines == {2, 7, 9, 10, 11, 15, 18}


def test_a_mutant_differs_in_one_place(file):
    """A mutant is the file with one change, in Python, at the line it names."""
    for mutant in sampled(file.sites(DEFINITIONS), 1000, 0):
        ast.parse(mutant.text)
        before, after = SOURCE.splitlines(), mutant.text.splitlines()
        different = [n for n, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
        assert different == [mutant.line]


def test_a_sample_is_drawn_again_by_its_seed(file):
    """The same seed draws the same mutants, no two alike; another seed draws others."""
    first = [mutant.name for mutant in sampled(file.sites(DEFINITIONS), 12, 3)]
    again = [mutant.name for mutant in sampled(file.sites(DEFINITIONS), 12, 3)]
    other = [mutant.name for mutant in sampled(file.sites(DEFINITIONS), 12, 4)]

    assert first == again
    assert len(set(first)) == 12
    assert first != other


def test_a_long_definition_is_no_likelier(file):
    """Of a sample as large as there are definitions, each definition has one."""
    drawn = Counter(mutant.definition for mutant in sampled(file.sites(DEFINITIONS), 4, 0))

    assert drawn == {"net.py:RATE": 1, "net.py:long": 1, "net.py:Net": 1, "net.py:Net.short": 1}


def test_a_sample_keeps_what_can_still_be_made(file):
    """What was drawn from code that is as it was comes first, and the rest is drawn anew, no
    mutant twice.
    """
    sites = list(file.sites(DEFINITIONS))
    first = drawn(sites, 4, 3, ())
    tried = list(map(on_record, first))
    remaining = [site for site in sites if site.definition != "long"]

    again = drawn(sites, 4, 3, tried)
    after = drawn(remaining, 4, 3, tried)

    assert {mutant.name for mutant in again} == {mutant.name for mutant in first}
    kept = [mutant.name for mutant in first if mutant.definition != "net.py:long"]
    assert len(kept) == 3
    assert {mutant.name for mutant in after[: len(kept)]} == set(kept)
    assert len({mutant.name for mutant in after}) == 4
    assert {mutant.definition for mutant in after} == {
        "net.py:RATE",
        "net.py:Net",
        "net.py:Net.short",
    }


def on_record(mutant):
    """Return a mutant as it is on record."""
    return Tried(
        name=mutant.name,
        definition=mutant.definition,
        line=mutant.line,
        operator=mutant.operator,
        before=mutant.before,
        after=mutant.after,
        reaches=(),
        outcome="noticed",
    )


def test_what_only_names_a_type_is_left_alone(tmp_path):
    """An annotation with a name of its own is one: no value is computed with its bounds."""
    source = 'Rate = Annotated[float, Meta(gt=0)]\nP = TypeVar("P", bound=float)\nSTEP = 0.5\n'
    (tmp_path / "ranges.py").write_text(source)

    sites = SourceFile(tmp_path, "ranges.py").sites(["Rate", "P", "STEP"])

    assert {site.definition for site in sites} == {"STEP"}
