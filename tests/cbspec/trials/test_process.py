"""The time of a trial, in which it does not count how busy the machine is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cbspec.trials import process
from cbspec.trials.process import RanLate, limited, own_time


def test_time_stands_still_while_a_process_waits_for_a_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it computes and what it sleeps counts; the system tells how long it waited, in ns."""
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(Path, "read_text", lambda path: {"self": "5 40000000000 3"}[path.parts[2]])
    busy = own_time()

    monkeypatch.undo()
    before = own_time()
    time.sleep(0.1)

    assert busy == 60.0
    assert own_time() - before >= 0.09
    assert own_time(2**30) == pytest.approx(time.monotonic(), abs=1)  # no process has this id


def test_work_is_interrupted_at_the_end_of_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alarm that comes while the process has hardly had a processor is set again."""
    times = [0.0, 0.001, 0.002, 0.003, 1.0]
    monkeypatch.setattr(process, "SOON", 0.001)
    monkeypatch.setattr(process, "own_time", lambda: times.pop(0))

    with pytest.raises(RanLate), limited(0.01):
        time.sleep(30)

    assert times == []
