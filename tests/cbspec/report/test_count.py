"""How the findings of a run are counted by the way in which each was checked."""

import pytest
from msgspec.structs import replace

from cbspec.canary import CanaryCheck
from cbspec.ledger import Outcome
from cbspec.report import Check, Skipped, Upheld, canaries_counted, counted, doubts_listed
from tests.support.specimen import make_figures


def upheld(claim, *ways):
    """A claim that was not recomputed, with a verdict on record for each way."""
    checks = tuple(
        Check(scale="memo", device="cpu", verdict="holds", way=way, reason="") for way in ways
    )
    outcome = Outcome(kind="passed", reason="")
    return Upheld(
        claim=claim,
        title="",
        phase="1",
        status="active",
        path="claims/1.yaml",
        line=1,
        checks=checks,
        outcome=outcome,
    )


@pytest.mark.parametrize(
    ("ways", "told"),
    [
        (
            ("code unchanged",),
            "1 by record (1 code unchanged, 0 canary equal), 0 in doubt, 0 never run",
        ),
        (
            ("code unchanged", "canary equal"),
            "1 by record (0 code unchanged, 1 canary equal), 0 in doubt, 0 never run",
        ),
        (
            ("canary equal", "in doubt"),
            "0 by record (0 code unchanged, 0 canary equal), 1 in doubt, 0 never run",
        ),
        (
            ("judged otherwise",),
            "0 by record (0 code unchanged, 0 canary equal), 1 in doubt, 0 never run",
        ),
        (
            ("superseded",),
            "0 by record (0 code unchanged, 0 canary equal), 1 superseded, 0 in doubt, 0 never run",
        ),
        ((), "0 by record (0 code unchanged, 0 canary equal), 0 in doubt, 1 never run"),
    ],
)
def test_the_weakest_check_of_a_finding_counts(run_of, ways, told):
    """A finding is what the weakest of its verdicts is: in doubt before all, unchanged only where
    all are.
    """
    run = replace(run_of(), upheld=(upheld("1.a", *ways),))

    assert counted(run) == f"1 finding: 0 recomputed, {told}"


def test_cells_and_continuations_are_of_one_finding(run_of, record):
    """Each cell of a matrix and a claim named after another count once, by the weakest; what was
    recomputed comes first.
    """
    run = run_of(record(old="holds", id="1.b"))
    claims = (
        upheld("1.b.depths[depth=2]", "code unchanged"),
        upheld("2.a[depth=2]"),
        upheld("2.a[depth=4]", "canary equal"),
    )
    run = replace(run, upheld=claims)

    assert counted(run).startswith(
        "2 findings: 1 recomputed, 1 by record (0 code unchanged, 1 canary equal)"
    )


def test_errors_and_what_was_not_judged_are_counted_apart(run_of, record):
    """The parts add up to the findings asked for, also where a stage raised or a worker was killed."""
    lost = Skipped(claim="1.c", title="", path="claims/1.yaml", line=1, reason="worker crashed")
    failed = record("error", findings=(), reason="boom", id="1.b")
    run = replace(run_of(record(old="holds", id="1.a"), failed), broken=(lost,))
    none = replace(run_of(), broken=(lost, replace(lost, claim="1.d")))

    by_record = "0 by record (0 code unchanged, 0 canary equal), 0 in doubt, 0 never run"
    assert counted(run) == f"3 findings: 1 recomputed, 1 error, {by_record}, 1 without a verdict"
    assert counted(none) == f"2 findings: 0 recomputed, {by_record}, 2 without a verdict"


def test_doubts_are_listed_with_their_reason(run_of):
    """Each verdict that failed its check is a line; one that stands is none."""
    run = run_of()
    claims = (upheld("1.a", "in doubt", "code unchanged"), upheld("1.b", "code unchanged"))
    run = replace(run, upheld=claims)

    assert doubts_listed(run) == ["1.a  holds at memo on cpu, in doubt"]


def test_canaries_are_counted_by_state(run_of):
    """Equal, different, new and broken canaries, those that there are."""
    states = ("equal", "equal", "differs", "new")
    checks = tuple(
        CanaryCheck(claim=f"1.{index}", state=state, figures=make_figures())
        for index, state in enumerate(states)
    )
    run = replace(run_of(), canaries=checks)

    assert canaries_counted(run) == "4 canaries: 2 equal, 1 differ, 1 not on record"
