"""What a run leaves for others to read: junit files, annotations, job summaries, pages."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from tests.support.claim_text import LIGHT, WRONG
from tests.support.laboratory import outcomes

pytestmark = pytest.mark.usefixtures("inline")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_closing_summary_has_one_line_per_failure_on_ci(project, workers):
    """Where pytest runs on CI it does not shorten its summary: a claim is told there in one line, a
    wrong file in its first.
    """
    project.claim("light.yaml", WRONG)
    project.claim("broken.yaml", LIGHT.replace("kind: order", "kind: ordre"))

    _, output = project.pytest("--continue-on-collection-errors", *workers, CI="true")
    summary = output.split("short test summary info")[1].splitlines()[1:3]

    assert output.count("Next\n") == 1
    assert sorted(line.split(" - ")[0] for line in summary) == [
        "ERROR claims/broken.yaml",
        "FAILED claims/light.yaml::1.b",
    ]
    assert any(
        " - refuted, not yet on record: height: dark - bright = -18" in line for line in summary
    ), summary
    assert any("unknown value 'ordre'" in line for line in summary), summary


def test_junit_report_carries_the_verdict(project):
    """--junitxml has one test case per claim; in the family that knows properties of a case, the
    verdict is one.
    """
    project.claim("light.yaml")

    project.pytest("--junitxml", "junit.xml", "-o", "junit_family=xunit1", "-n", "2")

    case = ElementTree.parse(project.root / "junit.xml").find(".//testcase")
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert case.get("name") == "1.a"
    assert properties == {"verdict": "holds"}


def test_annotations_and_job_summary_on_github(project, tmp_path):
    """On GitHub a failed claim is annotated at its line, once, and the job summary is appended."""
    project.claim("light.yaml", WRONG)

    _, output = project.pytest(
        "-n", "2", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md")
    )

    assert output.count("::error file=claims/light.yaml,line=") == 1
    assert "1.b" in (tmp_path / "summary.md").read_text()


def test_a_verdict_that_nothing_checks_is_told_on_github(project, tmp_path):
    """A claim that gave up a scale on record is annotated, and the job summary does not call the
    run as recorded.
    """
    project.claim("light.yaml")
    project.record(project.run())
    project.claim("light.yaml", scales="[memo]")

    _, output = project.pytest(
        "-n", "2", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md")
    )

    assert (
        output.count("::error file=claims/light.yaml,line=1,title=1.a%3A orphaned::1.a: More light")
        == 1
    )
    [orphaned] = project.report.upheld
    assert "## Claims: 1 in doubt" in (tmp_path / "summary.md").read_text()
    assert orphaned.outcome.reason in (tmp_path / "summary.md").read_text()


def test_a_job_summary_that_has_no_place_fails_nothing(project):
    """A container may inherit the variable without the file: the verdicts are told all the same."""
    project.claim("light.yaml")

    status, output = project.pytest(GITHUB_STEP_SUMMARY="/nowhere/summary.md")

    assert (status, outcomes(output)) == (0, "1 passed")
    assert (
        "no job summary: /nowhere/summary.md cannot be written: No such file or directory" in output
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_reports_that_cannot_be_written_do_not_hide_the_verdicts(project, workers):
    """Where the reports have no place, the table is shown, and why there is no report."""
    project.claim("light.yaml")
    (project.root / "reports" / "latest.json").mkdir(parents=True)

    _, output = project.pytest(*workers)

    assert "no report: " in output
    assert re.search(r"^1\.a +holds", output, flags=re.MULTILINE)
    assert "Traceback" not in output


def test_a_page_that_is_left_from_an_earlier_run_is_named(project):
    """Where evidence was edited, the page that shows it stays as it was, and the run says so."""
    project.claim("light.yaml")
    project.record(project.run())
    project.pytest()
    page = project.root / "reports" / "latest.html"
    before = page.read_text()
    evidence = project.root / "reports" / "evidence" / "1.a.json"
    evidence.write_text(re.sub(r"(\d)(\d)\]", r"\g<1>9\g<2>]", evidence.read_text(), count=1))

    _, output = project.pytest()

    assert re.search(
        r"^no report: .*; left as an earlier run wrote it: \S*latest.html$", output, re.M
    )
    assert re.search(r"^report: ", output, re.M) is None
    assert page.read_text() == before


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_wrong_report_format_ends_the_run_before_it_begins(project, workers):
    """A mistake in the project's own formats is one sentence, and nothing is computed."""
    project.claim("light.yaml")
    pyproject = project.root / "pyproject.toml"
    engine = 'engine = "lab.catalog"'
    pyproject.write_text(pyproject.read_text().replace(engine, f'{engine}\nformats = ["lab.lost"]'))

    status, output = project.pytest(*workers)

    assert status == 4
    assert output.count("formats lab.lost") == 1
    assert "Traceback" not in output
    assert project.stored() == {}
