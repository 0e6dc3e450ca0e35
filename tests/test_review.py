"""The workflow that comments on pull requests: its steps carried out by bash, with a `gh` that
answers as GitHub does and keeps what it is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.support.laboratory import Laboratory, working_in

WORKFLOWS = Path(__file__).parents[1] / ".github" / "workflows"
WORKFLOW = yaml.load((WORKFLOWS / "review.yml").read_text(), yaml.BaseLoader)
COMMENT = "The comment"
ASKS = "Who asks has to be one who may push"
BRANCH = "The branch, which has to be of this repository"
RECORD = "Record the verdict of the last run"
GH = r"""
import json, os, shutil, subprocess, sys

words = sys.argv[1:]
with open(os.environ["GH_ASKED"], "a") as asked:
    print(json.dumps(words), file=asked)
if words[:2] == ["run", "download"]:
    os.makedirs(words[words.index("--dir") + 1], exist_ok=True)
    shutil.copy(os.environ["GH_REPORT"], words[words.index("--dir") + 1])
    sys.exit()
answers = json.loads(os.environ["GH_ANSWERS"])
answer = json.dumps(next((answers[key] for key in answers if key in words), None))
if "--jq" not in words:
    print(answer)
    sys.exit()
query = words[words.index("--jq") + 1]
sys.exit(subprocess.run(["jq", "--raw-output", query], input=answer, text=True).returncode)
"""
PROGRAMS = {
    "gh": f'exec {sys.executable} "$(dirname "$0")/gh.py" "$@"',
    "cbspec": f'exec {sys.executable} -m cbspec.cli "$@"',
    "python": "exit 0",  # it would install the harness, which is there
}

pytestmark = pytest.mark.skipif(
    shutil.which("jq") is None, reason="needs jq, as GitHub's runners do"
)


@dataclass
class Runner:
    """A checkout in which steps of the workflow are run as GitHub's runner runs them.

    Attributes:
        folder: a place beside the checkout, with the programs that steps call.
        answers: a word of `gh`'s command line -> what GitHub answers, as JSON.
    """

    lab: Laboratory
    folder: Path
    answers: dict[str, object] = field(default_factory=dict)

    def run(self, job: str, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step; what it takes from GitHub's context is named by keyword."""
        [step] = [step for step in WORKFLOW["jobs"][job]["steps"] if step.get("name") == name]
        named = {**WORKFLOW["jobs"][job].get("env", {}), **step.get("env", {})}
        assert variables.keys() <= named.keys()
        environment = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "GITHUB_REPOSITORY": "lab/plants",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "RUNNER_TEMP": str(self.folder),
            "GH_ANSWERS": json.dumps(self.answers),
            "GH_ASKED": str(self.folder / "asked"),
            "GH_REPORT": str(self.folder / "latest.json"),
            "GH_TOKEN": "none",
            **variables,
        }
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.lab.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def asked(self) -> list[list[str]]:
        """Return what `gh` was asked, word by word."""
        return list(map(json.loads, (self.folder / "asked").read_text().splitlines()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of a project with one claim that was run and is not on record, its origin, and the
    programs beside them.
    """
    folder = tmp_path_factory.mktemp("review")
    for name in ("checkout", "beside", "beside/bin"):
        (folder / name).mkdir()
    for name, line in PROGRAMS.items():
        program = folder / "beside" / "bin" / name
        program.write_text(f"#!/usr/bin/env bash\n{line}\n")
        program.chmod(0o755)
    (folder / "beside" / "bin" / "gh.py").write_text(GH)
    with working_in(folder / "checkout") as lab:
        lab.furnish()
        lab.claim("1.a.yaml")
        lab.commit()
        lab.write(".gitignore", ".cbspec/\n__pycache__/\nreports/latest.*\n")
        lab.commit()
        lab.run()
        shutil.move("reports/latest.json", folder / "beside" / "latest.json")
        lab.git("init", "--quiet", "--bare", "../origin")
        lab.git("remote", "add", "origin", "../origin")
        lab.git("push", "--quiet", "origin", "HEAD:refs/heads/topic")
    return folder


@pytest.fixture
def runner(made: Path, tmp_path: Path) -> Iterator[Runner]:
    """A copy of them that a test may change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with working_in(tmp_path / "checkout") as lab:
        yield Runner(lab, tmp_path / "beside")


def commented(runner: Runner) -> subprocess.CompletedProcess[str]:
    return runner.run("comment", COMMENT, PAGE="https://host/page", COMMIT="c0ffee")


def test_a_pull_request_gets_one_comment(runner: Runner) -> None:
    """The first run writes a comment, a later one writes over it, and comments of people or other
    programs stay.
    """
    shutil.copy(runner.folder / "latest.json", "reports/latest.json")
    bot, ours = {"login": "github-actions[bot]"}, "<!-- cbspec -->\n## Claims"
    comments = [
        {"id": 1, "user": {"login": "ada"}, "body": ours},
        {"id": 2, "user": bot, "body": "something else"},
    ]
    runner.answers = {
        "repos/lab/plants/commits/c0ffee/pulls": [
            {"number": 6, "state": "closed"},
            {"number": 7, "state": "open"},
        ],
        "repos/lab/plants/issues/7/comments": comments,
    }
    first = commented(runner)
    comments.append({"id": 3, "user": bot, "body": ours})
    second = commented(runner)
    written = [words[1:] for words in runner.asked if "--method" in words]

    assert (first.returncode, second.returncode) == (0, 0)
    assert written == [
        ["--method", "POST", "repos/lab/plants/issues/7/comments", "--field", "body=@comment.md"],
        ["--method", "PATCH", "repos/lab/plants/issues/comments/3", "--field", "body=@comment.md"],
    ]
    assert (
        Path("comment.md").read_text().startswith("<!-- cbspec -->\n## Claims: none needs a look\n")
    )
    assert "](https://host/page#claim-1.a)" in Path("comment.md").read_text()


def test_a_commit_without_a_pull_request_gets_none(runner: Runner) -> None:
    """Where the pull request was closed meanwhile, the step says so and fails nothing."""
    shutil.copy(runner.folder / "latest.json", "reports/latest.json")
    runner.answers = {"repos/lab/plants/commits/c0ffee/pulls": [{"number": 6, "state": "closed"}]}
    done = commented(runner)

    assert (done.returncode, done.stdout) == (0, "no open pull request has commit c0ffee\n")
    assert [words for words in runner.asked if "--method" in words] == []


@pytest.mark.parametrize(
    ("right", "status"), [("admin", 0), ("write", 0), ("read", 1), ("none", 1), ("xwrite", 1)]
)
def test_who_accepts_may_push(runner: Runner, right: str, status: int) -> None:
    """Only somebody with write access is listened to, whatever GitHub calls the association."""
    runner.answers = {"repos/lab/plants/collaborators/ada/permission": {"permission": right}}

    assert runner.run("accept", ASKS, ASKS="ada", NUMBER="7").returncode == status


def test_the_branch_is_one_of_this_repository(runner: Runner) -> None:
    """Its name and commit are told the later steps; a fork's is refused."""
    told = {"headRefName": "topic/a$(b)", "headRefOid": "c0ffee", "isCrossRepository": False}
    runner.answers = {"view": told}
    ours = runner.run("accept", BRANCH, NUMBER="7")
    runner.answers = {"view": {**told, "isCrossRepository": True}}
    fork = runner.run("accept", BRANCH, NUMBER="7")

    assert (ours.returncode, fork.returncode) == (0, 1)
    assert fork.stdout == "a fork accepts its verdicts itself\n"
    assert (runner.folder / "output").read_text() == "name=topic/a$(b)\ncommit=c0ffee\n"


def test_a_comment_puts_a_verdict_on_record(runner: Runner) -> None:
    """The claim goes on record with the reason, letter by letter, the pages are written again, and
    one commit with nothing but reports is pushed to the branch; asked again, there is nothing to do.
    """
    reason = '$(touch taken) `touch taken` it\'s "so"; touch taken %s \\n'
    body = f"/cbspec accept 1.a because {reason}\r\nsecond line\r\n"
    told = {"BRANCH": "topic", "COMMIT": "c0ffee", "BODY": body, "NUMBER": "7"}
    runner.answers = {"list": [{"databaseId": 99}]}
    first = runner.run("accept", RECORD, **told)
    lab = runner.lab
    changed = lab.git("show", "--name-only", "--format=", "origin/topic").splitlines()
    message = lab.git("show", "--no-patch", "--format=%B", "origin/topic")
    second = runner.run("accept", RECORD, **told)
    [entry] = json.loads(Path("reports/ledger.json").read_text())["entries"]

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert ["run", "download", "99", "--name", "report-quick", "--dir", "reports"] in runner.asked
    assert sorted(changed) == [
        "reports/evidence/1.a.json",
        "reports/ledger.json",
        "reports/replication.html",
        "reports/replication.md",
    ]
    assert message == f"Record what a comment accepts\n\n/cbspec accept 1.a because {reason}"
    assert (entry["claim"], entry["verdict"]) == ("1.a", "holds")
    assert second.stdout.endswith("the record says so already\n")
    assert lab.git("rev-list", "--count", "origin/topic") == "3"
    assert list(lab.root.rglob("taken")) == []


def test_without_an_ended_run_nothing_is_recorded(runner: Runner) -> None:
    """A comment before the run of its commit has ended is told so and fails."""
    runner.answers = {"list": []}
    done = runner.run(
        "accept", RECORD, BRANCH="topic", COMMIT="c0ffee", BODY="/cbspec accept 1.a because so"
    )

    assert (done.returncode, done.stdout) == (1, "no run of the claims at c0ffee has ended\n")
    assert not Path("reports/ledger.json").exists()


def test_what_it_names_is_there() -> None:
    """The workflow that it follows and the report that it takes are those of claims.yml; no script
    has text of GitHub's context pasted into it.
    """
    claims = yaml.load((WORKFLOWS / "claims.yml").read_text(), yaml.BaseLoader)
    uploaded = [step.get("with", {}).get("name") for step in claims["jobs"]["quick"]["steps"]]

    assert WORKFLOW["on"]["workflow_run"]["workflows"] == [claims["name"]] == ["claims"]
    assert "report-quick" in uploaded
    for job in WORKFLOW["jobs"].values():
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert "${{" not in step.get("run", "")
