"""Claims whose failures warn, and claims in quarantine."""

import pytest

from cbspec.claim import Quarantine
from cbspec.ledger import Outcome, settled, status
from cbspec.ledger.ledger import Ledger

TODAY = "2027-01-15"
HELD = Outcome(kind="passed", reason="holds, as recorded")
CAUSES = ("error", "goalposts", "change", "doubt", "new")
OPEN = Quarantine("Ada", "its data set is being replaced", TODAY)
OVER = Quarantine("Ada", "its data set is being replaced", "2027-01-14")


def failed(cause):
    """A failure for some cause."""
    return Outcome(kind="failed", reason="flip: holds -> refuted", cause=cause)


def excused(claim):
    """The causes of which a claim does not fail on the day of the test."""
    return [cause for cause in CAUSES if settled(failed(cause), claim, TODAY).kind == "xfailed"]


def test_a_claim_fails_for_every_cause_by_default(claim):
    """Without a word in its file a claim's failures are failures."""
    assert excused(claim()) == []


def test_a_warning_excuses_changes_and_doubts(claim):
    """Under on_change: warn, other verdicts warn; errors, moved goalposts and new claims fail."""
    assert excused(claim(on_change="warn")) == ["change", "doubt"]


def test_a_quarantine_excuses_all_but_moved_goalposts(claim):
    """Until its last day, that included, a claim in quarantine fails by nothing but a person's
    edit.
    """
    assert excused(claim(quarantine=OPEN)) == ["error", "change", "doubt", "new"]


def test_what_is_excused_warns_and_says_by_whom(claim):
    """The reason is kept, with the day and the owner, and stands in a warning."""
    outcome = settled(failed("change"), claim(quarantine=OPEN), TODAY)

    assert outcome.reason == "flip: holds -> refuted (in quarantine until 2027-01-15 (Ada))"
    assert outcome.warning == outcome.reason


@pytest.mark.parametrize("outcome", [HELD, failed("change")], ids=["as recorded", "changed"])
def test_a_quarantine_that_is_over_fails_whatever_came(claim, outcome):
    """From the day after its last one a quarantine fails the claim, with a sentence to its owner."""
    late = settled(outcome, claim(quarantine=OVER, on_change="warn"), TODAY)

    assert late.kind == "failed"
    assert late.reason == (
        "the quarantine ended on 2027-01-14: Ada mends the claim, or sets another day; its reason "
        f"was: its data set is being replaced (now: {outcome.reason})"
    )


def test_what_is_as_recorded_is_left_alone(claim):
    """A claim that passes in quarantine passes."""
    assert settled(HELD, claim(quarantine=OPEN), TODAY) is HELD


@pytest.mark.parametrize(
    ("changes", "lenience"),
    [
        ({}, ""),
        ({"on_change": "warn"}, "on_change: warn"),
        (
            {"quarantine": Quarantine("Ada", "", "9999-01-01")},
            "in quarantine until 9999-01-01 (Ada)",
        ),
        ({"quarantine": Quarantine("Ada", "", "2001-01-01")}, "quarantine ended 2001-01-01 (Ada)"),
    ],
)
def test_status_tells_of_it(claim, entry, changes, lenience):
    """A row of the status says what its claim says of its failures."""
    [row] = status(Ledger([entry()]), [claim(**changes)], lambda claim, entry: ())

    assert (row.currency, row.lenience) == ("current", lenience)
