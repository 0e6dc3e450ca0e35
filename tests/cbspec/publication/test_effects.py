"""Which effects of a recorded verdict are shown, and how the memo's figure lies to them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cbspec.kinds import Figure
from cbspec.publication.effects import compared
from tests.support.specimen import make_effect, make_entry, make_finding, make_judgement


def recorded(verdict, *effects, key="assert[0]"):
    """An assertion on record with its effects, by label."""
    made = tuple(make_effect(label=label, reported=reported) for label, reported in effects)
    finding = make_finding(verdict=verdict, effects=made)
    [asserted] = make_entry(judgement=make_judgement(verdict, findings=(finding,))).assertions
    return replace(asserted, key=key)


def entry(verdict, reason, *assertions, controls=()):
    return replace(
        make_entry(), verdict=verdict, reason=reason, assertions=assertions, controls=controls
    )


def labels(found):
    return [each.effect.label for each in found]


def test_the_named_effect_comes_first():
    """The effect that the reason names stands first, even where a longer label ends like it; then
    what the memo reports.
    """
    asserted = recorded("holds", ("cb - sb", 0.1), ("sb", 0.2), ("dfa", None), ("oracle", 0.4))

    assert labels(compared(entry("holds", "gamma: sb = 0.3 lies above 0", asserted))) == [
        "sb",
        "cb - sb",
        "oracle",
    ]


def test_what_made_the_verdict_decides():
    """Of assertions that name the same effect, the one with the claim's verdict is meant."""
    first, second = (
        recorded("holds", ("vec", 0.1)),
        recorded("refuted", ("vec", 0.2), key="assert[1]"),
    )

    assert (
        entry("refuted", "assert[1] (sign): gamma: vec = 0.3", first, second).decisive.reported
        == 0.2
    )


def test_a_failed_control_decides_an_invalid_verdict():
    """The figure that makes the others meaningless stands first, then those that the memo reports."""
    control = recorded("refuted", ("oracle", None), key="controls[0]")
    found = entry(
        "invalid",
        "controls[0] (threshold) is refuted: gamma: oracle = 0.5",
        recorded("holds", ("vec", 0.1)),
        controls=(control,),
    )

    assert labels(compared(found)) == ["oracle", "vec"]


def test_an_effect_that_is_drawn_and_tested_is_shown_once():
    """The tested one is shown, in the place of its assertion, whichever of the two stands first in
    the claim.
    """
    drawing = Figure(axes={"gamma": (-1.0, 1.0)}, arms=("sb", "vec"), x=("a", "b"))
    drawn = replace(recorded("holds", ("sb", 0.1), ("vec", 0.2), ("dfa", 0.3)), terms=drawing)
    tested = recorded("holds", ("vec", 0.2), ("sb", 0.1), key="assert[1]")

    found = compared(entry("holds", "assert[1] (sign): gamma: vec = 0.3", drawn, tested))

    assert [each.effect for each in found] == [*tested.effects, drawn.effects[2]]
    assert compared(entry("holds", "each of 3 points", drawn))[0].effect is drawn.effects[0]


def test_where_no_effect_is_named():
    """A single effect is the one; of several none stands out."""
    assert entry("holds", "it holds", recorded("holds", ("vec", None))).decisive.label == "vec"
    assert (
        entry("holds", "each of 2 points", recorded("holds", ("a", None), ("b", None))).decisive
        is None
    )
    assert compared(entry("inconclusive", "no data", recorded("inconclusive"))) == []


@pytest.mark.parametrize(
    ("reported", "low", "high", "opposite"),
    [
        (0.3, -0.2, -0.1, True),
        (-0.3, 0.1, 0.2, True),
        (0.3, -0.2, 0.1, False),
        (0.3, 0.1, 0.2, False),
        (0.0, 0.1, 0.2, False),
        (None, -0.2, -0.1, False),
        (0.3, None, -0.1, False),
    ],
)
def test_opposite_sides_of_zero(reported, low, high, opposite):
    """The memo's figure is on the other side only where the whole interval is; zero and what is
    unbounded are on none.
    """
    asserted = recorded("holds", ("vec", reported))
    moved = replace(asserted, effects=(replace(asserted.effects[0], low=low, high=high),))

    assert [each.opposite for each in compared(entry("holds", "it holds", moved))] == [opposite]
