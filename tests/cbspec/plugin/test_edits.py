"""An edit of the engine during a run ends it and leaves no result under a wrong key."""

import shutil

import pytest

from tests.support.claim_text import LIGHT
from tests.support.laboratory import outcomes
from tests.support.patience import until

IMPORTING = """\
    if Path("wait").exists():  # until the test has edited what is imported next
        Path("waiting").touch()
        while Path("wait").exists():
            time.sleep(0.01)
    from lab.soil import WATER

"""
WAITING = """\
    Path("imported").touch()
    while not Path("restored").exists():
        time.sleep(0.01)
"""
SOIL = "WATER = 1.0\n"
EDITING = """\
from pathlib import Path


def {hook}():
    if not Path("edited").exists():
        Path("edited").touch()
        path = Path("{file}")
        path.write_text(path.read_text().replace("{old}", "{new}"))
"""


@pytest.fixture
def lab(project):
    """A project whose only stage imports a module of the engine when it runs."""
    project.edit("lab/catalog.py", "    days = ", IMPORTING + "    days = ")
    light = "replica.parameters.light"
    project.edit("lab/catalog.py", light, f"WATER * {light}")
    project.write("lab/soil.py", SOIL)
    project.claim("light.yaml")
    return project


def judgements(project, **environment):
    """What a run that nothing disturbs makes of the claim."""
    project.backend = "inline"
    status, output = project.pytest(**environment)
    assert (status, outcomes(output)) == (0, "1 passed")
    return [record.judgement for record in project.report.records]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_edit_while_a_stage_computes_stops_the_run(lab, workers):
    """The file is named, nothing is stored, and once it is restored a run has the right figures."""
    (lab.root / "wait").touch()
    process = lab.start("-n", workers)
    until((lab.root / "waiting").exists, "a stage that computes")
    (lab.root / "lab" / "soil.py").write_text("WATER = 7.0\n")
    (lab.root / "wait").unlink()

    status, output = process.end()

    kept = "nothing more that depends on it is stored"
    told = f"lab/soil.py changed during the run: {kept}; run again"
    assert status == 2
    assert f"stopped: {told}\n" in output
    assert "Traceback" not in output
    assert [broken.reason for broken in lab.report.broken] == [told]
    assert lab.stored() == {}
    assert list((lab.root / ".cbspec" / "runs").iterdir()) == []

    (lab.root / "lab" / "soil.py").write_text(SOIL)
    assert judgements(lab) == judgements(lab, CBSPEC_STORE=str(lab.root / "fresh"))


def test_an_edit_that_was_undone_stops_the_run_too(lab):
    """What was imported in between was other code than the file has now."""
    (lab.root / "wait").touch()
    waits = "    from lab.soil import WATER\n"
    lab.edit("lab/catalog.py", waits, waits + WAITING)
    process = lab.start()
    until((lab.root / "waiting").exists, "a stage that computes")
    (lab.root / "lab" / "soil.py").write_text("WATER = 7.0\n")
    (lab.root / "wait").unlink()
    until((lab.root / "imported").exists, "an import of the edited file")
    (lab.root / "lab" / "soil.py").write_text(SOIL)
    (lab.root / "restored").touch()

    status, output = process.end()

    assert status == 2
    assert "lab/soil.py changed during the run" in output
    assert judgements(lab) == judgements(lab, CBSPEC_STORE=str(lab.root / "fresh"))


@pytest.mark.parametrize(
    ("hook", "file", "old", "new"),
    [
        ("pytest_runtest_setup", "lab/soil.py", "1.0", "7.0"),
        ("pytest_collection_modifyitems", "lab/catalog.py", "(day + 1) +", "(day + 9) +"),
    ],
    ids=["planned", "imported"],
)
def test_an_edit_between_plan_and_import_stops_the_run(lab, hook, file, old, new):
    """Whichever comes first, neither the edited nor the restored file gets the other's results."""
    before = (lab.root / file).read_text()
    (lab.root / "conftest.py").write_text(EDITING.format(hook=hook, file=file, old=old, new=new))

    status, output = lab.pytest()

    assert status == 2
    assert f"{file} changed during the run" in output
    assert lab.stored() == {}
    assert (lab.root / file).read_text() != before
    assert judgements(lab) == judgements(lab, CBSPEC_STORE=str(lab.root / "edited code"))
    (lab.root / file).write_text(before)
    assert judgements(lab) == judgements(lab, CBSPEC_STORE=str(lab.root / "restored code"))


def test_an_edit_after_the_last_verdict_interrupts_the_run(lab):
    """A worker that meets the edit at seeds that no claim came to need ends the run, too."""
    lab.claim("light.yaml", LIGHT + "seeds: [1, 2, 3, 4, 5]\n")
    lab.record(lab.run())
    shutil.rmtree(lab.root / ".cbspec" / "store")
    lab.claim("light.yaml", LIGHT + "seeds: {pool: [1, 2, 3, 4, 5], start: 3}\n")
    waits = 'if Path("wait").exists()'
    lab.edit("lab/catalog.py", waits, f"{waits} and job.replicas[0].seed == 4")
    (lab.root / "wait").touch()
    process = lab.start("-n", "1")
    until((lab.root / "waiting").exists, "a stage that computes further seeds")
    (lab.root / "lab" / "soil.py").write_text("WATER = 7.0\n")
    (lab.root / "wait").unlink()

    status, output = process.end()

    assert (status, outcomes(output)) == (2, "1 failed")  # for it has fewer seeds than on record
    assert "stopped: lab/soil.py changed during the run" in output
    assert len(lab.stored()) == 6
