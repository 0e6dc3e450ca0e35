from __future__ import annotations

import pytest

from cbspec.kinds import Order
from cbspec.ledger import compare, outcome

UNDECIDED = ("inconclusive", "invalid")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, "holds", "passed"),
        *((None, verdict, "failed") for verdict in ("refuted", *UNDECIDED, "error")),
        ("holds", "holds", "passed"),
        *((verdict, verdict, "xfailed") for verdict in ("refuted", *UNDECIDED)),
        *(("holds", verdict, "failed") for verdict in ("refuted", *UNDECIDED, "error")),
        *(("refuted", verdict, "failed") for verdict in ("holds", *UNDECIDED, "error")),
        *(
            ("inconclusive", verdict, "failed")
            for verdict in ("holds", "refuted", "invalid", "error")
        ),
        *(
            ("invalid", verdict, "failed")
            for verdict in ("holds", "refuted", "inconclusive", "error")
        ),
    ],
)
def test_outcome(entry, judgement, old, new, expected):
    """Passed when it holds as recorded or anew, xfailed when it does not as recorded, failed
    otherwise.
    """
    comparison = compare(entry(old) if old else None, entry(new))

    assert outcome(comparison, judgement(new)).kind == expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("holds", "passed"), ("refuted", "xfailed"), ("inconclusive", "xfailed")],
)
def test_drift_is_as_recorded(entry, judgement, finding, effect, verdict, expected):
    """Figures that moved under an unchanged verdict do not fail a run, but are mentioned."""
    moved = judgement(
        verdict, findings=(finding(verdict=verdict, effects=(effect(estimate=0.4),)),)
    )
    found = outcome(compare(entry(verdict), entry(judgement=moved)), moved)

    assert (found.kind, found.reason) == (
        expected,
        f"{verdict}, as recorded, with other figures: it {verdict}",
    )


@pytest.mark.parametrize("verdict", ["holds", "refuted", "inconclusive", "invalid"])
def test_goalposts_fail(entry, claim, judgement, verdict):
    """A loosened assertion fails whatever the verdict under it."""
    loosened = claim(
        assertions=(Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),)
    )
    comparison = compare(entry(verdict), entry(verdict, claim=loosened))

    assert outcome(comparison, judgement(verdict)).kind == "failed"


def test_reason_is_one_line(entry, judgement):
    """The reason of an outcome is one line, so that pytest's short summary shows all of it."""
    broken = judgement("error", reason="no data:\n  tried three places")

    assert (
        outcome(compare(None, entry(judgement=broken)), broken).reason
        == "error: no data: tried three places"
    )
