"""Seeds as a claim gives them: a list, a range, or how much to draw of either."""

import pytest

from cbspec.claim import Seeds
from tests.support.broken_text import DEFAULTS

SHARED = "seeds: {pool: [42, 123, 456, 789, 1011, 1213], start: 3}"
WRITTEN = "seeds: {start: 3, max: 6}"


def seeds_of(project, words: str) -> Seeds:
    first, *_ = project.claims((WRITTEN, words))
    return first.seeds


@pytest.mark.parametrize(
    ("words", "seeds"),
    [
        ("seeds: 1..20", Seeds(tuple(range(1, 21)), 20)),
        ("seeds: {pool: 0..9, start: 4}", Seeds(tuple(range(10)), 4)),
        ("seeds: {pool: 0..9, start: 4, max: 8}", Seeds(tuple(range(8)), 4)),
        ("seeds: [4, 2, 9, 7, 5]", Seeds((4, 2, 9, 7, 5), 5)),
    ],
)
def test_a_range_stands_for_its_seeds(project, words, seeds):
    """A range is the list of its whole numbers, both ends included, wherever a list may stand."""
    assert seeds_of(project, words) == seeds


def test_a_claim_says_how_much_of_a_shared_range_it_draws(project):
    """The range of the defaults is the pool of a claim that gives only numbers."""
    project.write("defaults.yaml", DEFAULTS.replace(SHARED, "seeds: 11..30"))

    assert seeds_of(project, WRITTEN) == Seeds((11, 12, 13, 14, 15, 16), 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "seeds: 9..3",
            "30:8: seeds: the range 9..3 is empty: its first seed comes after its last",
        ),
        ("seeds: 1..20000", "30:8: seeds: the range 1..20000 has 20000 seeds (maximum 10000)"),
        (
            "seeds: {pool: 1..4, max: 6}",
            "30:26: seeds.max: max is 6, but the pool has 4 seeds",
        ),
    ],
)
def test_a_range_that_no_claim_can_mean_is_a_mistake(project, words, message):
    """An empty range, one of a slip of the keyboard, and one that is too short for its claim."""
    assert project.messages((WRITTEN, words)) == [message]


@pytest.mark.parametrize("words", ["[1.0, 2, 3]", "[1_0, 2]", "{pool: x}", "true"])
def test_seeds_that_cannot_be_read_are_not_missing(project, words):
    """What is wrong with a claim's seeds is told, and nowhere that it has none."""
    project.write("defaults.yaml", DEFAULTS.replace(SHARED, ""))

    messages = project.messages((WRITTEN, f"seeds: {words}"))

    assert messages
    assert not [message for message in messages if "missing seeds" in message]


@pytest.mark.parametrize("words", ["1..", "a..b", "1..5..9", "1.5..3"])
def test_other_text_is_no_range(project, words):
    """What only looks like a range is refused at its place."""
    (message,) = project.messages((WRITTEN, f"seeds: {words}"))

    assert message == f"30:8: seeds: '{words}' is not a range of seeds such as 1..20"


@pytest.mark.parametrize("name", ["start", "max"])
def test_looks_leave_nothing_to_say(project, name):
    """Where the defaults list the numbers of seeds at the looks, another number would be ignored, and
    is told at its place in the claim.
    """
    project.write("defaults.yaml", DEFAULTS.replace(SHARED, "seeds: {pool: 1..20, looks: [5, 10]}"))

    assert project.messages((WRITTEN, f"seeds: {{{name}: 7}}")) == [
        f"30:{10 + len(name) + 1}: seeds.{name}: {name} says nothing where looks are given: [5, 10]; give "
        "looks here, too"
    ]


def test_a_pool_that_is_too_short_for_the_defaults_is_told_in_the_claim(project):
    """The claim's own seeds are at fault where the first look of the defaults has more."""
    project.write("defaults.yaml", DEFAULTS.replace(SHARED, "seeds: {pool: 1..20, start: 10}"))

    assert project.messages((WRITTEN, "seeds: {pool: [1, 2, 3, 4, 5, 6]}")) == [
        "30:1: seeds: start is 10, but at most 6 seeds can be drawn"
    ]
