"""init: a project whose first claim holds, or nothing."""

import pytest
import yaml

from tests.support.laboratory import outcomes


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_project_has_a_claim_that_holds(empty):
    """All of its files are written, its claim is valid, and a run passes and says so."""
    result = empty.cbspec("init", "lab")
    status, output = empty.pytest()

    assert (result.exit_code, status) == (0, 0), result.stderr + output
    assert files(empty.root) >= {
        "pyproject.toml",
        ".gitignore",
        ".github/workflows/claims.yml",
        "lab/__init__.py",
        "lab/catalog.py",
        "lab/darts.py",
        "claims/defaults.yaml",
        "claims/pi.a.yaml",
        "claims/schema/claim.schema.json",
    }
    assert empty.cbspec("validate").stdout == "1 claim in 1 file: valid\n"
    assert empty.verdicts() == {"pi.a": "holds"}
    assert outcomes(output) == "1 passed"


def test_the_results_and_the_last_run_are_not_committed(empty):
    """Git sees the files that were written, and none that a run adds but the record's."""
    empty.cbspec("init", "lab")
    empty.git("init", "--quiet")
    empty.pytest()

    seen = empty.git("ls-files", "--others", "--exclude-standard").splitlines()

    assert {name.partition("/")[0] for name in seen} == {
        ".github",
        ".gitignore",
        "claims",
        "lab",
        "pyproject.toml",
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my-lab", "cannot name a Python package"),
        ("1lab", "no digit at the beginning"),
        ("class", "is a word of Python"),
        ("random", "is taken"),
        ("cbspec", "is taken"),
        ("../lab", "cannot name a Python package"),
        ("numpy", "is taken"),
        ("conftest", "is taken"),
        ("claims", "is taken"),
        ("", "cannot name a Python package"),
    ],
)
def test_a_name_that_no_package_can_have_is_refused(empty, name, problem):
    """One that Python does not take, or that would hide a package that is installed."""
    refused = empty.cbspec("init", name)

    assert refused.exit_code == 2
    assert problem in refused.stderr
    assert files(empty.root) == set()


def test_nothing_is_overwritten(empty):
    """A file that is there is named, and nothing is written."""
    empty.write("claims/defaults.yaml", "alpha: 0.01\n")

    refused = empty.cbspec("init", "lab")

    assert refused.exit_code == 2
    assert refused.stderr == "already there: claims/defaults.yaml; nothing was written\n"
    assert files(empty.root) == {"claims/defaults.yaml"}


def test_a_project_is_not_begun_twice(empty):
    """A folder whose settings have a table for cbspec is refused."""
    empty.write("pyproject.toml", '[tool.cbspec]\nengine = "other.catalog"\n')

    refused = empty.cbspec("init", "lab")

    assert refused.exit_code == 2
    assert "pyproject.toml has a [tool.cbspec]; nothing was written" in refused.stderr
    assert files(empty.root) == {"pyproject.toml"}


def test_settings_and_ignored_files_are_added_to(empty):
    """What pyproject.toml and .gitignore have stays, and the lines that they lack follow."""
    empty.write("pyproject.toml", '[project]\nname = "study"\n')
    empty.write(".gitignore", "__pycache__/\ndata/")

    empty.cbspec("init", "lab")

    assert (empty.root / "pyproject.toml").read_text() == (
        '[project]\nname = "study"\n\n[tool.cbspec]\nengine = "lab.catalog"\n'
    )
    assert (empty.root / ".gitignore").read_text() == (
        "__pycache__/\ndata/\n.cbspec/\n/reports/latest.*\n"
    )


def test_the_name_is_asked_for(empty):
    """Without a name, the answer is the package's."""
    result = empty.cbspec("init", "--ask", input="study\n")

    assert result.exit_code == 0, result.stderr
    assert (empty.root / "study" / "catalog.py").is_file()


def test_without_a_terminal_the_name_is_needed(empty):
    """No name and nobody to ask: the command says what is missing."""
    refused = empty.cbspec("init")

    assert refused.exit_code == 2
    assert "missing NAME" in refused.stderr


def test_the_workflow_of_a_folder_lies_where_github_looks(empty, monkeypatch):
    """In a repository with several projects, each has a workflow that works in its folder."""
    empty.git("init", "--quiet")
    study = empty.root / "studies" / "one"
    study.mkdir(parents=True)
    monkeypatch.chdir(study)

    result = empty.cbspec("init", "lab")

    path = empty.root / ".github" / "workflows" / "claims-lab.yml"
    workflow = yaml.safe_load(path.read_text())
    job = workflow["jobs"]["claims"]
    assert result.exit_code == 0, result.stderr
    assert job["defaults"]["run"]["working-directory"] == "studies/one"
    assert job["steps"][2]["with"]["path"] == "studies/one/.cbspec/store"
    assert job["steps"][-1]["run"] == "python -m pytest claims"


def test_the_workflow_runs_the_claims(empty):
    """At the top of a repository the commands need no folder."""
    empty.cbspec("init", "lab")

    text = (empty.root / ".github" / "workflows" / "claims.yml").read_text()
    job = yaml.safe_load(text)["jobs"]["claims"]
    assert "defaults" not in job
    assert job["steps"][2]["with"]["key"] == "store-claims-${{ github.sha }}"


RUNS = "id,method,loss\n" + "".join(f"a{i},a,{1 + i / 10}\nb{i},b,{3 + i / 10}\n" for i in range(6))
CLAIM = """\
id: 1.a
title: Method a has the lower loss
phase: 1
status: active
source: {memo: own study}
experiment: runs
arms:
  a: {where: {method: a}}
  b: {where: {method: b}}
assert:
  - {kind: unpaired, measure: loss, arms: [a, b], below: 0}
"""


def test_from_a_table_to_a_verdict(empty):
    """Two commands and a claim of eleven lines: no package, no engine, and a verdict."""
    empty.write("runs.csv", RUNS)

    begun = empty.cbspec("init", "--table", "runs.csv", "--run", "id", "--measure", "loss=nats")
    empty.claim("1.a.yaml", CLAIM)
    status, output = empty.pytest()

    assert begun.exit_code == 0, begun.stderr
    assert status == 0, output
    assert empty.verdicts() == {"1.a": "holds"}
    text = (empty.root / "claims" / "defaults.yaml").read_text() + CLAIM
    assert len([line for line in text.splitlines() if not line.startswith("#")]) <= 20


def test_runs_of_each_arm_may_be_counted_from_1(empty):
    """A table in which every method has its seeds 0, 1, 2 begins a project: claims choose by method."""
    rows = "".join(f"{seed},{method},{seed}\n" for method in "ab" for seed in range(3))
    empty.write("runs.csv", f"seed,method,loss\n{rows}")

    begun = empty.cbspec("init", "--table", "runs.csv", "--run", "seed", "--measure", "loss=nats")

    assert begun.exit_code == 0, begun.stderr
    assert "run: seed" in (empty.root / "claims" / "defaults.yaml").read_text()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--table", "runs.csv"], "missing --measure COLUMN=UNIT: one or more of id, method, loss"),
        (["--table", "runs.csv", "--measure", "loss"], "expected COLUMN=UNIT"),
        (["--table", "runs.csv", "--measure", "los=nats"], "runs.csv has no column 'los'"),
        (["--table", "none.csv", "--measure", "loss=nats"], "none.csv is not there"),
        (["lab", "--run", "id"], "--run and --measure describe a --table"),
        (
            ["--table", "runs.csv", "--run", "ids", "--measure", "loss=nats"],
            "runs.csv has no column 'ids'; did you mean 'id'?",
        ),
    ],
)
def test_a_table_that_is_not_as_the_flags_say(empty, flags, message):
    """What is missing or wrong is said, and nothing is written."""
    empty.write("runs.csv", RUNS)

    refused = empty.cbspec("init", *flags)

    assert refused.exit_code == 2
    assert message in refused.stderr
    assert files(empty.root) == {"runs.csv"}


def test_a_unit_with_a_comma_is_one_text(empty):
    """What `init` writes can be read, whatever is in a unit."""
    empty.write("runs.csv", "run,loss\n1,2.5\n2,2.75\n")

    result = empty.cbspec(
        "init", "--table", "runs.csv", "--run", "run", "--measure", "loss=nats, per token"
    )

    assert result.exit_code == 0
    assert '{unit: "nats, per token"}' in (empty.root / "claims/defaults.yaml").read_text()
