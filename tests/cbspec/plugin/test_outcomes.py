"""What a verdict becomes in pytest: outcome, failure text, report; in real pytest processes over a
small engine without torch.
"""

import re
import shlex

import pytest

from cbspec.report import counted
from tests.support.claim_text import BROKEN, LIGHT, WRONG
from tests.support.laboratory import outcomes

pytestmark = pytest.mark.usefixtures("inline")


def test_new_claim_that_holds_passes(project):
    """A claim that is not on record passes when it holds, and the closing table shows effect and
    memo.
    """
    project.claim("light.yaml")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (0, "1 passed")
    assert "claims at scale quick on cpu" in output
    assert project.verdicts() == {"1.a": "holds"}
    assert project.report.records[0].comparison.change == "new"


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_verbose_lines_are_ids_that_pytest_takes(project, workers):
    """With -v each claim is shown by the words that select it, dots of the id included."""
    project.claim("light.yaml")

    _, output = project.pytest("-v", *workers)
    named = re.search(r"(claims/\S+::\S+)", output)[1]

    assert named == "claims/light.yaml::1.a"


def test_new_claim_that_does_not_hold_fails_at_its_line(project):
    """The failure names claim, assertion at file and line, effect with interval, memo's figure; it
    shows no traceback.
    """
    path = project.claim("light.yaml", WRONG)
    line = next(
        number
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if "kind: order" in text
    )

    status, output = project.pytest()

    assert (status, outcomes(output)) == (1, "1 failed")
    assert f"claims/light.yaml:{line}" in output
    assert "memo" in output
    assert "refuted" in output
    assert "Traceback" not in output
    assert "cbspec accept 1.b" in output


def test_next_command_looks_where_the_run_looked(project):
    """The command that a failure offers, pasted into a shell, explains the claim at the run's
    scale, device, threads.
    """
    project.claim("light.yaml", WRONG)

    _, output = project.pytest("--scale", "memo", "--device", "cpu", "--stage-threads", "2")
    [command] = re.findall(r"^ *(cbspec explain .*?)   \(", output, flags=re.MULTILINE)
    explained = project.cbspec(*shlex.split(command)[1:])

    assert explained.exit_code == 0
    assert command == "cbspec explain 1.b --scale memo --device cpu --stage-threads 2"
    assert explained.stdout.startswith("1.b at scale memo on cpu\n  current  grow @30 ")


def test_verdict_of_an_edited_claim_is_refused_naming_the_run_to_repeat(project):
    """Asked to record a verdict whose claim was edited since, `cbspec accept` names the run at its
    scale and on its device.
    """
    path = project.claim("light.yaml")
    project.pytest("--scale", "memo", "--device", "cpu")
    path.write_text(path.read_text().replace("light: 2.0", "light: 1.0"))

    refused = project.cbspec("accept", "--all")

    assert refused.exit_code == 1
    assert "run again: cbspec run --scale memo --device cpu\n" in refused.stderr


def test_refuted_claim_on_record_is_an_expected_failure(project):
    """What is recorded as refuted is reported as xfailed with its reason, and the run succeeds."""
    project.claim("light.yaml", WRONG)
    project.record(project.run())

    status, output = project.pytest("-rx", "--xfail-tb")

    assert (status, outcomes(output)) == (0, "1 xfailed")
    assert "refuted, as recorded" in output
    assert "def runtest" not in output  # the program is no part of the result


@pytest.mark.parametrize("option", ["--runxfail", "-pno:skipping"])
def test_a_refuted_claim_never_passes(project, option):
    """Where a person turns expected failures off, a refuted claim on record fails."""
    project.claim("light.yaml", WRONG)
    project.record(project.run())

    status, output = project.pytest(option)

    assert (status, outcomes(output)) == (1, "1 failed")


def test_a_run_without_a_terminal_is_judged(project):
    """Without pytest's terminal plugin claims are judged and the report is written."""
    project.claim("light.yaml", WRONG)

    status, output = project.pytest("-pno:terminal")

    assert status == 1
    assert "INTERNALERROR" not in output
    assert project.verdicts() == {"1.b": "refuted"}


def test_flip_fails_the_run(project):
    """A claim that no longer says what is on record fails, naming the flip."""
    project.claim("light.yaml")
    project.record(project.run(), verdict="refuted")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (1, "1 failed")
    assert "flip: refuted -> holds" in output


def test_undecidable_scale_passes_by_record(project):
    """A claim that this scale cannot decide passes with its verdict on record, told how it was
    checked, while the code stands.
    """
    project.claim("light.yaml", scales="[memo]")
    project.record(project.run(scale="memo"))

    status, output = project.pytest()
    [upheld] = project.report.upheld

    assert (status, outcomes(output)) == (0, "1 passed")
    assert upheld.outcome.reason == "holds at memo on cpu, code unchanged"
    assert [check.way for check in upheld.checks] == ["code unchanged"]
    assert counted(project.report) in output


def test_claim_that_was_never_run_says_so(project):
    """A claim without any verdict on record that this scale cannot decide is expected to have none,
    and is counted apart.
    """
    project.claim("light.yaml", scales="[memo]")

    status, output = project.pytest("-rx")

    assert (status, outcomes(output)) == (0, "1 xfailed")
    assert "never run: no verdict on record (decidable at memo)" in output
    assert counted(project.report) in output


def test_changed_code_without_a_canary_scale_leaves_a_verdict_unchecked(project):
    """Where the project has no canary scale, a verdict that other code reached is skipped, and the
    reason says what changed.
    """
    project.claim("light.yaml", scales="[memo]")
    project.record(project.run(scale="memo"))
    project.edit("lab/catalog.py", "uniform(-0.5, 0.5)", "uniform(-0.5, 0.25)")

    status, output = project.pytest("-rs")

    assert (status, outcomes(output)) == (0, "1 skipped")
    assert "the code of grow changed since, and the project has no canary scale" in output
    assert [skipped.claim for skipped in project.report.skipped] == ["1.a"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_verdict_that_would_go_unchecked_fails(project, workers):
    """A claim that gave up a scale at which it is on record fails there, in one line and with what
    to do, until withdrawn.
    """
    project.claim("light.yaml")
    project.record(project.run())
    project.claim("light.yaml", scales="[memo]")

    status, output = project.pytest(*workers, CI="true")
    [orphaned] = project.report.upheld
    [line] = output.split("short test summary info")[1].splitlines()[1:-1]
    [command] = re.findall(r"^ *cbspec (withdraw .*)$", output, flags=re.MULTILINE)
    withdrawn = project.cbspec(*shlex.split(command))
    again, after = project.pytest(*workers)

    assert withdrawn.exit_code == 0
    assert (status, outcomes(output)) == (1, "1 failed")
    assert line == f"FAILED claims/light.yaml::1.a - {orphaned.outcome.reason}"
    assert "Traceback" not in output
    assert command == 'withdraw 1.a --scale quick --reason "..."'
    assert (again, outcomes(after)) == (0, "1 xfailed")


def test_what_would_go_unchecked_is_in_the_report(project):
    """The report of the run names the claim and why it failed, on whichever device family the
    verdict is on record.
    """
    project.claim("light.yaml")
    project.record(project.run(), device="cuda")
    project.claim("light.yaml", scales="[memo]")

    status, _ = project.pytest()
    [left] = project.report.upheld

    assert status == 1
    assert (left.claim, project.report.skipped, project.report.broken) == ("1.a", (), ())
    assert left.outcome.reason.startswith(
        "holds is on record at quick on cuda, but nothing checks it"
    )
    assert (
        left.outcome.reason.split(": ")[0] in (project.root / "reports" / "latest.md").read_text()
    )


def test_broken_stage_is_an_error_of_its_claim_alone(project):
    """An exception in a stage fails the claims that need it, in one sentence; --full-trace shows
    where; others are judged.
    """
    project.claim("light.yaml")
    project.claim("broken.yaml", BROKEN)

    status, output = project.pytest("-n", "2")
    _, traced = project.pytest("--full-trace")

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert "RuntimeError: the scales are broken" in output
    assert "Traceback" not in output
    assert 'raise RuntimeError("the scales are broken")' in traced
    assert project.verdicts() == {"1.a": "holds", "2.a": "error"}


def test_margin_that_the_record_rules_out_is_a_warning(project):
    """An inconclusive claim whose margin is too narrow for the spread on record runs on, with one
    warning at its place.

    As an error, as `-W` has it, it fails the claim without a traceback.
    """
    assertion = "{kind: equivalence, measure: height, arms: [bright], to: 24, margin: 0.1}"
    path = project.claim(
        "light.yaml", LIGHT.replace(LIGHT.partition("  - ")[2].partition("\n")[0], assertion)
    )
    line = next(
        number
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if "equivalence" in text
    )
    project.record(project.run())

    status, output = project.pytest("-n", "2")
    verdicts = project.verdicts()
    strict, refused = project.pytest("-W", "error::cbspec.plugin.UndecidableWarning")

    assert verdicts == {"1.a": "inconclusive"}
    assert [each.claim for each in project.report.broken] == ["1.a"]
    assert (status, outcomes(output)) == (0, "1 xfailed, 1 warning")
    assert (
        f"light.yaml:{line}:5: assert[0]: 3 seeds can never show bright to lie within 0.1 of 24"
        in output
    )
    assert (strict, outcomes(refused)) == (1, "1 failed")
    assert "seeds are needed (on record: 1.a at scale quick)" in refused
    assert "Traceback" not in refused


def test_warnings_as_errors_find_nothing_left_open(project):
    """With -W error a run passes that would pass without."""
    project.claim("light.yaml")

    status, output = project.pytest("-W", "error")

    assert (status, outcomes(output)) == (0, "1 passed")


@pytest.mark.parametrize(
    ("recorded", "kind", "change"), [("refuted", "xfailed", "new"), ("holds", "failed", "flip")]
)
def test_the_record_of_another_device_family_is_what_is_expected(project, recorded, kind, change):
    """A verdict recorded on a GPU alone is expected on the CPU as well: the same is no failure,
    another one is.
    """
    project.claim("light.yaml", WRONG)
    project.record(project.run(), device="cuda", verdict=recorded)

    _, output = project.pytest()
    [record] = project.report.records

    assert (record.outcome.kind, record.comparison.change, record.comparison.elsewhere.verdict) == (
        kind,
        change,
        recorded,
    )
    assert outcomes(output) == f"1 {kind}"
    assert (f"flip: {recorded} on cuda -> refuted" in output) == (kind == "failed")


def test_claims_that_are_not_to_fail_are_run_and_warn(project):
    """New claims that do not hold, one in quarantine, one whose quarantine is over, one whose changes
    warn: each is run, the first is a warning, the others fail; no report to repeat ends the run.
    """
    words = "quarantine: {owner: Ada, reason: its data is replaced, until: %s}\nstatus: active"
    for letter, words_of in (
        ("b", words % "9999-01-01"),
        ("c", words % "2001-01-01"),
        ("d", "on_change: warn\nstatus: active"),
    ):
        text = WRONG.replace("id: 1.b", f"id: 1.{letter}").replace("status: active", words_of)
        project.claim(f"{letter}.yaml", text)

    status, output = project.pytest("-rxw")
    refused, complaint = project.pytest("--repeat-of", "absent.json")

    assert (status, outcomes(output)) == (1, "2 failed, 1 xfailed, 1 warning")
    assert project.verdicts() == {"1.b": "refuted", "1.c": "refuted", "1.d": "refuted"}
    assert "ChangeWarning: 1.b: refuted, not yet on record" in output
    assert "the quarantine ended on 2001-01-01: Ada mends the claim" in output
    assert refused == 4
    assert "absent.json: not the report of a run" in complaint
