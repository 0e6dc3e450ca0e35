"""The canary's file: what is written is read back, and a mistake in it is told at its place."""

import json

import pytest

from cbspec.canary import CanaryRecord
from cbspec.canary.calibration import calibrated
from cbspec.canary.platforms import PlatformRun
from cbspec.errors import LedgerError
from tests.support.specimen import make_figures


@pytest.fixture
def path(tmp_path):
    """A record of two claims, calibrated on two platforms."""
    runs = [
        PlatformRun(name, "2.14", {"6A.a": make_figures(gamma)})
        for name, gamma in (("A", (0.5, 0.25)), ("B", (0.5, 0.26)))
    ]
    calibration = calibrated(runs, date="2026-01-02", commit=None)
    CanaryRecord([make_figures(claim="7A.a"), make_figures()], calibration).save(
        tmp_path / "canary.json"
    )
    return tmp_path / "canary.json"


def test_what_is_written_is_read_back(path):
    """A record survives the file to the last digit, its claims sorted, and writing it again changes
    no byte.
    """
    text = path.read_text()
    record = CanaryRecord.load(path)

    assert list(record.figures) == ["6A.a", "7A.a"]
    assert record.figures["6A.a"] == make_figures()
    assert record.dumps() == text


def test_a_measure_of_an_arm_is_one_line(path):
    """The values of all seeds stand on one line, so that a change of one figure is one line of a
    diff.
    """
    assert path.read_text().count('"gamma": [0.5, 0.25]') == 2


def test_no_file_is_an_empty_record(tmp_path):
    """A project without a record has no figures and no tolerances."""
    record = CanaryRecord.load(tmp_path / "none.json")

    assert (len(record), record.calibration) == (0, None)


def broken(text, old, new):
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"gamma": [0.5, 0.25]',
            '"gamma": [0.5]',
            r"canary.json:\d+:\d+: values of claim 6A.a: arm vec, gamma: 1 values for 2",
        ),
        (
            '"gamma": [0.5, 0.25]',
            '"gamma": [0.5, NaN]',
            r"canary.json:\d+:\d+: NaN is no JSON number",
        ),
        (
            '"gamma": [0.5, 0.25]',
            '"gamma": [0.5, "x"]',
            r"canary.json:\d+:\d+: .*of claim 6A.a: Expected `float \| null`",
        ),
        (
            '"version": 1',
            '"version": 9',
            r"a canary record of version 9; this cbspec reads version 1",
        ),
        (
            '"claim": "7A.a"',
            '"claim": "6A.a"',
            r"canary.json:\d+:\d+: a second canary of 6A.a; keep one",
        ),
        ('"factor"', '"faktor"', r"canary.json:\d+:\d+: .*unknown field `faktor`"),
        ("  ]\n}", "  ]\n", r"canary.json:\d+:\d+: not JSON"),
        (
            '  "version": 1,',
            "<<<<<<< ours\n",
            r"canary.json:2:1: an unresolved merge: '<<<<<<< ours'",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(path, old, new, message):
    """A truncated, conflicted or hand-edited record is one error that names the file, the line and
    what is wrong.
    """
    path.write_text(broken(path.read_text(), old, new))

    with pytest.raises(LedgerError, match=message) as caught:
        CanaryRecord.load(path)

    assert len(str(caught.value).splitlines()) <= 3


def test_recording_replaces_the_named_claims_alone(path):
    """Other claims keep their figures, and the calibration stays."""
    record = CanaryRecord.load(path)
    after = record.recording([make_figures((0.1, 0.2))])

    assert after.figures["6A.a"].values.arms["vec"]["gamma"] == (0.1, 0.2)
    assert after.figures["7A.a"] == record.figures["7A.a"]
    assert after.calibration == record.calibration
    assert json.loads(record.dumps()) != json.loads(after.dumps())
