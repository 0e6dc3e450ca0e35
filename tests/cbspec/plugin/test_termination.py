"""SIGTERM stops a run as Ctrl-C does."""

import signal
import sys

import pytest

from cbspec.plugin.termination import Termination, close_first
from tests.support.patience import PATIENCE


@pytest.fixture
def termination():
    """What a process without a handler of its own heeds SIGTERM with."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield Termination()
    signal.signal(signal.SIGTERM, before)


def ended_in_order(termination):
    """Send SIGTERM during a run and while it ends; 3 if the first did not interrupt it."""
    termination.heed()
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        termination.finish_heeding()
        signal.raise_signal(signal.SIGTERM)
        termination.forget()
    sys.exit(3)


def test_the_first_interrupts_and_the_process_dies_of_it_at_the_end(termination, spawn):
    """`timeout` sends it twice: the second does not keep the run from ending in order."""
    process = spawn(ended_in_order, termination)
    process.join(PATIENCE)

    assert process.exitcode == -signal.SIGTERM


def test_a_run_that_none_reached_leaves_no_handler(termination):
    """Once the claims are judged, SIGTERM does what it did before."""
    termination.heed()
    termination.finish_heeding()

    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_handler_of_the_project_stays(termination):
    """What a conftest.py or another plugin does at SIGTERM is not replaced, and is there afterwards."""
    heard = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))

    termination.heed()
    signal.raise_signal(signal.SIGTERM)
    termination.forget()
    signal.raise_signal(signal.SIGTERM)

    assert heard == [signal.SIGTERM, signal.SIGTERM]


def closed_first(folder):
    """Send SIGTERM twice to a worker, the second while it closes."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def close():
        signal.raise_signal(signal.SIGTERM)
        (folder / "closed").touch()

    close_first(close)
    signal.raise_signal(signal.SIGTERM)


def test_a_worker_closes_what_it_computes_with_and_dies_of_the_signal(tmp_path, spawn):
    """So no program of a stage is left, and xdist sees a worker that was killed."""
    process = spawn(closed_first, tmp_path)
    process.join(PATIENCE)

    assert process.exitcode == -signal.SIGTERM
    assert (tmp_path / "closed").exists()
