"""Claims beside what other pytest plugins and readers of reports do."""

import re
from xml.etree import ElementTree

import pytest

from cbspec.plugin.failures import CanaryError, ClaimFailed, DoubtError
from tests.support.claim_text import BROKEN, LIGHT, WRONG
from tests.support.laboratory import outcomes, pytest_in

pytestmark = pytest.mark.usefixtures("inline")

# What pytest-rerunfailures does with a test that fails, as far as reports go
RERUNS = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        for report in failed:
            report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not failed:
            break
    else:
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""

# The options of pytest-testmon
TESTMON = """
def pytest_addoption(parser):
    parser.addoption("--testmon", action="store_true", dest="testmon")
    parser.addoption("--testmon-noselect", action="store_true", dest="testmon_noselect")
    parser.addoption("--testmon-forceselect", action="store_true", dest="testmon_forceselect")
"""

# What pytest's own schema of the family xunit2 (testing/example_scripts/junit-10.xsd) allows
CASE = {"name", "classname", "time", "group"}
WITHIN_CASE = {"skipped", "error", "failure", "system-out", "system-err"}


def rows(output):
    """Return the claims of the closing table."""
    table = output.partition("claims at scale")[2]
    return re.findall(r"^(\d\.\w+) ", table, re.MULTILINE)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_claim_that_is_run_again_counts_once(project, workers):
    """A claim that a plugin runs three times is one row of the table, the report and the count."""
    project.claim("wrong.yaml", WRONG)
    project.claim("light.yaml")
    (project.root / "conftest.py").write_text(RERUNS)

    status, output = project.pytest("-n", workers)

    assert status == 1
    assert rows(output) == ["1.b", "1.a"]
    assert "2 findings: 2 recomputed" in output
    assert [record.claim for record in project.report.records] == ["1.b", "1.a"]


def test_a_claim_that_breaks_at_first_counts_as_it_came_out(project):
    """A claim whose first run fails and whose second holds is told as holding."""
    project.claim("light.yaml")
    breaking = RERUNS + (
        "\nfrom cbspec.evaluation import Evaluation\n"
        "evaluate = Evaluation.evaluate\n"
        "def once(self, claim):\n"
        "    Evaluation.evaluate = evaluate\n"
        "    raise RuntimeError('the first run breaks')\n"
        "Evaluation.evaluate = once\n"
    )
    (project.root / "conftest.py").write_text(breaking)

    status, _ = project.pytest()

    assert status == 0
    assert project.verdicts() == {"1.a": "holds"}
    assert project.report.broken == ()


def test_a_claim_counts_once_where_every_worker_runs_it(project):
    """With ``--dist each`` every worker runs every claim; each is one row."""
    project.claim("wrong.yaml", WRONG)
    project.claim("light.yaml")

    _, output = project.pytest("--dist", "each", "--tx", "2*popen")

    assert rows(output) == ["1.b", "1.a"]
    assert [record.claim for record in project.report.records] == ["1.b", "1.a"]


@pytest.mark.parametrize("option", ["--testmon", "--testmon-forceselect"])
def test_testmon_is_refused_for_claims(project, option):
    """What deselects claims by the lines that they executed is a usage error, before anything is
    run.
    """
    project.claim("light.yaml")
    (project.root / "conftest.py").write_text(TESTMON)

    status, output = project.pytest(option)

    assert status == 4
    assert "--testmon is not for claims" in output
    assert not (project.root / ".cbspec").exists()


def test_testmon_is_left_alone_without_claims(project):
    """It is no mistake where it deselects nothing, or where no claim is collected."""
    project.claim("light.yaml")
    (project.root / "conftest.py").write_text(TESTMON)

    assert outcomes(project.pytest("--testmon", "--testmon-noselect")[1]) == "1 passed"
    assert pytest_in(project.root, "--testmon", "--ignore=claims", ".")[0] == 5
    assert pytest_in(project.root, "--testmon", ".")[0] == 4


@pytest.mark.parametrize("error", [ClaimFailed, DoubtError, CanaryError])
def test_a_failed_claim_is_no_broken_test(error):
    """Allure and others tell a failure from a defect by the type of the exception."""
    assert issubclass(error, AssertionError)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_junit_file_is_valid(project, workers):
    """By pytest's own schema a test case has no properties: the verdicts are properties of the
    suite.
    """
    project.claim("light.yaml")
    project.claim("wrong.yaml", WRONG)
    project.claim("broken.yaml", BROKEN)
    project.claim("undue.yaml", LIGHT, id="3.a", scales="[memo]")

    project.pytest("--junitxml", "junit.xml", "-n", workers)

    suite = ElementTree.parse(project.root / "junit.xml").find("testsuite")
    cases = suite.findall("testcase")
    assert sorted(case.get("name") for case in cases) == ["1.a", "1.b", "2.a", "3.a"]
    for case in cases:
        assert set(case.keys()) <= CASE
        assert {child.tag for child in case} <= WITHIN_CASE
    found = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert found == {
        "1.a: verdict": "holds",
        "1.b: verdict": "refuted",
        "2.a: verdict": "error",
        "3.a: checked": "",
    }


def test_annotations_end_where_github_stops_showing_them(project):
    """GitHub shows ten errors of one step: the tenth says how many more there are."""
    for number in range(13):
        project.claim(f"wrong{number}.yaml", WRONG, id=f"4.{number}")

    _, output = project.pytest(GITHUB_ACTIONS="true")

    errors = [line for line in output.splitlines() if line.startswith("::error ")]
    assert len(errors) == 10
    assert errors[-1].startswith("::error title=and 4 more::")
    assert [f"4.{number}" in "".join(errors[:9]) for number in (0, 1, 10, 11)] == [True] * 4
