"""The public API: a project opened, its claims read, planned, run, and looked up in the record."""

import importlib.util

import pytest

import cbspec
from cbspec.errors import ConfigError, LedgerError
from cbspec.selection import UnknownClaimError


@pytest.fixture
def recorded(laboratory):
    """The project with every verdict of a run on record, evidence included."""
    laboratory.run()
    laboratory.cbspec("accept", "--all")
    return cbspec.Project(laboratory.root)


def test_claims_by_id_file_and_folder(laboratory):
    """A word may be an id, a file or a folder; without one all claims are meant."""
    project = cbspec.Project(laboratory.root)

    assert [claim.id for claim in project.claims()] == ["1.a", "2.a"]
    assert [claim.id for claim in project.claims("2.a")] == ["2.a"]
    assert [claim.id for claim in project.claims(["claims/phase1", "2.a"])] == ["1.a", "2.a"]
    assert [claim.scale for claim in project.claims("1.a", scale="memo")] == ["memo"]


def test_what_is_not_there_is_said(laboratory):
    """An unknown claim and an unknown scale are errors that name what there is."""
    project = cbspec.Project(laboratory.root)

    with pytest.raises(UnknownClaimError, match=r"unknown claim '1\.b'; did you mean '1\.a'"):
        project.claims("1.b")
    with pytest.raises(ConfigError, match="unknown scale 'huge'"):
        project.claims(scale="huge")
    with pytest.raises(LedgerError, match=r"1\.a \(quick, cpu\): no verdict is on record"):
        project.values("1.a")


def test_a_run_is_the_same_as_pytests(laboratory):
    """A run in this process gives each claim the verdict that pytest gives it, and leaves no run
    directory.
    """
    expected = {record.claim: record.judgement for record in laboratory.run().records}
    run = cbspec.Project(laboratory.root).run()

    assert {record.claim: record.judgement for record in run.records} == expected
    assert run.workers == 1
    assert list((laboratory.root / ".cbspec" / "runs").iterdir()) == []


def test_a_plan_tells_what_a_run_would_compute(laboratory):
    """Before a run its jobs are absent, after it none is."""
    project = cbspec.Project(laboratory.root)
    before = project.plan()
    project.run()
    after = project.plan()

    assert sum(work.absent for work in before.work) == before.work[0].results * len(before.work) > 0
    assert sum(work.absent for work in after.work) == 0


def test_verdicts_and_values_on_record(recorded):
    """The record is read claim by claim; the values that a verdict was judged on come arm by arm,
    seed by seed.
    """
    [entry] = recorded.verdicts("1.a", scale="quick")
    values = recorded.values("1.a")

    assert (entry.claim, entry.verdict) == ("1.a", "holds")
    assert values.seeds == (1, 2, 3)
    assert [value[:3] for value in values.records()[:3]] == [
        ("bright", "height", seed) for seed in (1, 2, 3)
    ]
    assert all(value.value == pytest.approx(24.0, abs=0.5) for value in values.records()[:3])


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_values_as_a_data_frame(recorded):
    """A frame has one row for each value."""
    frame = recorded.values("1.a").frame()

    assert list(frame.columns) == ["arm", "measure", "seed", "value", "reason"]
    assert len(frame) == 6


def test_the_package_exports_its_face():
    """What `cbspec` exports is documented, and importing it loads neither torch nor SciPy."""
    assert set(cbspec.__all__) >= {"CbspecError", "Project"}
    assert all(getattr(cbspec, name).__doc__ for name in cbspec.__all__ if name != "__version__")
