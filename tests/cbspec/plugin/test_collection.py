"""What pytest collects, selects and refuses, in real pytest processes over a small engine without
torch.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from cbspec.language import claim_files
from tests.support.claim_text import DEFAULTS, LIGHT, WRONG
from tests.support.laboratory import outcomes, pytest_in


def test_selection_behaves_as_anywhere(project):
    """-k selects by id and title, -m by phase and status, --collect-only runs nothing."""
    project.claim("light.yaml")
    project.claim("wrong.yaml", WRONG, phase="7A", title="Shade helps")

    assert "claims/wrong.yaml::1.b" in project.pytest("--collect-only", "-q", "-k", "Shade")[1]
    assert "1/2 tests collected" in project.pytest("--collect-only", "-q", "-m", "phase7a")[1]
    assert "1/2 tests collected" in project.pytest("--collect-only", "-q", "-k", "1.a")[1]
    assert not (project.root / ".cbspec").exists()


@pytest.mark.usefixtures("inline")
def test_last_failed_and_first_failure(project):
    """--lf runs only what failed last, -x stops at the first failure."""
    project.claim("light.yaml")
    project.claim("wrong.yaml", WRONG)
    project.pytest("--cache")

    assert outcomes(project.pytest("--lf")[1]) == "1 failed"
    assert "stopping after 1 failures" in project.pytest("-x")[1]


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
    """A mistake in a claim is told at its place, without a traceback, and pytest exits as for any
    collection error.
    """
    project.claim("light.yaml", LIGHT.replace(*change))

    status, output = project.pytest()

    assert status == 2
    assert "claims/light.yaml:" in output
    assert message in output
    assert "Traceback" not in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_duplicate_ids_are_refused(project, workers):
    """Two files with one id end the run before anything is computed, naming both."""
    project.claim("one.yaml")
    project.claim("two.yaml")

    status, output = project.pytest("-n", workers)

    assert status == 4
    assert "claims/one.yaml" in output
    assert "claims/two.yaml:1:" in output
    assert "Error:" not in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_unknown_ids_are_refused(project, workers):
    """A claim that revises one which does not exist is told so at its line, when all claims are
    collected.
    """
    project.claim("one.yaml", LIGHT + "revises: [9.z]\n")

    status, output = project.pytest("-n", workers)

    assert status == 4
    assert "claims/one.yaml:" in output
    assert "unknown claim '9.z'" in output
    assert "Error:" not in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_damaged_ledger_is_one_message(project, workers):
    """A ledger with an unresolved merge ends the run, naming the line."""
    project.claim("light.yaml")
    (project.root / "reports").mkdir()
    (project.root / "reports" / "ledger.json").write_text('{\n<<<<<<< HEAD\n  "version": 1\n')

    status, output = project.pytest("-n", workers)

    assert status == 4
    assert "ledger.json:2:1: an unresolved merge: '<<<<<<< HEAD'" in output
    assert "Error:" not in output


@pytest.mark.parametrize("suffix", [".yml", ".YAML"])
def test_a_misnamed_claim_file_is_told(project, suffix):
    """A claim in a file with nearly the right suffix is not passed over in silence."""
    project.claim(f"light{suffix}")

    status, output = project.pytest()

    assert status == 2
    assert (
        f"claims/light{suffix}:1:1: a claim file ends in .yaml: rename it to light.yaml" in output
    )


@pytest.mark.parametrize("folder", ["build", "dist", "venv"])
def test_claims_in_a_folder_with_the_name_of_a_tools_are_collected(project, folder):
    """What pytest passes over elsewhere is a folder of claims like any other; a hidden one is not."""
    project.claim(f"{folder}/light.yaml")
    project.claim(".hidden/light.yaml")

    status, output = project.pytest("--collect-only", "-q")

    assert (status, output.splitlines()[0]) == (0, f"claims/{folder}/light.yaml::1.a")


def test_hidden_files_are_no_claims_and_linked_folders_have_some(project, tmp_path):
    """pytest and the commands agree: what a system leaves beside a file is none of it, and a link
    leads to more claims.
    """
    project.claim("light.yaml")
    project.claim("._light.yaml")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "defaults.yaml").write_text(DEFAULTS)
    (tmp_path / "shared" / "more.yaml").write_text(LIGHT.replace("id: 1.a", "id: 1.b"))
    (project.root / "claims" / "linked").symlink_to(tmp_path / "shared")

    _, output = project.pytest("--collect-only", "-q")

    assert output.splitlines()[:2] == ["claims/light.yaml::1.a", "claims/linked/more.yaml::1.b"]
    (tmp_path / "shared" / "up").symlink_to(tmp_path / "shared")  # a circle ends
    found = [path.relative_to(project.root) for path in claim_files([project.root / "claims"])]
    assert list(map(str, found)) == ["claims/light.yaml", "claims/linked/more.yaml"]


@pytest.mark.usefixtures("inline")
def test_defaults_among_named_files_are_passed_over(project):
    """A shell's *.yaml names the defaults along with the claims."""
    project.claim("light.yaml")

    status, output = project.pytest("claims/light.yaml", "claims/defaults.yaml")

    assert (status, outcomes(output)) == (0, "1 passed")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_mistakes_are_told_on_github_and_nothing_was_stopped(project, tmp_path, workers):
    """A claim file that cannot be collected is annotated at the line of each mistake; that is no
    interrupted run.
    """
    project.claim(
        "light.yaml",
        LIGHT.replace("kind: order", "kind: ordre").replace("status: active", "status: on"),
    )
    summary = tmp_path / "summary.md"

    _, output = project.pytest(*workers, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))

    assert (
        output.count(
            "::error file=claims/light.yaml,line=4,title=light.yaml%3A no verdict::status: "
        )
        == 1
    )
    assert (
        output.count(
            "::error file=claims/light.yaml,line=11,title=light.yaml%3A no verdict::assert[0].kind: "
        )
        == 1
    )
    assert "2 without a verdict" in summary.read_text()
    assert "- **light.yaml**: status: " in summary.read_text()
    assert "<details>" not in summary.read_text()
    assert "run again to go on" not in output


def test_a_mistake_in_the_defaults_is_told_on_github_where_it_stands(project):
    """What is wrong above every claim is annotated once, in the defaults."""
    project.claim("light.yaml")
    project.claim("more.yaml", LIGHT.replace("id: 1.a", "id: 1.b"))
    defaults = project.root / "claims" / "defaults.yaml"
    defaults.write_text(defaults.read_text() + "colour: red\n")
    lines = len(defaults.read_text().splitlines())

    _, output = project.pytest("-n", "2", GITHUB_ACTIONS="true")

    assert output.count("::error file=") == 1
    assert (
        f"::error file=claims/defaults.yaml,line={lines},title=defaults.yaml%3A no verdict::colour: unknown key"
        in output
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_duplicate_id_is_told_on_github(project, workers):
    """A claim that was copied and kept its id is annotated once, at the id."""
    project.claim("one.yaml")
    project.claim("two.yaml")

    status, output = project.pytest(*workers, GITHUB_ACTIONS="true")

    assert status == 4
    told = (
        "::error file=claims/two.yaml,line=1,title=two.yaml%3A no verdict::id: duplicate id '1.a'; "
    )
    assert [line[: len(told)] for line in output.splitlines() if line.startswith("::error")] == [
        told
    ]


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_pytest_configuration_further_up_leaves_claims_where_they_are(project, tmp_path, workers):
    """Where pytest's root is a folder above, which holds several projects, the project of the
    working directory counts.
    """
    lab = tmp_path / "labs" / "plants"
    lab.mkdir(parents=True)
    for name in ("lab", "claims", "pyproject.toml"):
        (tmp_path / name).rename(lab / name)
    (lab / "pyproject.toml").write_text('[tool.cbspec]\nengine = "lab.catalog"\n')
    (tmp_path / "labs" / "pytest.ini").write_text("[pytest]\n")
    project.root = lab
    project.claim("light.yaml")

    status, output = project.pytest("-n", workers, "--scale", "quick")

    assert (status, project.verdicts()) == (0, {"1.a": "holds"}), output


@pytest.mark.parametrize("option", ["--device", "--scale"])
def test_an_option_that_a_conftest_has_too_is_told(project, option):
    """An option of cbspec's that the project's own conftest.py has as well is named in one message."""
    project.claim("light.yaml")
    (project.root / "conftest.py").write_text(
        f"def pytest_addoption(parser):\n    parser.addoption('{option}')\n"
    )

    status, output = project.pytest()

    assert (status, "Traceback" in output) == (4, False)
    assert (
        f"an option of cbspec's is one of a conftest.py or another plugin, too: option dest '{option[2:]}' already used"
        in output
    )


def test_claims_of_a_project_that_declares_none_are_left_alone(project):
    """Without [tool.cbspec] a folder called claims is another project's business."""
    (project.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    project.claim("policy.yaml", "holder: somebody\n")

    status, output = project.pytest()

    assert status == 5
    assert "policy.yaml" not in output


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
    """An unknown scale, a GPU that is not there and an impossible number of threads are usage
    errors in one sentence.
    """
    project.claim("light.yaml")

    status, output = project.pytest("-n", workers, *arguments, CUDA_VISIBLE_DEVICES="")

    assert status == 4
    assert message in output
    assert "Traceback" not in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_wrong_selection_computes_nothing(project, workers):
    """An expression that pytest cannot read is told in its words, and no worker goes on with all
    the claims.
    """
    project.claim("light.yaml")

    status, output = project.pytest("-n", workers, "-k", "depth=2")

    assert status == 4
    assert "Wrong expression passed to '-k': depth=2" in output
    assert "INTERNALERROR" not in output
    assert project.stored() == {}


def test_missing_claims_folder_and_file(project):
    """A path that does not exist is pytest's own usage error."""
    status, output = project.pytest("claims/nowhere.yaml")

    assert status == 4
    assert "nowhere.yaml" in output


def test_other_projects_pay_nothing(tmp_path):
    """In a project without claims the plugin collects nothing, and the names of its options are
    free.
    """
    own = "def pytest_addoption(parser):\n    for name in ('--scale', '--device'):\n        parser.addoption(name)\n"
    (tmp_path / "conftest.py").write_text(own)
    (tmp_path / "test_own.py").write_text(
        "def test_own(pytestconfig):\n    assert pytestconfig.option.device == 'x'\n"
    )
    (tmp_path / "data.yaml").write_text("a: 1\n")

    command = [sys.executable, "-m", "pytest", "-q", "--device", "x"]
    result = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)

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
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        text=True,
        capture_output=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_folder_of_claims_that_is_not_there_is_told(laboratory):
    """A misspelt `claims` warns in every run of the project's tests."""
    laboratory.edit("pyproject.toml", "[tool.cbspec]\n", '[tool.cbspec]\nclaims = "claim"\n')
    laboratory.write("tests/test_other.py", "def test_other():\n    pass\n")

    status, output = pytest_in(laboratory.root, "tests")

    assert status == 0
    assert "the folder of this project's claims, is not there" in output
