"""Tolerances follow from the spread over platforms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.canary import CanaryRecord, compared
from cbspec.canary.calibration import FACTOR, FLOAT32, calibrated
from cbspec.canary.platforms import PlatformRun
from tests.support.specimen import UNDEFINED, make_figures


def calibration(*runs):
    """The calibration of runs that map claims to figures."""
    named = [PlatformRun(f"platform {index}", "2.14", run) for index, run in enumerate(runs)]
    return calibrated(named, date="2026-01-02", commit="ab12")


def one(gamma=(0.5, 0.25), **changed):
    """A platform's run of one claim."""
    return {"6A.a": make_figures(gamma, **changed)}


def test_tolerance_is_the_stated_multiple_of_the_largest_difference():
    """The largest difference between any two platforms, over arms and seeds, times the factor;
    relative, that of float32.
    """
    [tolerance] = calibration(one((0.5, 0.25)), one((0.501, 0.25)), one((0.499, 0.2505))).tolerances

    assert tolerance.spread == pytest.approx(0.002, rel=0.05)
    assert tolerance.atol == pytest.approx(FACTOR * 0.002, rel=0.05)
    assert tolerance.atol >= FACTOR * 0.002 * (1 - 1e-12)
    assert tolerance.rtol == pytest.approx(FACTOR * FLOAT32, rel=0.05)


def test_a_claim_that_happened_to_agree_gets_what_is_usual():
    """Figures equal on all platforms at hand are held to the spread that three quarters of the
    claims do not exceed.
    """
    names = [f"1.{letter}" for letter in "abcdefgh"]
    spreads = dict(zip(names, (0.0, 0.001, 0.001, 0.001, 0.001, 0.002, 0.003, 0.004), strict=True))
    first = {name: make_figures((0.5, 0.25), claim=name) for name in names}
    second = {
        name: make_figures((0.5 + spread, 0.25), claim=name) for name, spread in spreads.items()
    }

    found = {each.claim: each.atol for each in calibration(first, second).tolerances}

    assert found["1.a"] == found["1.b"] == pytest.approx(FACTOR * 0.002, rel=0.05)
    assert found["1.h"] == pytest.approx(FACTOR * 0.004, rel=0.05)


def test_a_share_may_move_by_counts():
    """Shares of one count that no platform moved are held to as many counts as the factor says,
    other numbers to rounding.
    """
    accuracies = one((0.1025, 0.2501))
    losses = one((2.3025850929940455, 2.2925850929940453), claim="1.a")

    [share, number] = (
        calibration(accuracies, accuracies).tolerances + calibration(losses, losses).tolerances
    )

    assert share.atol == pytest.approx(FACTOR / 10_000, rel=0.1)
    assert number.atol == 0


def test_few_shares_take_the_count_of_others():
    """A claim whose values are an eighth and a quarter may be of any count; it gets the smallest
    that another claim shows.
    """
    run = {
        "1.a": make_figures((0.125, 0.25), claim="1.a"),
        "1.b": make_figures((0.1025, 0.2501), claim="1.b"),
    }

    few, many = calibration(run, run).tolerances

    assert few.atol == many.atol == pytest.approx(FACTOR / 10_000, rel=0.1)


def test_what_arithmetic_moves_too_far_is_not_held():
    """A figure whose tolerance would let anything pass is listed with its spread and its size, and
    gets no wide bound.
    """
    found = calibration(one((0.5, 0.25)), one((0.45, 0.25)))

    assert found.tolerances == ()
    assert [(each.arm, each.measure, each.reason) for each in found.unheld] == [
        ("vec", "gamma", "moves by 0.05 between platforms, at a size of 0.5")
    ]


def test_what_is_undefined_on_one_platform_alone_is_not_held():
    """A figure that one platform has and another has not cannot be held on either."""
    found = calibration(one((0.5, 0.25)), one((0.5, None), values=UNDEFINED))

    [unheld] = found.unheld
    assert unheld.reason.startswith(
        "undefined on platform 1 and a number elsewhere: reference norm"
    )


def test_what_is_undefined_everywhere_is_held_to_that():
    """A figure without a value on any platform has no spread, and a value in its place is a
    difference.
    """
    runs = [one((0.5, None), values=UNDEFINED), one((0.5, None), values=UNDEFINED)]
    record = CanaryRecord(runs[0].values(), calibration(*runs))

    assert compared(record, make_figures((0.5, None), values=UNDEFINED)).state == "equal"
    assert compared(record, make_figures()).state == "differs"


def test_platforms_are_told_with_what_differs():
    """Each platform has the share of figures that are not the first one's to the last bit."""
    found = calibration(one((0.5, 0.25)), one((0.5, 0.25 + 1e-12)))

    assert [(platform.name, platform.differing) for platform in found.platforms] == [
        ("platform 0", 0.0),
        ("platform 1", 0.5),
    ]


@given(st.lists(st.tuples(st.floats(0.5, 1.0), st.floats(0.5, 1.0)), min_size=2, max_size=5))
def test_no_platform_of_the_calibration_is_called_different(runs):
    """Whichever of the platforms the record was made on, the others' figures are within tolerance,
    or not held.
    """
    platforms = [one(gamma) for gamma in runs]
    found = calibration(*platforms)

    for recorded in platforms:
        record = CanaryRecord(recorded.values(), found)
        assert all(compared(record, run["6A.a"]).state == "equal" for run in platforms)


@given(st.floats(1e-12, 1e12))
def test_rounding_never_makes_a_tolerance_smaller(spread):
    """A tolerance has two digits, and they are rounded away from zero."""
    [tolerance] = calibration(one((100 * spread, 0.0)), one((101 * spread, 0.0))).tolerances

    true = FACTOR * abs(101 * spread - 100 * spread)
    assert true * (1 - 1e-9) <= tolerance.atol <= true * 1.11
    assert math.isfinite(tolerance.atol)


def losses(number, unit, *, moved=0.0, size=0.0123456789):
    """Claim -> canary of `number` claims in a unit, each moved by an amount on this platform."""
    run = {}
    for index in range(number):
        name = f"{unit}.{index}"
        run[name] = make_figures((size + moved, size / 3), claim=name)
    return run


def origins_of(run):
    """What the claims of `losses` measure: each unit is another stage's."""
    return {(name, "vec", "gamma"): (name[0], name[0]) for name in run}


def test_what_is_usual_is_told_by_stage_and_unit():
    """A claim that no platform moves is held to what is usual for its stage and unit, and not to
    another stage's measure of the same name; unless nothing is known of either.
    """
    exact = losses(1, "n", size=0.0123456789)
    slow = losses(3, "m", size=1000.0)
    moved = losses(3, "m", size=1000.0, moved=0.4)
    runs = [PlatformRun("one", "2.14", exact | slow), PlatformRun("two", "2.14", exact | moved)]

    found = calibrated(runs, date="2026-01-02", commit=None, origins=origins_of(exact | slow))
    apart = {each.claim: each for each in found.tolerances}
    mixed = calibration(exact | slow, exact | moved)

    assert (apart["n.0"].atol, apart["n.0"].stages) == (0.0, ("n",))
    assert apart["m.0"].atol == pytest.approx(4.0, rel=0.05)
    assert found.unheld == ()
    assert [(each.claim, each.reason) for each in mixed.unheld] == [
        ("n.0", "may move by 4, at a size of 0.012")
    ]


def test_few_shares_take_the_count_of_their_own_stage():
    """The count that other claims show is that of the same stage and unit, too."""
    few = make_figures((0.125, 0.25), claim="n.0")
    many = make_figures((0.1025, 0.2501), claim="m.0")
    run = {"n.0": few, "m.0": many}
    named = [PlatformRun("one", "2.14", run), PlatformRun("two", "2.14", run)]

    found = calibrated(named, date="2026-01-02", commit=None, origins=origins_of(run))

    atol = {each.claim: each.atol for each in found.tolerances}
    assert atol == {"m.0": pytest.approx(FACTOR / 10_000, rel=0.1), "n.0": 0.0}


def test_an_arm_that_is_small_beside_the_tolerance_is_not_held():
    """The tolerance of a measure is its widest arm's. An arm of which it would let anything pass is
    not held, and one whose figures are all 0 is.
    """
    arms = {"vec": {"gamma": (0.5, 0.4)}, "dfa": {"gamma": (0.01, 0.01)}, "nil": {"gamma": (0, 0)}}
    moved = {**arms, "vec": {"gamma": (0.501, 0.4)}}

    found = calibration(one(values={"arms": arms}), one(values={"arms": moved}))

    [tolerance] = found.tolerances
    assert tolerance.atol == pytest.approx(0.01, rel=0.1)
    assert [(each.arm, each.reason) for each in found.unheld] == [
        ("dfa", "may move by 0.01, at a size of 0.01")
    ]


def test_a_measure_that_a_claim_got_since_is_held_to_what_is_usual_in_its_stages():
    """Of a measure that only other stages have, the record knows nothing."""
    exact, slow = losses(1, "n", size=0.0123456789), losses(2, "m", size=1000.0)
    moved = losses(2, "m", size=1000.0, moved=0.4)
    runs = [PlatformRun("one", "2.14", slow), PlatformRun("two", "2.14", moved)]
    found = calibrated(runs, date="2026-01-02", commit=None, origins=origins_of(slow))
    of_its_stage = make_figures(claim="new", code={"m": "ab12"})
    record = CanaryRecord([*exact.values(), of_its_stage], found)

    assert record.tolerance("n.0", "vec", "gamma").atol == 0.0
    assert record.tolerance("new", "vec", "gamma").atol == pytest.approx(4.0, rel=0.05)
