"""Effects as rows and strips."""

import math

import pytest

from cbspec.kinds import (
    All,
    Assertion,
    Contrast,
    Order,
    RankTrend,
    Ratio,
    Share,
    Sooner,
    Unpaired,
)
from cbspec.report.html.effects import groups_of
from cbspec.report.html.strip import bounds_of, small_strip
from tests.support.specimen import make_claim, make_effect, make_entry, make_finding, make_judgement


def entry(**changes):
    effect = make_effect(**changes)
    reason = f"{effect.measure}: {effect.label} = {effect.estimate}"
    return make_entry(
        judgement=make_judgement(reason=reason, findings=(make_finding(effects=(effect,)),))
    )


def test_an_effect_is_drawn_beside_memo_and_bound():
    """Interval, memo's value and bound lie on one axis in the order of their values, and the
    asserted side is shaded.
    """
    [group] = groups_of(entry(estimate=0.37, low=0.31, high=0.43, reported=0.2))
    [row] = group.rows
    strip = row.strip

    assert (group.measure, group.unit, row.label) == ("gamma", "cosine", "vec - dfa")
    assert (row.text, row.memo, row.asserted, row.decisive) == (
        "0.370 [0.310, 0.430]",
        "0.2",
        "above 0.1",
        True,
    )
    assert strip.bounds[0] < strip.memo < strip.ours.low < strip.ours.estimate < strip.ours.high
    assert strip.shaded == (strip.bounds[0], 388)
    assert strip.shapes == "c32,388 b32 o246,307,368 m134"
    assert "memo 0.2" in group.summary


def test_a_refuted_assertion_shows_no_p_that_it_would_hold_by():
    """Its row leaves the p of the claim out: the reason has that of the refutation."""
    effect = make_effect(p=0.99)
    rows = []
    for verdict in ("inconclusive", "refuted"):
        finding = make_finding(verdict=verdict, effects=(effect,))
        judged = make_entry(judgement=make_judgement(verdict, findings=(finding,)))
        rows += groups_of(judged)[0].rows

    assert [row.p for row in rows] == ["p = 0.99", ""]


def test_what_was_on_record_is_drawn_faintly():
    """An effect that moved keeps its recorded interval beside it; one that did not, has none."""
    old = entry(estimate=0.2, low=0.1, high=0.3)
    [moved] = groups_of(entry(), old)[0].rows
    [same] = groups_of(old, old)[0].rows

    assert moved.before == "0.20 [0.10, 0.30]"
    assert moved.strip.before[0] < moved.strip.before[1] < moved.strip.before[2]
    assert (same.before, same.strip.before) == ("", None)


def test_an_unbounded_interval_reaches_the_ends():
    """What a single seed gives has no interval: the strip runs from end to end of the axis."""
    strip = small_strip(entry(low=-math.inf, high=math.inf, n=1))

    assert (strip.ours.low, strip.ours.high) == (2, 116)


def test_an_undefined_effect_draws_nothing_of_ours():
    """A point without a value has a row, with the memo's value alone."""
    [group] = groups_of(entry(estimate=math.nan, low=math.nan, high=math.nan))

    assert group.rows[0].strip.ours is None
    assert group.rows[0].strip.memo is not None
    assert group.rows[0].strip.shapes[-5:] == " m368"


def test_bounds_are_those_of_the_assertion():
    """Parts of a compound bound their own sums; a kind with another statistic bounds none."""
    order = Order(measure="gamma", arms=("a", "b", "c"), direction="ascending", margin=0.5)
    both = All(of=(order, Order(measure="rho", arms=("a", "b"), direction="descending")))

    assert bounds_of(both) == {
        ("gamma", "b - a"): (0.5, None),
        ("gamma", "c - b"): (0.5, None),
        ("rho", "b - a"): (None, 0.0),
    }
    assert bounds_of(Ratio(measure="gamma", arms=("a", "b"), above=2.0)) == {}


@pytest.mark.parametrize(
    ("assertion", "label", "asserted"),
    [
        (Unpaired(measure="gamma", arms=("a", "b"), above=0.0), "a - b", "above 0"),
        (Unpaired(measure="gamma", arms=("a", "b"), below=0.0), "a / b", "below 1"),
        (Ratio(measure="gamma", arms=("a", "b"), above=2.0), "a / b", "above 2"),
        (Order(measure="gamma", arms=("b", "a"), direction="ascending"), "a / b", "above 1"),
        (
            Share(measure="gamma", arms=("a",), above=5.0, more_than=0.5),
            "share of a above 5",
            "above 0.5",
        ),
        (Sooner(measure="gamma", arms=("b", "a"), limit=9.0), "a - b", "above 0"),
        (RankTrend(measure="gamma", arms=("b", "a"), direction="decreasing"), "a - b", "below 0"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_an_effect_of_another_statistic_has_its_bound(assertion, label, asserted):
    """What is claimed stands beside the label and is shaded, and the axis holds the bound; on the row
    of the overview too, and within a compound.
    """
    effect = make_effect(label=label, estimate=3.0, low=2.5, high=3.5, reported=None)
    judgement = make_judgement(
        reason=f"gamma: {label} = 3", findings=(make_finding(effects=(effect,)),)
    )
    for terms in (assertion, All(of=(assertion,))):
        judged = make_entry(judgement=judgement, claim=make_claim(assertions=(terms,)))
        [row] = groups_of(judged)[0].rows
        [bound] = row.strip.bounds

        assert row.asserted == asserted
        assert row.strip.shaded == ((12, bound) if "below" in asserted else (bound, 388))
        assert 12 < bound < row.strip.ours.low
        assert small_strip(judged).bounds[0] < small_strip(judged).ours.low


def test_a_bound_of_logarithms_is_shown_as_a_ratio():
    """A kind that sums logarithms has its bounds on the scale of its effect."""

    class Factor(Assertion, frozen=True, kw_only=True, tag="factor_of_a_page"):
        def contrasts(self):
            weights = {"a": 1.0, "b": -1.0}
            low, high = math.log(2), math.log(8)
            return (
                Contrast(
                    label="a / b", measure="x", weights=weights, low=low, high=high, logs=True
                ),
            )

    [(low, high)] = bounds_of(Factor()).values()

    assert (round(low, 9), round(high, 9)) == (2.0, 8.0)
