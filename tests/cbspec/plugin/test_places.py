"""Whose claims a command line names, wherever it is typed and by whatever link."""

import pytest

from tests.support.claim_text import DEFAULTS, LIGHT, WRONG
from tests.support.laboratory import Laboratory, outcomes, pytest_in, working_in

INLINE = ("--backend", "inline")  # where stages are computed is of interest to one test alone


@pytest.fixture
def neighbours(tmp_path):
    """Two projects in one folder, the second with a claim that does not hold."""
    projects = []
    for name in ("p1", "p2"):
        (tmp_path / name).mkdir()
        projects.append(Laboratory(tmp_path / name))
        projects[-1].furnish()
    projects[0].claim("light.yaml")
    projects[1].claim("wrong.yaml", WRONG)
    return tmp_path


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_project_is_the_same_through_a_link(tmp_path, workers):
    """Claims named through a link to the project's folder are run, beside tests too, and keep their
    places in the report.
    """
    (tmp_path / "real").mkdir()
    project = Laboratory(tmp_path / "real")
    project.furnish()
    project.claim("phase1/light.yaml")
    (tmp_path / "real" / "test_own.py").write_text("def test_own(): pass\n")
    link = tmp_path / "link"
    link.symlink_to("real")

    status, output = pytest_in(link, f"{link}/claims", f"{link}/test_own.py", "-n", workers)

    assert status == 0, output
    assert outcomes(output) == "2 passed"
    assert [record.path for record in project.report.records] == ["claims/phase1/light.yaml"]


def test_a_folder_of_claims_may_be_a_link(tmp_path):
    """A folder of claims that is itself a link is run by its name and by what it links to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    project = Laboratory(tmp_path / "project")
    project.furnish()
    (tmp_path / "project" / "claims" / "defaults.yaml").unlink()
    (tmp_path / "project" / "claims").rmdir()
    (tmp_path / "project" / "claims").symlink_to("../elsewhere")
    (tmp_path / "elsewhere" / "defaults.yaml").write_text(DEFAULTS)
    (tmp_path / "elsewhere" / "light.yaml").write_text(LIGHT)

    for folder in ("claims", "../elsewhere"):
        status, output = pytest_in(project.root, folder, *INLINE)
        assert status == 0, output
        assert outcomes(output) == "1 passed"


@pytest.mark.parametrize("folder", ["../other", "../other/.", "lab/../../other"])
def test_claims_may_lie_beside_the_project(tmp_path, folder):
    """A folder of claims outside the project's is run from the project, by its own name and by the
    file's, and by the command line.
    """
    (tmp_path / "project").mkdir()
    (tmp_path / "other").mkdir()
    project = Laboratory(tmp_path / "project")
    project.furnish()
    settings = tmp_path / "project" / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace("[tool.cbspec]", f'[tool.cbspec]\nclaims = "{folder}"')
    )
    (tmp_path / "other" / "defaults.yaml").write_text(DEFAULTS)
    (tmp_path / "other" / "light.yaml").write_text(LIGHT)

    for named in ("../other", "../other/light.yaml", str(tmp_path / "other")):
        status, output = pytest_in(project.root, named, *INLINE)
        assert status == 0, output
        assert outcomes(output) == "1 passed"
    with working_in(project.root) as laboratory:
        assert laboratory.cbspec("validate").stdout == "1 claim in 1 file: valid\n"
        assert laboratory.cbspec("show", "../other/light.yaml").exit_code == 0


@pytest.mark.parametrize("named", [("p1/claims", "p2/claims"), ("p2", "p1/claims/light.yaml")])
def test_claims_of_two_projects_are_refused(neighbours, named):
    """Claims of two projects in one call are a usage error that names both."""
    status, output = pytest_in(neighbours, *named)

    assert status == 4
    assert "are of different projects: run pytest once for each" in output
    assert str(neighbours / "p1") in output
    assert str(neighbours / "p2") in output


def test_test_paths_of_two_projects_are_refused(neighbours):
    """The same for claims that pytest's own configuration names."""
    (neighbours / "pytest.ini").write_text("[pytest]\ntestpaths = p*/claims\n")

    assert pytest_in(neighbours)[0] == 4
    assert outcomes(pytest_in(neighbours, "p1/claims", *INLINE)[1]) == "1 passed"


@pytest.mark.parametrize("marker", ["", "[tool.pytest.ini_options]\n"])
def test_claims_are_run_from_a_folder_above(neighbours, marker):
    """Claims are run from a folder above their project, whatever pytest takes for its root."""
    (neighbours / "pyproject.toml").write_text(marker)
    (neighbours / "test_own.py").write_text("def test_own(): pass\n")

    status, output = pytest_in(neighbours, "p2/claims", "test_own.py", *INLINE)

    assert status == 1
    assert outcomes(output) == "1 failed, 1 passed"


def test_claims_of_another_project_are_run_from_within_one(neighbours):
    """Claims that are named belong to their own project, and not to that of the working
    directory.
    """
    status, output = pytest_in(neighbours / "p1", "../p2/claims", *INLINE)

    assert status == 1
    assert outcomes(output) == "1 failed"
    assert (neighbours / "p2" / "reports" / "latest.json").exists()
    assert not (neighbours / "p1" / "reports").exists()


def test_claims_that_a_run_passes_by_are_told(neighbours):
    """A run of the folder above, which has no claims of its own, warns of each project below whose
    claims it leaves out; warnings as errors end it.
    """
    (neighbours / "p1" / "test_own.py").write_text("def test_own(): pass\n")

    status, output = pytest_in(neighbours, ".", "-n", "0")
    strict, _ = pytest_in(
        neighbours, ".", "-W", "error::cbspec.plugin.elsewhere.UncollectedWarning"
    )

    assert (status, outcomes(output)) == (0, "1 passed, 2 warnings")
    for name in ("p1", "p2"):
        place = neighbours / name
        assert f"the claims of {place} are no part of this run: run pytest {place}" in output
    assert strict != 0


@pytest.mark.parametrize(("seed", "told"), [("", 1), ("0", 0), ("7", 0)])
def test_another_order_of_sets_is_told(neighbours, seed, told):
    """Where stages run in pytest's own process, it has to be started with a fixed order of sets of
    text, or warns once and says how.
    """
    project = Laboratory(neighbours / "p1", backend="inline")

    status, output = project.pytest(PYTHONHASHSEED=seed)

    assert status == 0, output
    assert output.count("start with PYTHONHASHSEED=0 in the environment") == told
    assert outcomes(output) == ("1 passed, 1 warning" if told else "1 passed")
