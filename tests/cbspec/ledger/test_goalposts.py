from __future__ import annotations

import pytest

from cbspec.claim import Seeds
from cbspec.kinds import (
    All,
    Any,
    Collapse,
    Equivalence,
    Extremum,
    Figure,
    Interaction,
    Order,
    Range,
    Ratio,
    Share,
    Sign,
    Threshold,
    Trend,
)
from cbspec.ledger import compare
from cbspec.stage import Call, Parameters, Stage


class Width(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    width: int = 4


WIDE = Stage(name="local_descent", doc="", implementation="nowhere:nothing", parameters=Width)


def order(**changes):
    return Order(
        **{
            "measure": "gamma",
            "arms": ("a", "b"),
            "direction": "ascending",
            "margin": 0.1,
            **changes,
        }
    )


def trend(**changes):
    return Trend(
        **{"measure": "gamma", "arms": ("a", "b", "c"), "direction": "increasing", **changes}
    )


def threshold(**changes):
    return Threshold(**{"measure": "gamma", "arms": ("a", "b"), **changes})


def within(**changes):
    return Range(**{"measure": "gamma", "arms": ("a",), "low": 0.1, "high": 0.2, **changes})


def equal(**changes):
    return Equivalence(**{"measure": "gamma", "arms": ("a", "b"), "margin": 0.1, **changes})


def collapse(**changes):
    return Collapse(**{"measure": "gamma", "arms": ("a",), "reference": "b", **changes})


def ratio(**changes):
    return Ratio(**{"measure": "gamma", "arms": ("a", "b"), **changes})


def extremum(**changes):
    return Extremum(
        **{"measure": "gamma", "arm": "a", "among": ("a", "b"), "extremum": "highest", **changes}
    )


def interaction(**changes):
    return Interaction(**{"measure": "gamma", "pairs": (("a", "b"), ("c", "d")), **changes})


def figure(**changes):
    return Figure(**{"axes": {"gamma": (-1.0, 1.0)}, "arms": ("a",), **changes})


def sign(**changes):
    return Sign(**{"measure": "gamma", "arms": ("a",), "sign": "positive", **changes})


def share(**changes):
    return Share(**{"measure": "gamma", "arms": ("a",), **changes})


ORDERED = [  # the looser, then the tighter form
    (order(margin=0.1), order(margin=0.2)),
    (order(alpha=0.05), order(alpha=0.01)),
    (trend(), trend(strict=True)),
    (threshold(above=0.1), threshold(above=0.2)),
    (threshold(below=0.2), threshold(below=0.1)),
    (threshold(above=0.1), threshold(above=0.1, below=0.9)),
    (threshold(above=0.1), threshold(above=0.1, arms=("a", "b", "c"))),
    (within(low=0.1), within(low=0.15)),
    (within(high=0.2), within(high=0.15)),
    (sign(), sign(arms=("a", "b"))),
    (equal(margin=0.2), equal(margin=0.1)),
    (equal(side="below"), equal(side="both")),
    (collapse(retain=0.5), collapse(retain=0.3)),
    (ratio(above=2), ratio(above=3)),
    (ratio(below=3), ratio(below=2)),
    (extremum(), extremum(among=("a", "b", "c"))),
    (extremum(), extremum(margin=0.1)),
    (interaction(), interaction(margin=0.1)),
    (figure(), figure(arms=("a", "b"))),
    (figure(), figure(axes={"gamma": (0.0, 1.0)})),
    (figure(), figure(axes={"gamma": (-1.0, 1.0), "rho": (-1.0, 1.0)})),
    (All(of=(order(), sign())), All(of=(order(), sign(), trend()))),
    (Any(of=(order(), sign(), trend())), Any(of=(order(), sign()))),
    (share(above=0.1, more_than=0.5), share(above=0.2, more_than=0.5)),
    (share(above=0.2, less_than=0.5), share(above=0.1, less_than=0.5)),
    (share(below=0.1, less_than=0.5), share(below=0.2, less_than=0.5)),
    (share(above=0.1, below=0.9, less_than=0.5), share(above=0.1, less_than=0.5)),
]
UNORDERED = [
    (
        share(above=0.1, more_than=0.2, less_than=0.5),
        share(above=0.2, more_than=0.2, less_than=0.5),
    ),
    (order(), order(direction="descending")),
    (order(), order(arms=("b", "a"))),
    (order(), order(test="exact")),
    (order(), trend()),
    (order(), order(measure="rho")),
    (equal(), equal(to=0.0)),
    (collapse(), collapse(floor=0.1)),
    (collapse(), collapse(reference="c")),
    (ratio(above=2), ratio(above=2, guard=1e-3)),
    (interaction(), interaction(levels=(1.0, 2.0))),
    (All(of=(order(), sign())), All(of=(order(), trend()))),
    (All(of=(order(), sign())), Any(of=(order(), sign()))),
    (within(low=0.1, high=0.2), within(low=0.0, high=0.15)),
    (figure(), figure(axes={"gamma": (0.0, 2.0)})),
]


@pytest.mark.parametrize(("looser", "tighter"), ORDERED)
def test_loosened_is_goalposts(entry, claim, looser, tighter):
    """An assertion that became easier to meet is goalposts."""
    assert (
        compare(
            entry(claim=claim(assertions=(tighter,))), entry(claim=claim(assertions=(looser,)))
        ).change
        == "goalposts"
    )


@pytest.mark.parametrize(("looser", "tighter"), ORDERED)
def test_tightened_is_not_goalposts(entry, claim, looser, tighter):
    """What holds is compared as usual where it became harder to meet, and the move is told."""
    comparison = compare(
        entry(claim=claim(assertions=(looser,))), entry(claim=claim(assertions=(tighter,)))
    )

    assert (comparison.change, [move.way for move in comparison.moves]) == ("same", ["tighter"])


@pytest.mark.parametrize("verdict", ["refuted", "inconclusive", "invalid"])
@pytest.mark.parametrize(("looser", "tighter"), ORDERED)
def test_tightened_is_goalposts_for_what_does_not_hold(entry, claim, looser, tighter, verdict):
    """Harder to meet than what is not on record as holding: that it still does not hold shows
    nothing of the code.
    """
    comparison = compare(
        entry(verdict, claim=claim(assertions=(looser,))),
        entry(verdict, claim=claim(assertions=(tighter,))),
    )

    assert (comparison.change, len(comparison.goalposts)) == ("goalposts", 1)


@pytest.mark.parametrize(
    ("one", "other"), [*UNORDERED, *((other, one) for one, other in UNORDERED)]
)
def test_what_cannot_be_ordered_is_goalposts(entry, claim, one, other):
    """A change that is neither looser nor tighter for certain is goalposts, in both directions."""
    assert (
        compare(
            entry(claim=claim(assertions=(one,))), entry(claim=claim(assertions=(other,)))
        ).change
        == "goalposts"
    )


@pytest.mark.parametrize(
    "redrawn",
    [
        figure(title="credit"),
        figure(x="depth"),
        figure(facet="alpha"),
        figure(lines={"gamma": {"none": 0.0}}),
    ],
)
def test_redrawing_a_figure_is_not_goalposts(entry, claim, redrawn):
    """How the points of a figure are drawn may change in both directions: what is asserted of them
    does not.
    """
    before, after = (
        entry(claim=claim(assertions=(figure(),))),
        entry(claim=claim(assertions=(redrawn,))),
    )

    assert [compare(before, after).change, compare(after, before).change] == ["same", "same"]


@pytest.mark.parametrize("section", ["assertions", "controls"])
def test_dropping_is_goalposts_and_adding_is_not(entry, claim, section):
    """An assertion or control that is gone is goalposts, one that came is not."""
    two, one = claim(**{section: (order(), sign())}), claim(**{section: (order(),)})

    assert (
        compare(entry(claim=two), entry(claim=one))
        .moves[0]
        .text.endswith("sign of gamma is no longer asserted")
    )
    assert compare(entry(claim=two), entry(claim=one)).change == "goalposts"
    assert compare(entry(claim=one), entry(claim=two)).change != "goalposts"


def test_rewording_is_not_goalposts(entry, claim):
    """Title, notes, reported figures and the order of assertions may change freely."""
    before = claim(assertions=(order(note="as in the memo"), sign()))
    after = claim(
        assertions=(sign(), order(note="margin of the memo")), title="another", digest="f" * 64
    )

    assert compare(entry(claim=before), entry(claim=after)).moves == ()


def test_raising_the_claims_alpha_is_goalposts(entry, claim):
    """A larger alpha of the claim loosens every assertion that has none of its own."""
    comparison = compare(entry(claim=claim()), entry(claim=claim(alpha=0.1)))

    assert comparison.change == "goalposts"
    assert [move.text for move in comparison.moves] == [
        "assert[0]: order of gamma: alpha 0.05 -> 0.1"
    ]


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        (Seeds(pool=(42, 123, 456, 789, 1011), start=3), "same"),
        (Seeds(pool=(42, 123, 456, 789), start=4), "goalposts"),
        (Seeds(pool=(42, 123, 456, 789), start=3, looks=(3, 4)), "same"),
        (Seeds(pool=(42, 123, 456, 789), start=2), "goalposts"),
        (Seeds(pool=(42, 123, 456), start=3), "goalposts"),
        (Seeds(pool=(7, 123, 456, 789), start=3), "goalposts"),
    ],
)
def test_seeds(entry, claim, seeds, expected):
    """More seeds after the same first look are no goalposts of a verdict that holds; another plan
    of looks, which would spend alpha anew, is, and so are fewer seeds or others.
    """
    assert compare(entry(), entry(claim=claim(seeds=seeds))).change == expected


def test_an_arm_that_measures_something_else_is_goalposts(entry, claim, judgement, finding, effect):
    """Another stage call under an arm's name moves the goalposts, and the arm is named."""
    narrow, wide = (
        {"dfa": Call(WIDE, Width(width=4)), "vec": Call(WIDE, Width(width=width))}
        for width in (4, 8)
    )
    moved = judgement(findings=(finding(effects=(effect(estimate=0.4),)),))

    comparison = compare(
        entry(claim=claim(arms=narrow)), entry(claim=claim(arms=wide), judgement=moved)
    )

    assert comparison.change == "goalposts"
    assert (
        comparison.moves[0].text
        == "arms vec: another stage call than recorded, so it measures something else"
    )


def test_another_call_with_the_same_figures_measures_the_same(entry, claim):
    """A stage that gained a parameter without effect leaves every figure as it was, which is no
    goalposts.
    """
    before, after = ({"dfa": Call(WIDE, Width(width=width))} for width in (4, 8))

    assert compare(entry(claim=claim(arms=before)), entry(claim=claim(arms=after))).change == "same"


@pytest.mark.parametrize("width", [4, 8])
def test_another_unit_is_goalposts(entry, claim, judgement, finding, effect, width):
    """The same numbers in another unit are no longer what was recorded, whether the arms' stage
    calls say so or the catalog alone.
    """
    before, after = ({"dfa": Call(WIDE, Width(width=size))} for size in (4, width))
    percent = judgement(findings=(finding(effects=(effect(unit="percent"),)),))

    comparison = compare(
        entry(claim=claim(arms=before)), entry(claim=claim(arms=after), judgement=percent)
    )

    assert comparison.change == "goalposts"
    assert comparison.moves[0].text == "unit: gamma was in cosine and is in percent"
    assert "every figure is as recorded" not in comparison.text


def test_figures_without_spread_prove_nothing(entry, claim, judgement, finding, effect):
    """A figure that does not vary over seeds, found again, does not show that another call measures
    the same.
    """
    before, after = ({"dfa": Call(WIDE, Width(width=width))} for width in (4, 8))
    flat = judgement(findings=(finding(effects=(effect(estimate=1.0, low=1.0, high=1.0),)),))

    assert compare(
        entry(claim=claim(arms=before), judgement=flat),
        entry(claim=claim(arms=after), judgement=flat),
    ).change == ("goalposts")
