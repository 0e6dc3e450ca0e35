"""What the project's own code raises while its claims are read, planned, judged and reported: it is
the error of the claims that need that code, and of no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.claim_text import LIGHT
from tests.support.laboratory import Laboratory, outcomes, working_in

KINDS = Path(__file__).parents[2] / "labs" / "raising_kinds.py"
ORDER = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
FORMATS = """\
class Raising:
    file = "bent.csv"

    def render(self, run):
        raise SystemExit(0)


class Broken:
    file = "half.csv"

    def render(self, run):
        return "a,\\udc80"


class Whole:
    file = "whole.csv"

    def render(self, run):
        return "".join(f"{record.claim}\\n" for record in run.records)


FORMATS = (Raising(), Broken(), Whole())
"""
RAISED = ("memory", "exit", "base", "mute", "key", "surrogate", "skip", "xfail", "stopped", "depth")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory with one claim that holds and a kind that raises what its claims ask for."""
    with working_in(tmp_path) as made:
        made.furnish()
        made.backend = "inline"
        made.write("lab/kinds.py", KINDS.read_text())
        made.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\nkinds = ["lab.kinds"]\n')
        made.claim("light.yaml")
        yield made


def odd(project: Laboratory, name: str, where: str = "", what: str = "", **replaced: str) -> None:
    """Write a claim whose assertion raises."""
    assertion = (
        f"{{kind: odd, measure: height, arms: [dark, bright], where: {where!r}, what: {what!r}}}"
    )
    text = LIGHT.replace(ORDER, assertion).replace("id: 1.a", f"id: {name}")
    assert assertion in text
    project.claim(f"{name}.yaml", text, **replaced)


def report(project: Laboratory) -> Any:
    """The report of the last run, read without the project's kinds."""
    return json.loads((project.root / "reports" / "latest.json").read_text())


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_kind_raises_is_the_error_of_its_claim(project: Laboratory, workers: str) -> None:
    """Whatever a kind raises where its claim is judged makes the verdict an error, and where the claim
    is described keeps it from one; either fails that claim alone, with the place in the kind.
    """
    for what in RAISED:
        odd(project, f"judged.{what}", "evidence", what)
        odd(project, f"described.{what}", "sentence", what)

    status, output = project.pytest("-n", workers)

    told = report(project)
    judged = {record["claim"]: record["judgement"] for record in told["records"]}
    broken = {record["claim"]: record["reason"] for record in told["broken"]}
    assert (status, outcomes(output)) == (1, f"{2 * len(RAISED)} failed, 1 passed")
    assert judged.pop("1.a")["verdict"] == "holds"
    assert {judgement["verdict"] for judgement in judged.values()} == {"error"}
    assert set(judged) == {f"judged.{what}" for what in RAISED}
    assert set(broken) == {f"described.{what}" for what in RAISED}
    assert "SystemExit: 0 (lab/kinds.py:" in judged["judged.exit"]["reason"]
    assert "SystemExit: 0 (lab/kinds.py:" in broken["described.exit"]
    assert "INTERNALERROR" not in output
    assert "\x1b[2J" not in output


def test_what_raises_at_planning_fails_the_claims_that_need_it(project: Laboratory) -> None:
    """A cost that raises, or is none, fails the claims whose stages cost it; others are judged."""
    cost = "float(call.point)"
    project.edit("lab/catalog.py", cost, f"[{cost}, float('nan')][call.parameters.light == 3.0]")
    odd(project, "2.a")
    project.edit("claims/2.a.yaml", "{light: 2.0}", "{light: 3.0}")

    status, output = project.pytest("-n", "2")

    told = report(project)
    [broken] = told["broken"]
    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert [record["claim"] for record in told["records"]] == ["1.a"]
    assert (broken["claim"], broken["reason"].partition(" (")[0]) == (
        "2.a",
        "ValueError: the cost of grow must be finite and at least 0: nan",
    )


def test_stored_results_that_make_a_kind_raise_do_not_keep_others_from_planning(
    project: Laboratory,
) -> None:
    """A claim that may draw more seeds is judged by what is stored before anything runs; what its
    kind raises there is told where it is judged.
    """
    project.draw_more()
    odd(project, "2.a")
    project.pytest()
    odd(project, "2.a", "evidence", "memory")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    verdicts = {}
    for record in report(project)["records"]:
        verdicts[record["claim"]] = record["judgement"]["verdict"]
    assert verdicts == {"1.a": "holds", "2.a": "error"}


def test_what_a_report_format_raises_keeps_no_other_from_being_written(project: Laboratory) -> None:
    """A format that raises or returns no text is told below the table, and the run has failed; every
    other report is there, and no half-written one.
    """
    project.write("lab/formats.py", FORMATS)
    project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\nformats = ["lab.formats"]\n')

    status, output = project.pytest("claims/light.yaml")

    reports = {path.name for path in (project.root / "reports").iterdir()}
    assert (status, outcomes(output)) == (1, "1 passed")
    assert "no report: bent.csv could not be made: SystemExit: 0 (lab/formats.py:5 in " in output
    assert "no report: half.csv could not be made: UnicodeEncodeError" in output
    assert reports == {"latest.html", "latest.json", "latest.md", "whole.csv"}


@pytest.mark.parametrize("raised", ["sys.exit(0)", "pytest.skip('x', allow_module_level=True)"])
def test_an_engine_that_ends_its_import_is_a_mistake(project: Laboratory, raised: str) -> None:
    """An engine that leaves its import by SystemExit or pytest's skip cannot be imported, which every
    claim file says; nothing passes or is skipped by it.
    """
    text = (project.root / "lab" / "catalog.py").read_text()
    project.write("lab/catalog.py", f"import sys\n\nimport pytest\n\n{text}\n{raised}\n")

    status, output = project.pytest()

    assert (status, outcomes(output)) == (2, "1 error")
    assert "engine lab.catalog" in output
    assert " cannot be imported: " in output


@pytest.mark.parametrize("what", ["memory", "exit", "mute", "surrogate", "skip"])
def test_what_raises_while_a_file_is_read_is_a_mistake_in_it(
    project: Laboratory, what: str
) -> None:
    """Whatever a kind raises while its file is read is a mistake at that file for every command."""
    odd(project, "2.a", "problems", what)

    refused = project.cbspec("validate")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("claims/2.a.yaml:1:1: cannot be read: ")
    assert "(lab/kinds.py:" in refused.stderr


def test_a_verdict_on_record_that_cannot_be_judged_anew_is_told(project: Laboratory) -> None:
    """`judge` tells of a kind that raises, even a KeyError, and judges all other verdicts."""
    odd(project, "2.a")
    project.record(project.run())
    odd(project, "2.a", "evidence", "key")

    judged = project.cbspec("judge")

    assert judged.exit_code == 1
    assert "2.a at quick on cpu: 2.a could not be judged: KeyError: 'height' (lab/" in judged.stdout
    assert "1 verdict judged anew" in judged.stdout


def test_a_notebook_is_told_which_claims_are_broken(project: Laboratory) -> None:
    """`Project.run` returns the claims that could not be judged beside the records of the others."""
    from cbspec.project import Project

    odd(project, "2.a", "sentence", "base")

    run = Project(project.root).run(scale="quick", backend="inline")

    assert [record.claim for record in run.records] == ["1.a"]
    assert [(broken.claim, broken.path) for broken in run.broken] == [("2.a", "claims/2.a.yaml")]
