"""A canary goes on record only with verdicts that it may vouch for."""

from __future__ import annotations

import pytest

from cbspec.canary import CanaryRecord, Unheld
from cbspec.ledger import Key
from tests.support.claim_text import LIGHT
from tests.support.specimen import make_calibration

CHANGED = ("replica.parameters.light * (day + 1)", "replica.parameters.light * (day + 1.01)")
LONG = Key("1.a", "memo", "cpu")
SIZE = "  canary: {days: 2}\n"


@pytest.fixture
def lab(project, monkeypatch):
    """A project with a claim whose verdicts at two scales are on record; no canary is yet."""
    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.11.0", None))
    project.edit("claims/defaults.yaml", "{days: 30}\n", f"{{days: 30}}\n{SIZE}")
    project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
    project.claim("light.yaml", LIGHT)
    for scale in ("memo", "quick"):
        run(project, scale)
        assert project.cbspec("accept", "--all").exit_code == 0
    return project


def run(project, scale="quick"):
    """The ways in which recorded verdicts stand after a run of all claims."""
    return [check.way for check in project.checks(scale)]


def on_record(project):
    return set(CanaryRecord.load(project.root / "reports" / "canary.json").figures)


def without_canary(project):
    (project.root / "reports" / "canary.json").unlink()


def test_a_first_canary_does_not_vouch_for_verdicts_of_older_code(lab):
    """Accepting a verdict of edited code leaves the canary off the record while another verdict is of
    other code, which stays in doubt, and says what is left to do.
    """
    without_canary(lab)
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab)

    taken = lab.cbspec("accept", "--all", "--reason", "plants grow faster")

    assert taken.stdout.splitlines()[1:3] == [
        "1.a: its canary is not taken, for it would vouch for verdicts of other code",
        "1.a (memo, cpu): still in doubt; run it again, or supersede it: "
        "cbspec accept --canary 1.a --reason ...",
    ]
    assert on_record(lab) == set()
    assert run(lab) == ["in doubt"]
    assert lab.cbspec("accept", "--canary", "1.a", "--reason", "faster").exit_code == 0
    assert run(lab) == ["superseded"]
    run(lab, "memo")
    assert lab.cbspec("accept", "--all", "--reason", "faster").exit_code == 0
    assert run(lab) == ["code unchanged"]


def test_a_canary_of_another_size_does_not_vouch_for_verdicts_of_older_code(lab):
    """The same holds where the canary's size was edited together with the engine, so that nothing on
    record can be compared.
    """
    lab.edit("claims/defaults.yaml", SIZE, SIZE.replace("2", "1"))
    lab.edit("lab/catalog.py", *CHANGED)
    before = run(lab)

    taken = lab.cbspec("accept", "--all", "--reason", "plants grow faster")

    assert before == ["in doubt"]
    assert "1.a (memo, cpu): still in doubt" in taken.stdout
    assert run(lab) == ["in doubt"]


@pytest.mark.parametrize(
    ("option", "word", "way"),
    [((), "superseded", "superseded"), (("--carry-over",), "carried over", "canary equal")],
)
def test_canaries_that_begin_after_an_edit_supersede_older_verdicts(lab, option, word, way):
    """Where no canary was on record, accepting one supersedes the verdicts of other code, or carries
    them over on one's word.
    """
    without_canary(lab)
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab, "canary")

    taken = lab.cbspec("accept", "--canary", "--reason", "canaries begin here", *option)

    assert taken.stdout.splitlines() == [
        f"1.a (memo, cpu): holds {word}",
        f"1.a (quick, cpu): holds {word}",
        "1 canary taken",
        "recorded in reports/canary.json",
    ]
    assert run(lab) == [way]
    assert lab.ledger.get(LONG).doubt == word


def hold_nothing(project):
    """Calibrate so that no figure of the claim is held."""
    path = project.root / "reports" / "canary.json"
    record = CanaryRecord.load(path)
    unheld = []
    for arm in ("dark", "bright"):
        unheld.append(Unheld(claim="1.a", arm=arm, measure="height", reason="moves by 9"))
    record.calibrated(make_calibration(*unheld)).save(path)


def test_a_canary_of_which_nothing_is_held_leaves_verdicts_in_doubt(lab):
    """After an edit verdicts of a claim whose canary holds no figure are in doubt until they are
    superseded, or carried over, which lasts until the next edit.
    """
    hold_nothing(lab)
    before = run(lab)
    lab.edit("lab/catalog.py", *CHANGED)
    doubted = run(lab)
    [check] = lab.report.records[0].checks
    lab.cbspec("accept", "--canary", "--carry-over", "--reason", "a change of units alone")
    carried = run(lab)
    lab.edit("lab/catalog.py", CHANGED[1], CHANGED[0].replace("1)", "2)"))
    again = run(lab)

    assert (before, doubted) == (["code unchanged"], ["in doubt"])
    assert "canary compares nothing: none of its figures is held" in check.reason
    assert (carried, again) == (["canary equal"], ["in doubt"])
    superseded = lab.cbspec("accept", "--canary", "--reason", "meant")
    assert "1.a (memo, cpu): holds superseded" in superseded.stdout


def test_a_canary_of_another_size_vouches_for_what_the_one_before_did(lab):
    """Where only the canary's size was edited since the one on record, every verdict that it vouched
    for stands, such as one that was carried over.
    """
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab, "canary")
    lab.cbspec("accept", "--canary", "--carry-over", "--reason", "a change of units alone")
    lab.edit("claims/defaults.yaml", SIZE, SIZE.replace("2", "1"))
    run(lab, "canary")

    taken = lab.cbspec("accept", "--canary")

    assert taken.stdout.splitlines() == ["1 canary taken", "recorded in reports/canary.json"]
    assert run(lab) == ["canary equal"]


def accepted_then_reverted(lab, scale):
    """Accept the verdict at a scale of an edit that is meant and then taken back; what was said."""
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab, scale)
    taken = lab.cbspec("accept", "--all", "--reason", "plants grow faster")
    lab.edit("lab/catalog.py", *reversed(CHANGED))
    return taken.stdout.splitlines()


def test_a_verdict_brings_the_canary_of_its_code(lab):
    """Where every verdict of a claim is of the edited code, so is its canary from then on: the code
    before computes something else.
    """
    lab.edit("claims/light.yaml", "scales: [quick, memo]", "scales: [memo]")
    lab.cbspec("withdraw", "1.a", "--scale", "quick", "--reason", "quick is not asked")
    run(lab, "memo")
    lab.cbspec("accept", "--all")

    said = accepted_then_reverted(lab, "memo")
    reverted = run(lab)
    [check] = lab.report.upheld[0].checks

    assert said[1] == "1.a: its canary is that of the edited code"
    assert reverted == ["in doubt"]
    assert "4 canary figures changed; height of dark" in check.reason
    lab.edit("lab/catalog.py", *CHANGED)
    assert run(lab) == ["code unchanged"]


def test_a_canary_of_other_code_does_not_vouch_for_a_verdict(lab):
    """A canary that stays, for the sake of another verdict, says nothing of one of edited code: after
    the edit is taken back that one is in doubt, and so it is told.
    """
    said = accepted_then_reverted(lab, "memo")
    reverted = run(lab)
    [check] = lab.report.records[0].checks
    [told] = [row["checked"] for row in lab.json("status") if row["scale"] == "memo"]

    assert said[1:3] == [
        "1.a: its canary is not taken, for it would vouch for verdicts of other code",
        "1.a (quick, cpu): still in doubt; run it again, or supersede it: "
        "cbspec accept --canary 1.a --reason ...",
    ]
    assert reverted == ["in doubt"]
    assert check.reason == (
        "the code of grow changed since; "
        "its canary is of code that computes something else than the verdict's"
    )
    assert told == "in doubt"


def test_a_verdict_is_vouched_for_again_by_the_canary_of_its_code(lab):
    """Once the canary of a verdict's own code is on record, it vouches for it as for any other."""
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab, "memo")
    lab.cbspec("accept", "--all", "--reason", "plants grow faster")
    before = lab.ledger.get(LONG).apart
    run(lab, "canary")
    lab.cbspec("accept", "--canary", "--reason", "plants grow faster")
    lab.edit("lab/catalog.py", CHANGED[1], CHANGED[1].replace("1.01", "0.01 + 1"))

    assert before
    assert not lab.ledger.get(LONG).apart
    assert run(lab) == ["canary equal"]


def test_a_verdict_judged_anew_is_vouched_for_as_before(lab):
    """Another assertion on the same values changes nothing about the code that they are of: what was
    carried over still is, for the reason of then.
    """
    lab.edit("lab/catalog.py", *CHANGED)
    run(lab, "canary")
    lab.cbspec("accept", "--canary", "--carry-over", "--reason", "a change of units alone")
    lab.edit("claims/light.yaml", "direction: ascending", "direction: descending")
    before = run(lab)
    accepted = lab.cbspec("accept", "--all", "--reason", "the memo says the opposite")
    after = run(lab)
    [check] = lab.report.records[0].checks

    assert before == ["judged otherwise"]
    assert "1.a (memo, cpu): goalposts" in accepted.stdout
    assert (after, lab.ledger.get(LONG).doubt) == (["canary equal"], "carried over")
    assert check.reason.endswith("a change of units alone")
    assert lab.ledger.get(LONG).accepted[-1].reason == "the memo says the opposite"


def test_a_verdict_judged_anew_beside_one_of_edited_code_keeps_its_canary(lab):
    """Only the verdict of the edited code is one that the canary on record does not vouch for."""
    lab.edit("lab/catalog.py", *CHANGED)
    lab.edit("claims/light.yaml", "direction: ascending", "direction: descending")
    run(lab)
    lab.cbspec("accept", "--all", "--reason", "the memo says the opposite")

    apart = {entry.scale: entry.apart for entry in lab.ledger}
    lab.edit("lab/catalog.py", *reversed(CHANGED))

    assert apart == {"memo": False, "quick": True}
    assert run(lab) == ["code unchanged"]
