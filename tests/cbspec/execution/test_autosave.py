"""When points are saved that no claim reads."""

import pytest

from cbspec.execution import autosave
from cbspec.execution.autosave import Autosave


class Clock:
    """A clock that a test sets; it stands for the module `time`."""

    def __init__(self):
        self.now = 1000.0

    def time(self):
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(autosave, "time", clock)
    return clock


def saved(clock, until, seconds, count):
    """Compute so many points, each of which takes so long; the seconds at which one was saved."""
    saves, began = Autosave(until), clock.now
    moments = []
    for point in range(1, count + 1):
        clock.now += seconds
        if saves.due(point):
            assert saves.due(point), "every replica of a point is saved"
            saves.saved()
            moments.append(clock.now - began)
    return moments


def test_a_process_that_nobody_ends_saves_every_two_minutes(clock):
    """A long trajectory loses at most that much."""
    assert saved(clock, None, seconds=50, count=10) == [150, 300, 450]


def test_saves_close_up_to_the_end_of_a_process(clock):
    """A save is due when the end is as near as the last save; the last ones are seconds apart."""
    assert saved(clock, clock.now + 64, seconds=1, count=70) == [32, 48, 56, 61, 66]


@pytest.mark.parametrize("seconds", [1, 7, 20, 29, 31, 45, 59])
def test_a_process_whose_time_suffices_for_a_point_saves_one(clock, seconds):
    """What ends at a time limit of a minute goes on from at least half of it."""
    until = clock.now + 60

    moments = saved(clock, until, seconds, count=60 // seconds)

    assert moments
    assert moments[-1] >= 30


def test_a_distant_end_changes_nothing(clock):
    """An hour ahead, points are saved every two minutes."""
    assert saved(clock, clock.now + 3600, seconds=60, count=5) == [120, 240]
