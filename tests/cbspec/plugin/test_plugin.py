"""The pytest face, in real pytest processes over a small engine without torch."""

import re
import shlex
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cbspec.plugin.conftest import LIGHT
from tests.patience import until

WRONG = LIGHT.replace("arms: [dark, bright]", "arms: [bright, dark]").replace("id: 1.a", "id: 1.b")
BROKEN = LIGHT.replace("id: 1.a", "id: 2.a").replace("phase: 1A", "phase: 2A")
BROKEN = BROKEN.replace("experiment: plant", "experiment: {stage: weigh, plant: plant}").replace(
    "figures: {height", "figures: {weight"
)
BROKEN = BROKEN.replace("dark: {light: 2.0}", "dark: {}").replace("bright: {light: 8.0}", "bright: {broken: true}")
BROKEN = BROKEN.replace("measure: height", "measure: weight")


def outcomes(output):
    """The words of pytest's last line, without the time."""
    return output.strip().splitlines()[-1].strip("= ").rsplit(" in ", 1)[0]


def test_new_claim_that_holds_passes(project):
    """A claim that is not on record passes when it holds, and the closing table shows effect and memo."""
    project.claim("light.yaml")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (0, "1 passed")
    assert "claims at scale quick on cpu" in output
    assert project.verdicts() == {"1.a": "holds"}
    assert project.report.records[0].comparison.change == "new"


def test_new_claim_that_does_not_hold_fails_at_its_line(project):
    """The failure names claim, assertion at file and line, effect with interval, memo's figure; it shows no traceback."""
    path = project.claim("light.yaml", WRONG)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "kind: order" in text)

    status, output = project.pytest()

    assert (status, outcomes(output)) == (1, "1 failed")
    assert f"claims/light.yaml:{line}" in output
    assert "memo" in output
    assert "refuted" in output
    assert "Traceback" not in output
    assert "cbspec accept 1.b" in output


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_closing_summary_has_one_line_per_failure_on_ci(project, workers):
    """Where pytest runs on CI it does not shorten its summary: a claim is told there in one line, a wrong file in its first."""
    project.claim("light.yaml", WRONG)
    project.claim("broken.yaml", LIGHT.replace("kind: order", "kind: ordre"))

    _, output = project.pytest("--continue-on-collection-errors", *workers, CI="true")
    summary = output.split("short test summary info")[1].splitlines()[1:3]

    assert output.count("Next\n") == 1
    assert sorted(line.split(" - ")[0] for line in summary) == ["ERROR claims/broken.yaml", "FAILED claims/light.yaml::1.b"]
    assert any(" - refuted, not yet on record: height: dark - bright = -18" in line for line in summary), summary
    assert any("unknown value 'ordre'" in line for line in summary), summary


def test_next_command_looks_where_the_run_looked(project):
    """The command that a failure offers, pasted into a shell, explains the claim at the run's scale, device, threads."""
    project.claim("light.yaml", WRONG)

    _, output = project.pytest("--scale", "memo", "--device", "cpu", "--stage-threads", "2")
    [command] = re.findall(r"^ *(cbspec explain .*?)   \(", output, flags=re.MULTILINE)
    words = [sys.executable, "-m", "cbspec.cli", *shlex.split(command)[1:]]
    explained = subprocess.run(words, cwd=project.root, text=True, capture_output=True, check=True).stdout

    assert command == "cbspec explain 1.b --scale memo --device cpu --stage-threads 2"
    assert explained.startswith("1.b at scale memo on cpu\n  current  grow @30 ")


def test_verdict_of_an_edited_claim_is_refused_naming_the_run_to_repeat(project):
    """Asked to record a verdict whose claim was edited since, `cbspec accept` names the run at its scale and on its device."""
    path = project.claim("light.yaml")
    project.pytest("--scale", "memo", "--device", "cpu")
    path.write_text(path.read_text().replace("light: 2.0", "light: 1.0"))

    words = [sys.executable, "-m", "cbspec.cli", "accept", "--all"]
    refused = subprocess.run(words, cwd=project.root, text=True, capture_output=True, check=False)

    assert refused.returncode == 1
    assert "run again: cbspec run --scale memo --device cpu\n" in refused.stderr


def test_refuted_claim_on_record_is_an_expected_failure(project):
    """What is recorded as refuted is reported as xfailed with its reason, and the run succeeds."""
    project.claim("light.yaml", WRONG)
    project.pytest()
    project.record_last_run()

    status, output = project.pytest("-rx", "--xfail-tb")

    assert (status, outcomes(output)) == (0, "1 xfailed")
    assert "refuted, as recorded" in output
    assert "def runtest" not in output  # the program is no part of the result


def test_flip_fails_the_run(project):
    """A claim that no longer says what is on record fails, naming the flip."""
    project.claim("light.yaml")
    project.pytest()
    project.record_last_run(verdict="refuted")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (1, "1 failed")
    assert "flip: refuted -> holds" in output


def test_undecidable_scale_is_skipped_with_the_last_verdict(project):
    """A claim that this scale cannot decide is skipped, naming the verdict at the scale that decides it."""
    project.claim("light.yaml", scales="[memo]")
    project.pytest("--scale", "memo")
    project.record_last_run()

    status, output = project.pytest("-rs")

    assert (status, outcomes(output)) == (0, "1 skipped")
    assert "not decidable at scale quick, only at memo (memo on cpu: holds)" in output
    assert [skipped.claim for skipped in project.report.skipped] == ["1.a"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_verdict_that_would_go_unchecked_fails(project, workers):
    """A claim that gave up a scale at which it is on record fails there, in one line and with what to do, until withdrawn."""
    project.claim("light.yaml")
    project.pytest()
    project.record_last_run()
    project.claim("light.yaml", scales="[memo]")

    status, output = project.pytest(*workers, CI="true")
    [line] = output.split("short test summary info")[1].splitlines()[1:-1]
    [command] = re.findall(r"^ *cbspec (withdraw .*)$", output, flags=re.MULTILINE)
    words = [sys.executable, "-m", "cbspec.cli", *shlex.split(command)]
    subprocess.run(words, cwd=project.root, check=True, capture_output=True)
    again, after = project.pytest(*workers)

    told = "holds is on record at quick on cpu and would go unchecked: no claim file has it decidable there"
    assert (status, outcomes(output)) == (1, "1 failed")
    assert line == f"FAILED claims/light.yaml::1.a - {told}"
    assert "Traceback" not in output
    assert command == 'withdraw 1.a --scale quick --reason "..."'
    assert (again, outcomes(after)) == (0, "1 skipped")


def test_what_would_go_unchecked_is_in_the_report(project):
    """The report of the run names the claim and why it failed; elsewhere than where it is on record, it is skipped."""
    project.claim("light.yaml")
    project.pytest()
    project.record_last_run(device="cuda")
    project.claim("light.yaml", scales="[memo]")
    elsewhere, _ = project.pytest()
    ledger = project.root / "reports" / "ledger.json"
    ledger.write_text(ledger.read_text().replace('"device": "cuda"', '"device": "cpu"'))

    status, _ = project.pytest()
    [left] = project.report.skipped

    assert (elsewhere, status) == (0, 1)
    assert left.claim == "1.a"
    assert left.reason.startswith("failed: holds is on record at quick on cpu and would go unchecked")
    assert left.reason.split(": ")[1] in (project.root / "reports" / "latest.md").read_text()


def test_selection_behaves_as_anywhere(project):
    """-k selects by id and title, -m by phase and status, --collect-only runs nothing."""
    project.claim("light.yaml")
    project.claim("wrong.yaml", WRONG, phase="7A", title="Shade helps")

    assert "claims/wrong.yaml::1.b" in project.pytest("--collect-only", "-q", "-k", "Shade")[1]
    assert "1/2 tests collected" in project.pytest("--collect-only", "-q", "-m", "phase7a")[1]
    assert "1/2 tests collected" in project.pytest("--collect-only", "-q", "-k", "1.a")[1]
    assert not (project.root / ".cbspec").exists()


def test_last_failed_and_first_failure(project):
    """--lf runs only what failed last, -x stops at the first failure."""
    project.claim("light.yaml")
    project.claim("wrong.yaml", WRONG)
    project.pytest("--cache")

    assert outcomes(project.pytest("--lf")[1]) == "1 failed"
    assert "stopping after 1 failures" in project.pytest("-x")[1]


def test_junit_report_carries_the_verdict(project):
    """--junitxml has one test case per claim, with its verdict as a property."""
    project.claim("light.yaml")

    project.pytest("--junitxml", "junit.xml", "-n", "2")

    case = ElementTree.parse(project.root / "junit.xml").find(".//testcase")
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert case.get("name") == "1.a"
    assert properties["verdict"] == "holds"


def test_workers_share_one_run_and_one_report(project):
    """Under xdist every stage is stored once and the controller writes one report of all claims, equal to that of one process."""
    for letter in "abcde":
        project.claim(f"light{letter}.yaml", id=f"1.{letter}")
    status, output = project.pytest("-n", "3")
    shared = [record.judgement for record in project.report.records]
    alone_status, _ = project.pytest("-n", "0")

    assert (status, alone_status, outcomes(output)) == (0, 0, "5 passed")
    assert [record.judgement for record in project.report.records] == shared
    assert len(project.stored()) == 6
    assert list((project.root / ".cbspec" / "runs").iterdir()) == []


def test_second_run_computes_nothing(project):
    """With everything stored, a run leaves the store as it is."""
    project.claim("light.yaml")
    project.pytest()
    before = project.stored()

    project.pytest("-n", "2")

    assert project.stored() == before


def test_more_seeds_compute_only_the_new_ones(project):
    """Asking for two more seeds stores two more results per arm and leaves the others alone."""
    project.claim("light.yaml")
    project.pytest()
    before = project.stored()
    project.claim("light.yaml", LIGHT + "seeds: [1, 2, 3, 4, 5]\n")

    project.pytest()

    assert before.items() <= project.stored().items()
    assert len(project.stored()) == len(before) + 4


def test_broken_stage_is_an_error_of_its_claim_alone(project):
    """An exception in a stage fails the claims that need it, in one sentence; --full-trace shows where; others are judged."""
    project.claim("light.yaml")
    project.claim("broken.yaml", BROKEN)

    status, output = project.pytest("-n", "2")
    _, traced = project.pytest("--full-trace")

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert "RuntimeError: the scales are broken" in output
    assert "Traceback" not in output
    assert 'raise RuntimeError("the scales are broken")' in traced
    assert project.verdicts() == {"1.a": "holds", "2.a": "error"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("experiment: plant", "experiment: plnt"), "did you mean 'plant'"),
        (("measure: height", "measure: heigth"), "did you mean 'height'"),
        (("{light: 2.0}", "{lihgt: 2.0}"), "did you mean 'light'"),
        (("kind: order", "kind: ordr"), "did you mean 'order'"),
        (("[dark, bright]", "[drak, bright]"), "did you mean 'dark'"),
        (("scales: [quick, memo]", "scales: [quik]"), "did you mean 'quick'"),
        (("title:", "titel:"), "did you mean 'title'"),
    ],
)
def test_malformed_claim_is_one_located_message(project, change, message):
    """A mistake in a claim is told at its place, without a traceback, and pytest exits as for any collection error."""
    project.claim("light.yaml", LIGHT.replace(*change))

    status, output = project.pytest()

    assert status == 2
    assert "claims/light.yaml:" in output
    assert message in output
    assert "Traceback" not in output


def test_margin_that_the_record_rules_out_is_a_warning(project):
    """An inconclusive claim whose margin is too narrow for the spread on record runs on, with one warning at its place.

    As an error, as `-W` has it, it fails the claim without a traceback.
    """
    assertion = "{kind: equivalence, measure: height, arms: [bright], to: 24, margin: 0.1}"
    path = project.claim("light.yaml", LIGHT.replace(LIGHT.partition("  - ")[2].partition("\n")[0], assertion))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "equivalence" in text)
    project.pytest()
    project.record_last_run()

    status, output = project.pytest("-n", "2")
    strict, refused = project.pytest("-W", "error::cbspec.plugin.UndecidableWarning")

    assert project.verdicts() == {"1.a": "inconclusive"}
    assert (status, outcomes(output)) == (0, "1 xfailed, 1 warning")
    assert f"light.yaml:{line}:5: assert[0]: 3 seeds can never show bright to lie within 0.1 of 24" in output
    assert (strict, outcomes(refused)) == (1, "1 failed")
    assert "seeds are needed (on record: 1.a at scale quick)" in refused
    assert "Traceback" not in refused


def test_duplicate_ids_are_refused(project):
    """Two files with one id end the run before anything is computed, naming both."""
    project.claim("one.yaml")
    project.claim("two.yaml")

    status, output = project.pytest()

    assert status == 4
    assert "claims/one.yaml" in output
    assert "claims/two.yaml:1:" in output


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scale", "hugh"], "unknown scale 'hugh'"),
        (["--device", "cuda"], "--device cuda: no CUDA device is visible"),
        (["--stage-threads", "0"], "a process has at least 1 thread"),
    ],
)
def test_wrong_option_is_a_usage_error(project, arguments, message, workers):
    """An unknown scale, a GPU that is not there and an impossible number of threads are usage errors in one sentence."""
    project.claim("light.yaml")

    status, output = project.pytest("-n", workers, *arguments, CUDA_VISIBLE_DEVICES="")

    assert status == 4
    assert message in output
    assert "Traceback" not in output


def test_unknown_ids_are_refused(project):
    """A claim that revises one which does not exist is told so at its line, when all claims are collected."""
    project.claim("one.yaml", LIGHT + "revises: [9.z]\n")

    status, output = project.pytest()

    assert status == 4
    assert "claims/one.yaml:" in output
    assert "unknown claim '9.z'" in output


def test_missing_claims_folder_and_file(project):
    """A path that does not exist is pytest's own usage error."""
    status, output = project.pytest("claims/nowhere.yaml")

    assert status == 4
    assert "nowhere.yaml" in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_interrupted_run_keeps_finished_stages(project, workers):
    """After Ctrl-C in the middle, finished stages are there, nothing is half-written, and the next run computes only the rest."""
    project.claim("short.yaml", LIGHT.replace("8.0}", "8.0, day: 500}"))  # the longest path, so first, and quick
    project.claim("endless.yaml", LIGHT.replace("id: 1.a", "id: 1.z").replace("2.0}", "2.0, day: 400, thirsty: true}"))
    process = project.start("-n", workers)
    until(lambda: (project.root / "thirsty").exists() and len(project.stored()) >= 3, "a finished stage and one that never is")
    before = project.stored()

    process.send_signal(signal.SIGINT)
    status, output = project.end(process)

    assert status == 2, output
    assert "run again to go on from there" in output
    assert list((project.root / ".cbspec" / "runs").iterdir()) == []
    assert before.items() <= project.stored().items()
    assert [path for path in (project.root / ".cbspec" / "store" / "tmp").rglob("*") if path.is_file()] == []
    assert outcomes(project.pytest("claims/short.yaml", "-k", "1.a")[1]).startswith("1 passed")
    assert before.items() <= project.stored().items()


def test_plain_log_shows_finished_stages(project):
    """Without a terminal every finished job leaves one plain line, the last one too."""
    project.claim("light.yaml")

    _, output = project.pytest("-n", "2")

    assert output.count("grow @3 seeds 1,2,3: done in") == 2
    assert "\x1b" not in output


def test_annotations_and_job_summary_on_github(project, tmp_path):
    """On GitHub a failed claim is annotated at its line, once, and the job summary is appended."""
    project.claim("light.yaml", WRONG)

    _, output = project.pytest("-n", "2", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))

    assert output.count("::error file=claims/light.yaml,line=") == 1
    assert "1.b" in (tmp_path / "summary.md").read_text()


def test_other_projects_pay_nothing(tmp_path):
    """In a project without claims the plugin collects nothing and offers its options only."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    (tmp_path / "data.yaml").write_text("a: 1\n")

    result = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, text=True, capture_output=True, check=False)

    assert result.returncode == 0
    assert "1 passed" in result.stdout


def test_collecting_the_real_claims_imports_no_torch():
    """Collecting and validating every claim of this project leaves torch unimported."""
    code = (
        "import sys, pytest\n"
        "status = pytest.main(['claims', '--collect-only', '-q', '-p', 'no:cacheprovider'])\n"
        "assert status == 0, status\n"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], text=True, capture_output=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
