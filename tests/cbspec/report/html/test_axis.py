"""Axes: where values lie, and round numbers along them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.report.html.axis import Axis, axis_of

VALUES = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1)


def test_values_are_mapped_in_proportion():
    """The ends of an axis lie at its coordinates, and what is beyond an end lies on it."""
    axis = Axis(0.0, 2.0, 100.0, 300.0)

    assert [axis.at(value) for value in (0.0, 0.5, 2.0, 9.0, -9.0)] == [100, 150, 300, 300, 100]


def test_ticks_are_round():
    """Ticks are multiples of 1, 2, 2.5 or 5 of a power of ten, written to the same places."""
    assert [tick.text for tick in Axis(-0.11, 0.32, 0, 1).ticks()] == [
        "-0.1",
        "0.0",
        "0.1",
        "0.2",
        "0.3",
    ]
    assert [tick.text for tick in Axis(0, 100, 0, 1).ticks(4)] == ["0", "25", "50", "75", "100"]


@given(VALUES)
def test_every_value_is_on_its_axis(values):
    """An axis holds every finite value it was made for, with no more ticks than were allowed."""
    axis = axis_of(values, 0, 100)

    assert all(axis.holds(value) for value in values)
    assert len(axis.ticks(5)) <= 6


@pytest.mark.parametrize("values", [[], [None], [math.inf, math.nan]])
def test_nothing_to_draw(values):
    """An axis of no finite value places nothing and has no ticks."""
    axis = axis_of(values, 0, 1)

    assert axis.empty
    assert axis.ticks() == []
    assert [axis.place(value) for value in (0.0, math.inf, None)] == [None, None, None]
