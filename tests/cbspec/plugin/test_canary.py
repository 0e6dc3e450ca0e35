"""Verdicts on record that a run does not recompute: held to the code's canary and judged anew from
their evidence.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from cbspec.canary import CanaryRecord
from cbspec.ledger import EvidenceFolder, Key, Ledger
from cbspec.project import Project
from cbspec.report import canaries_counted, counted
from tests.support.claim_text import LIGHT
from tests.support.laboratory import outcomes, pytest_in, working_in

MEMO = LIGHT.replace("id: 1.a", "id: 1.m").replace("scales: [quick, memo]", "scales: [memo]")
BENIGN = ("days = job.replicas[0].parameters.day", "days = 1 * job.replicas[0].parameters.day")
CHANGED = ("replica.parameters.light * (day + 1)", "replica.parameters.light * (day + 1.01)")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A claim with verdicts at two scales on record, one with a verdict at memo scale alone, and
    the canaries of both.
    """
    with working_in(tmp_path_factory.mktemp("recorded")) as project:
        project.furnish()
        project.backend = "inline"
        project.edit("claims/defaults.yaml", "{days: 30}\n", "{days: 30}\n  canary: {days: 2}\n")
        project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
        project.claim("light.yaml")
        project.claim("memo.yaml", MEMO)
        for scale in ("memo", "quick"):
            project.pytest("--scale", scale)
            assert project.cbspec("accept", "--all").exit_code == 0
        project.pytest("--scale", "canary")
        assert project.cbspec("accept", "--canary").exit_code == 0
        return project.root


@pytest.fixture
def recorded(template, tmp_path):
    """A copy of the template that a test may change."""
    with working_in(Path(shutil.copytree(template, tmp_path / "project"))) as project:
        project.backend = "inline"
        yield project


def ways(project):
    """Claim -> how each of its verdicts was checked in the last run."""
    return {
        claim: [check.way for check in checks] for claim, checks in project.report.checks.items()
    }


def test_nothing_is_skipped(recorded):
    """With the code as it was, what is not recomputed passes by record, at whatever scale, and the
    last lines count it.
    """
    status, output = recorded.pytest("-n", "2")

    assert (status, outcomes(output)) == (0, "2 passed")
    assert ways(recorded) == {"1.a": ["code unchanged"], "1.m": ["code unchanged"]}
    assert [record.claim for record in recorded.report.records] == ["1.a"]
    assert counted(recorded.report) in output


def test_a_claim_whose_file_is_gone_fails_until_it_is_withdrawn(recorded):
    """A verdict on record without a claim fails a run of all claims. Withdrawing it takes its
    canary off the record, too.
    """
    (recorded.root / "claims" / "memo.yaml").unlink()

    status, output = recorded.pytest("-n", "2")
    [gone] = recorded.report.upheld
    refused = recorded.cbspec("accept", "1.m", "--reason", "another task")
    withdrawn = recorded.cbspec("withdraw", "1.m", "--scale", "memo", "--reason", "another task")
    after = Project(recorded.root).run()

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert "FAILED reports/ledger.json::1.m - holds is on record at memo on cpu" in output
    assert "bring the claim's file back, or withdraw the verdict:" in output
    assert "Traceback" not in output
    assert (gone.claim, [check.way for check in gone.checks]) == ("1.m", ["orphaned"])
    assert (refused.exit_code, withdrawn.exit_code, after.upheld) == (1, 0, ())
    assert 'withdraw the verdict: cbspec withdraw 1.m --reason "..."' in refused.stderr
    assert set(CanaryRecord.load(recorded.root / "reports" / "canary.json").figures) == {"1.a"}


def test_a_run_from_python_tells_claims_whose_files_are_gone(recorded):
    """`Project.run` of all claims fails what no file has any more; of some claims it does not."""
    (recorded.root / "claims" / "memo.yaml").unlink()

    of_all = Project(recorded.root).run()
    of_one = Project(recorded.root).run("1.a")

    assert [(gone.claim, gone.outcome.kind) for gone in of_all.upheld] == [("1.m", "failed")]
    assert of_one.upheld == ()


def test_a_new_canary_record_drops_claims_that_are_gone(recorded):
    """Accepting all canaries takes those off the record that no claim file has any more."""
    (recorded.root / "claims" / "memo.yaml").unlink()
    status, _ = recorded.pytest("--scale", "canary")

    accepted = recorded.cbspec("accept", "--canary")

    assert status == 0
    assert accepted.stdout.splitlines() == [
        "0 canaries taken",
        "1.m: canary dropped, no claim file has it",
        "recorded in reports/canary.json",
    ]
    assert set(CanaryRecord.load(recorded.root / "reports" / "canary.json").figures) == {"1.a"}


def test_an_edit_that_changes_nothing_leaves_the_record_standing(recorded):
    """Where all canary figures are as recorded, verdicts of other code stand, and stored results
    are adopted for the new code.
    """
    before = recorded.stored()
    recorded.edit("lab/catalog.py", *BENIGN)

    status, output = recorded.pytest("-n", "2")
    [record] = recorded.report.records
    told = recorded.cbspec("explain", "1.a").stdout

    assert (status, outcomes(output)) == (0, "2 passed")
    assert ways(recorded) == {"1.a": ["canary equal"], "1.m": ["canary equal"]}
    assert list(record.entry.adopted) == ["grow"]
    # Two arms and three seeds adopted, the canary's computed
    assert len(recorded.stored()) == len(before) + 6 + 4
    assert "adopted" in told
    assert "4 canary results of grow identical to the last bit" in told


def test_never_adopting_computes_again(recorded):
    """With --adopt never results of other code are not taken, whatever the canary says."""
    recorded.edit("lab/catalog.py", *BENIGN)

    recorded.pytest("--adopt", "never")
    [record] = recorded.report.records

    assert record.entry.adopted == {}
    assert record.comparison.change == "same"


def test_an_edit_that_changes_something_puts_verdicts_in_doubt(recorded):
    """The claims fail, naming the figures, old and new, and the definition that changed; nothing is
    adopted.
    """
    recorded.edit("lab/catalog.py", *CHANGED)

    status, output = recorded.pytest("-n", "2")
    [record] = recorded.report.records

    assert (status, outcomes(output)) == (1, "2 failed")
    assert ways(recorded) == {"1.a": ["in doubt"], "1.m": ["in doubt"]}
    assert "height of dark, seed 1: 4.0867 -> 4.1067" in output
    assert "lab/catalog.py:29: grow (stage grow)" in output
    assert counted(recorded.report) in output
    assert record.entry.adopted == {}
    assert "## Verdicts in doubt" in (recorded.root / "reports" / "latest.md").read_text()


def test_a_canary_run_fails_where_figures_changed(recorded):
    """At the canary's scale each claim is its canary: it passes as recorded, and fails with the
    figures that are not.
    """
    as_recorded, first = recorded.pytest("--scale", "canary")
    equal = recorded.report
    recorded.edit("lab/catalog.py", *CHANGED)
    status, output = recorded.pytest("--scale", "canary", "-n", "2")

    assert (as_recorded, outcomes(first), status, outcomes(output)) == (
        0,
        "2 passed",
        1,
        "2 failed",
    )
    assert [canary.state for canary in equal.canaries] == ["equal", "equal"]
    assert canaries_counted(equal) in first
    assert [canary.state for canary in recorded.report.canaries] == ["differs", "differs"]
    assert canaries_counted(recorded.report) in output
    assert "4 canary figures changed" in output


def test_an_edited_claim_without_evidence_is_superseded(recorded):
    """A verdict that the claim as it is would have to be judged anew for, with no evidence left, is
    superseded on a person's word, though the canary is as recorded.
    """
    place = recorded.root / "reports" / "ledger.json"
    ledger = json.loads(place.read_text())
    for entry in ledger["entries"]:
        del entry["evidence"]  # as of one that was recorded before evidence was kept
    place.write_text(json.dumps(ledger))
    recorded.edit("claims/memo.yaml", "direction: ascending", "direction: ascending, margin: 0.5")
    recorded.pytest()
    before = ways(recorded)
    refused = recorded.cbspec("accept", "--canary", "1.m")
    taken = recorded.cbspec("accept", "--canary", "1.m", "--reason", "it asks for more")
    status, output = recorded.pytest()

    assert before["1.m"] == ["in doubt"]
    assert "say why with --reason" in refused.stderr
    assert "1.m (memo, cpu): holds superseded" in taken.output
    assert (status, outcomes(output)) == (0, "1 passed, 1 xfailed")


def test_taking_a_new_canary_supersedes_what_it_does_not_confirm(recorded):
    """With a reason the new figures go on record; verdicts that no run confirmed wait, superseded,
    until they are run again.
    """
    recorded.edit("lab/catalog.py", *CHANGED)
    recorded.pytest()
    refused = recorded.cbspec("accept", "--canary")
    taken = recorded.cbspec("accept", "--canary", "--reason", "plants grow faster")
    status, output = recorded.pytest("-rx")
    ledger = Ledger.load(recorded.root / "reports" / "ledger.json")
    recorded.pytest("--scale", "memo")
    recorded.cbspec("accept", "--all", "--reason", "plants grow faster")
    again, after = recorded.pytest()

    assert refused.exit_code == 1
    assert "say why with --reason" in refused.stderr
    assert taken.exit_code == 0
    assert {(entry.claim, entry.scale): entry.doubt for entry in ledger} == {
        ("1.a", "memo"): "superseded",
        (
            "1.a",
            "quick",
        ): None,  # the run that was accepted had computed it, with the verdict on record
        ("1.m", "memo"): "superseded",
    }
    assert (status, outcomes(output)) == (0, "1 passed, 1 xfailed")
    assert "holds at memo on cpu, superseded" in output
    assert "plants grow faster" in output
    assert (again, outcomes(after)) == (0, "2 passed")


def test_a_verdict_carried_over_says_so(recorded):
    """By a person's word verdicts stand under the new canary, with the reason wherever they are
    told.
    """
    recorded.edit("lab/catalog.py", *CHANGED)
    recorded.pytest("--scale", "canary")
    recorded.cbspec("accept", "--canary", "--carry-over", "--reason", "a change of units alone")
    recorded.pytest()
    recorded.cbspec("accept", "--all", "--reason", "a change of units alone")

    status, output = recorded.pytest()
    [_, upheld] = recorded.report.checks.values()

    assert (status, outcomes(output)) == (0, "2 passed")
    assert upheld[0].way == "canary equal"
    assert "carried over" in upheld[0].reason
    assert "a change of units alone" in upheld[0].reason
    assert "carried over" in recorded.cbspec("status").stdout


def test_an_edited_assertion_is_judged_from_evidence_at_once(recorded):
    """At a scale that is not run a loosened assertion is told as moved goalposts, with the verdict
    it would have been.
    """
    recorded.edit(
        "claims/memo.yaml",
        "arms: [dark, bright], direction",
        "arms: [dark, bright], margin: 200, direction",
    )

    status, output = recorded.pytest()
    judged = recorded.cbspec("judge")
    accepted = recorded.cbspec("accept", "1.m", "--reason", "a stricter margin")
    again, after = recorded.pytest()

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert "by its evidence the verdict would have been refuted" in output
    assert judged.exit_code == 1
    assert "refuted" in judged.stdout
    assert accepted.exit_code == 0
    assert (again, outcomes(after)) == (0, "1 passed, 1 xfailed")


def test_another_experiment_is_in_doubt(recorded):
    """A verdict whose arms have become other stage calls is of another experiment than the claim's."""
    recorded.edit("claims/memo.yaml", "bright: {light: 8.0}", "bright: {light: 9.0}")

    status, output = recorded.pytest()

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert "another experiment than recorded: bright" in output


def test_changed_code_without_canary_figures_is_in_doubt(recorded):
    """Where no canary of a claim is on record, changed code cannot be vouched for."""
    recorded.edit("lab/catalog.py", *BENIGN)
    (recorded.root / "reports" / "canary.json").unlink()

    status, output = recorded.pytest()

    assert (status, outcomes(output)) == (1, "2 failed")
    assert "canary not on record: no figures of this claim" in output


@pytest.mark.parametrize("name", ["canary.json", "evidence/1.m.json"])
def test_a_damaged_record_is_one_error(recorded, name):
    """A truncated canary or evidence file ends the run in one sentence with file and line, under
    workers too.
    """
    path = recorded.root / "reports" / name
    path.write_text(path.read_text()[:-30])

    status, output = recorded.pytest("-n", "2")

    assert status == 4
    assert output.count("not JSON") == 1
    assert name.rpartition("/")[2] in output
    assert "Traceback" not in output


def test_evidence_judges_as_the_run_did(recorded):
    """Every verdict on record follows from its evidence alone: judged anew, all are the same."""
    judged = recorded.cbspec("judge", "--json")
    folder = EvidenceFolder(recorded.root / "reports" / "evidence")
    ledger = Ledger.load(recorded.root / "reports" / "ledger.json")

    assert judged.exit_code == 0
    assert judged.stdout.count('"change": "same"') == len(ledger) == 3
    assert all(folder.of(entry) for entry in ledger)


def test_new_claims_bring_their_canary(recorded):
    """Accepting a verdict of a claim that has no canary on record takes its figures along."""
    recorded.claim("new.yaml", LIGHT.replace("id: 1.a", "id: 1.n"))
    recorded.pytest("-n", "2")
    recorded.cbspec("accept", "1.n")

    assert "1.n" in CanaryRecord.load(recorded.root / "reports" / "canary.json").figures


def test_an_edited_experiment_brings_its_canary(recorded):
    """Accepting the verdict of an edited experiment takes its canary along, and tells which verdicts
    are left in doubt and what supersedes them; then nothing is left to record.
    """
    recorded.edit("claims/light.yaml", "bright: {light: 8.0}", "bright: {light: 9.0}")
    recorded.pytest()

    taken = recorded.cbspec("accept", "1.a", "--reason", "a brighter lamp")
    superseded = recorded.cbspec("accept", "--canary", "1.a", "--reason", "a brighter lamp")
    status, output = recorded.pytest()
    nothing = recorded.cbspec("accept", "--canary")

    assert taken.stdout.splitlines()[1:] == [
        "1.a: its canary is that of the edited experiment",
        "1.a (memo, cpu): still in doubt; run it again, or supersede it: "
        "cbspec accept --canary 1.a --reason ...",
        "recorded in reports/ledger.json",
    ]
    assert "1.a (memo, cpu): holds superseded" in superseded.stdout
    assert (status, outcomes(output)) == (0, "2 passed")
    assert [check.state for check in recorded.report.canaries] == []
    assert (
        nothing.stderr
        == "the last run computed no canary; run it first: cbspec run --scale canary\n"
    )


def test_a_killed_canary_run_leaves_the_record_as_it_was(recorded):
    """However early or late a run of canaries is killed, no committed file changes and the next run
    passes on the same store.
    """
    recorded.edit("lab/catalog.py", *BENIGN)
    committed = {
        path: path.read_bytes()
        for path in (recorded.root / "reports").rglob("*.json")
        if "latest" not in path.name
    }
    before = len(recorded.stored())
    for more in (0, 1, 3):
        run = recorded.start("--scale", "canary", "-n", "2")
        while run.alive and len(recorded.stored()) < before + more:
            time.sleep(0.01)
        run.kill()
        run.end()

    status, output = recorded.pytest("--scale", "canary", "-n", "2")

    assert (status, outcomes(output)) == (0, "2 passed")
    assert all(path.read_bytes() == content for path, content in committed.items())


EDITED = ("direction: ascending", "direction: ascending, margin: 900")


def test_what_was_judged_anew_is_accepted_only_of_this_claim_and_record(recorded):
    """A verdict that a run has judged anew is refused once the claim is as before, or the record is
    another one; nothing is recorded then.
    """
    recorded.edit("claims/memo.yaml", *EDITED)
    recorded.pytest()
    anew = ways(recorded)["1.m"]
    place = recorded.root / "reports" / "ledger.json"
    recorded.edit("claims/memo.yaml", *reversed(EDITED))
    edited = recorded.cbspec("accept", "1.m", "--reason", "a slip")
    recorded.edit("claims/memo.yaml", *EDITED)
    entry = recorded.ledger.get(Key("1.m", "memo", "cpu"))
    recorded.ledger.recording([replace(entry, reason="found anew elsewhere")]).save(place)
    elsewhere = recorded.cbspec("accept", "1.m", "--reason", "a slip")

    assert anew == ["judged otherwise"]
    assert (edited.exit_code, elsewhere.exit_code) == (1, 1)
    assert "1.m at scale memo: the claim was edited since" in edited.stderr
    assert "1.m at scale memo: its verdict on record is another one" in elsewhere.stderr


def test_a_canary_of_other_code_is_not_accepted(recorded):
    """Values that a run computed with code that is gone are refused, and no verdict is superseded."""
    recorded.edit("lab/catalog.py", *CHANGED)
    recorded.pytest("--scale", "canary")
    recorded.edit("lab/catalog.py", *reversed(CHANGED))
    before = (recorded.root / "reports" / "canary.json").read_text()

    refused = recorded.cbspec("accept", "--canary", "--reason", "meant")

    assert refused.exit_code == 1
    assert "1.a: the code of grow was edited since" in refused.stderr
    assert (recorded.root / "reports" / "canary.json").read_text() == before
    assert {entry.doubt for entry in recorded.ledger} == {None}


def test_claims_that_are_all_gone_fail(recorded):
    """A run of claims fails for each recorded verdict though no claim file is left; a run of other
    tests has no part in it.
    """
    for name in ("light", "memo"):
        (recorded.root / "claims" / f"{name}.yaml").unlink()
    recorded.write("tests/test_other.py", "def test_other():\n    pass\n")

    status, output = recorded.pytest()
    others, told = pytest_in(recorded.root, "tests")

    assert (status, outcomes(output)) == (1, "2 failed")
    assert (others, outcomes(told)) == (0, "1 passed")
