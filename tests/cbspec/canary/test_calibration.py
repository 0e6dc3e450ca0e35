"""Tolerances follow from the spread over platforms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.canary import CanaryRecord, compared
from cbspec.canary.calibration import FACTOR, FLOAT32, PlatformRun, calibrated
from tests.support.specimen import UNDEFINED, make_figures


def calibration(*runs):
    """The calibration of runs that map claims to figures."""
    named = [PlatformRun(f"platform {index}", "2.14", run) for index, run in enumerate(runs)]
    return calibrated(named, date="2026-01-02", commit="ab12")


def one(gamma, **changed):
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
