"""Folders of claims with scales of their own, run from end to end."""

from __future__ import annotations

import os

import pytest

from tests.support.process import PytestProcess

pytestmark = pytest.mark.usefixtures("inline")


@pytest.fixture
def folders(project):
    """A folder that adds the scale tiny, and one that keeps to those of all."""
    project.write("claims/a/defaults.yaml", "scales: {tiny: {days: 2}}\n")
    project.claim("a/1.a.yaml", scales="[tiny]", id="1.a")
    project.claim("b/2.a.yaml", scales="[quick]", id="2.a")
    return project


@pytest.mark.parametrize(("scale", "judged"), [("tiny", "1.a"), ("quick", "2.a")])
def test_a_scale_of_one_folder_is_run(folders, scale, judged):
    """At a scale that one folder adds its claims are judged, and those of other folders have
    nothing due; so it is at a scale that this folder's claims do not name.
    """
    status, output = folders.pytest("--scale", scale)
    report = folders.report

    assert status in (0, 1), output
    assert (report.scale, [record.claim for record in report.records]) == (scale, [judged])
    assert [upheld.claim for upheld in report.upheld] == [{"1.a": "2.a", "2.a": "1.a"}[judged]]
    assert report.broken == ()


def test_the_usual_scale_is_asked_of_claims_alone(folders):
    """A usual scale that no folder has is an error where claims are run, and no other test's
    business.
    """
    folders.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\nscale = "tinny"\n')
    folders.write("tests/test_other.py", "def test_other():\n    pass\n")

    status, output = folders.pytest()
    others, _ = PytestProcess(["tests"], folders.root, dict(os.environ)).end()

    assert (status, others) == (2, 0)
    assert "unknown scale 'tinny'; did you mean 'tiny'?" in output
    assert "Traceback" not in output
