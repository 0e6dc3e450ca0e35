"""Scales of folders: a run is of every claim, and judges those that its scale decides."""

import pytest

from tests.support.claim_text import DEFAULTS, LIGHT
from tests.support.laboratory import outcomes

pytestmark = pytest.mark.usefixtures("inline")


@pytest.fixture
def apart(project):
    """Two folders with a claim each, of which neither knows the other's scale."""
    project.write("claims/phase1/defaults.yaml", DEFAULTS)
    project.write("claims/phase3/defaults.yaml", DEFAULTS.replace("quick:", "tiny:"))
    (project.root / "claims" / "defaults.yaml").unlink()
    project.claim("phase1/1.a.yaml", scales="[quick]")
    project.claim("phase3/3.a.yaml", LIGHT, id="3.a", scales="[tiny]")
    return project


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("scale", "judged", "other"), [("quick", "1.a", "3.a"), ("tiny", "3.a", "1.a")]
)
def test_each_scale_of_a_folder_can_be_asked_for(apart, scale, judged, other, workers):
    """The claim that the scale decides is judged, the other has no verdict and ends no run."""
    status, output = apart.pytest("--scale", scale, "-n", workers)

    assert status == 0, output
    assert apart.verdicts() == {judged: "holds"}
    assert [upheld.claim for upheld in apart.report.upheld] == [other]
    assert apart.report.scale == scale


def test_a_verdict_of_another_folder_stays_on_record(apart):
    """What is on record at one folder's scale is checked by a run at the other's."""
    apart.pytest("--scale", "tiny")
    apart.record(apart.report)

    status, output = apart.pytest()

    assert status == 0, output
    assert outcomes(output) == "2 passed"
    assert "1 by record (1 code unchanged" in output


def test_a_scale_that_no_folder_has_is_a_usage_error(apart):
    """An unknown scale is told with the scales of every folder."""
    status, output = apart.pytest("--scale", "tidy")

    assert status == 4
    assert "unknown scale 'tidy'; did you mean 'tiny'?" in output
    assert "quick" in output
