"""The GitHub workflow: what it names is there, and it runs what the Makefile and the command line
offer.
"""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from click import Context

from cbspec import config
from cbspec.cli import main
from cbspec.plugin.hooks import OPTIONS

REPOSITORY = Path(__file__).parents[1]
WORKFLOW = REPOSITORY / ".github" / "workflows" / "claims.yml"


@pytest.fixture(scope="module")
def workflow():
    return yaml.load(WORKFLOW.read_text(), yaml.BaseLoader)  # plain strings: `on` stays a word


def steps(workflow, job):
    return workflow["jobs"][job]["steps"]


def commands(workflow):
    """Every command line, as words."""
    runs = [
        step["run"] for job in workflow["jobs"] for step in steps(workflow, job) if "run" in step
    ]
    return [shlex.split(line) for run in runs for line in run.splitlines()]


def test_commands_exist(workflow):
    """Every make target is one of the Makefile's, and every cbspec command one of the command
    line's.
    """
    targets = set(
        re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    )
    made = [
        word
        for line in commands(workflow)
        if line[0] == "make"
        for word in line[1:]
        if "=" not in word
    ]
    called = [line for line in commands(workflow) if line[0] == ".venv/bin/cbspec"]

    assert set(made) <= targets
    assert {"lint", "types", "test", "coverage", "publish", "claims"} <= set(made)
    diff, store = (words for _, *words in called)
    command = main.get_command(Context(main), "diff")
    assert command.make_context("diff", diff[1:]).params["unexplained"]
    assert diff == ["diff", "origin/$GITHUB_BASE_REF", "--unexplained"]
    command = main.get_command(Context(main), "store").get_command(Context(main), "gc")
    assert command.make_context("gc", store[2:]).params["limit"] == 2 * 10**9
    assert store == ["store", "gc", "--limit", "2GB"]


def test_options_are_those_of_the_plugin(workflow):
    """What the jobs hand to pytest are options that the plugin has; together they run every scale
    of the defaults.
    """
    claims = [line for line in commands(workflow) if line[:2] == ["make", "claims"]]
    given = [
        re.split(r"[ =]", word.removeprefix("ARGS="))
        for line in claims
        for word in line
        if word.startswith("ARGS=")
    ]
    asked = [dict(zip(words[::2], words[1::2], strict=True)) for words in given]
    scales = yaml.safe_load((REPOSITORY / "claims" / "defaults.yaml").read_text())["scales"]

    assert {option for words in asked for option in words} <= OPTIONS.keys()
    assert {words.get("--scale", "quick") for words in asked} == set(scales)
    assert [words.get("--device") for words in asked] == [None, None, None, "cuda"]


def test_results_are_adopted_but_not_at_night(workflow):
    """A scheduled run computes again what other runs may adopt from code with an identical canary;
    so does the project's CI.
    """
    [step] = [step for step in steps(workflow, "quick") if "--adopt" in step.get("run", "")]

    assert (
        step["env"]["ADOPT"] == "${{ github.event_name == 'schedule' && 'never' || 'identical' }}"
    )
    assert step["run"].startswith('make claims ARGS="--adopt $ADOPT ')
    assert "--adopt never" in (REPOSITORY / ".ci" / "run").read_text()


def test_a_night_repeats_the_night_before(workflow):
    """A scheduled run names the report of the last one, where there is one, and keeps its own, also
    when it failed.
    """
    night = ".cbspec/night"
    kept = [step for step in steps(workflow, "quick") if step.get("with", {}).get("path") == night]
    restore, save = kept
    [run] = [step for step in steps(workflow, "quick") if "--repeat-of" in step.get("run", "")]

    assert run["env"]["BEFORE"] == (
        "${{ hashFiles('.cbspec/night/latest.json') && '.cbspec/night/latest.json' }}"
    )
    assert run["run"] == 'make claims ARGS="--adopt $ADOPT --repeat-of=$BEFORE"'
    assert restore["with"]["restore-keys"] == "night-"
    assert restore["if"] == "github.event_name == 'schedule'"
    assert save["if"] == "${{ !cancelled() && github.event_name == 'schedule' }}"
    assert save["with"]["key"] == restore["with"]["key"] == "night-${{ github.run_id }}"


def used():
    """Return action, commit and version of each `uses:`; the version is a comment, which YAML
    drops.
    """
    lines = [
        line.partition("uses:")[2] for line in WORKFLOW.read_text().splitlines() if "uses:" in line
    ]
    pins = [
        re.fullmatch(r" (actions/[a-z/-]+)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)", line)
        for line in lines
    ]
    assert all(pins), lines
    return [pin.groups() for pin in pins]


def test_actions_are_pinned():
    """Only GitHub's own actions are used, each at a commit with its version beside it, and each
    repository at one.
    """
    commits = {}
    for action, commit, version in used():
        commits.setdefault("/".join(action.split("/")[:2]), set()).add((commit, version))

    assert commits.keys() == {
        f"actions/{name}" for name in ("checkout", "setup-python", "cache", "upload-artifact")
    }
    assert all(len(pins) == 1 for pins in commits.values())


def test_jobs_may_do_no_more_than_they_need(workflow):
    """The workflow grants nothing, each job reads the repository and nothing else, and no job keeps
    the credentials.
    """
    assert workflow["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in workflow["jobs"].values())
    checkouts = [
        step
        for job in workflow["jobs"]
        for step in steps(workflow, job)
        if "/checkout@" in step.get("uses", "")
    ]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_systems_and_pythons_are_named(workflow):
    """Each job runs on a named system; claims run on the oldest Python, the unit tests on the later
    ones, too.
    """
    assert workflow["jobs"]["quick"]["runs-on"] == "ubuntu-24.04"
    assert workflow["jobs"]["memo"]["runs-on"] == ["self-hosted", "gpu"]
    pythons = {
        job: step["with"]["python-version"]
        for job in workflow["jobs"]
        for step in steps(workflow, job)
        if "python" in step.get("uses", "")
    }
    assert pythons == dict.fromkeys(("quick", "figures", "memo", "oldest"), "3.11") | {
        "pythons": "${{ matrix.python }}"
    }
    oldest = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"][
        "requires-python"
    ]
    assert oldest == f">={pythons['quick']}"
    assert workflow["jobs"]["pythons"]["strategy"]["matrix"]["python"] == ["3.12", "3.13", "3.14"]
    assert "github.event_name != 'schedule'" in workflow["jobs"]["pythons"]["if"]


def test_store_is_cached_but_not_at_night(workflow, monkeypatch):
    """The cached folder is the project's store, keyed by the engine's sources; a scheduled run
    neither takes nor leaves it.
    """
    monkeypatch.delenv("CBSPEC_STORE", raising=False)
    cached = [
        step for step in steps(workflow, "quick") if "store" in step.get("with", {}).get("path", "")
    ]
    place = config.Config(REPOSITORY).store.relative_to(REPOSITORY).as_posix()

    actions = [step["uses"].partition("@")[0] for step in cached]
    assert actions == ["actions/cache/restore", "actions/cache/save"]
    assert all(
        step["with"]["path"] == place and "github.event_name != 'schedule'" in step["if"]
        for step in cached
    )
    assert "engine/**/*.py" in cached[0]["with"]["key"]
    assert cached[0]["with"]["key"].startswith(cached[0]["with"]["restore-keys"])


def test_each_schedule_runs_one_job(workflow):
    """The nightly time starts the quick job, the weekly one the others, and no job waits for a time
    that is not there.
    """
    night, week = (each["cron"] for each in workflow["on"]["schedule"])

    assert workflow["jobs"]["quick"]["if"] == f"github.event.schedule != '{week}'"
    assert all(
        f"github.event.schedule == '{week}'" in workflow["jobs"][job]["if"]
        for job in ("figures", "memo", "pythons")
    )
    assert night != week
    assert {"push", "pull_request", "workflow_dispatch"} <= set(workflow["on"])


def test_recorded_commits_are_fetched(workflow):
    """Every job has the whole history, without which no recorded commit could be compared with."""
    checkouts = [
        step
        for job in workflow["jobs"]
        for step in steps(workflow, job)
        if step.get("uses", "").startswith("actions/checkout")
    ]

    assert len(checkouts) == len(workflow["jobs"])
    assert all(step["with"]["fetch-depth"] == "0" for step in checkouts)


def test_report_is_uploaded_even_after_a_failure(workflow):
    """Each job that runs claims uploads the pages that the plugin writes, unless it was cancelled."""
    judging = [
        job
        for job in workflow["jobs"]
        if any("make claims" in step.get("run", "") for step in steps(workflow, job))
    ]
    assert judging == ["quick", "figures", "memo"]
    for job in judging:
        [upload] = [
            step for step in steps(workflow, job) if "upload-artifact" in step.get("uses", "")
        ]
        assert upload["with"]["path"] == "reports/latest.*"
        assert upload["if"] == "${{ !cancelled() }}"
    names = [
        step["with"]["name"]
        for job in judging
        for step in steps(workflow, job)
        if "upload" in step.get("uses", "")
    ]
    assert len(names) == len(set(names)) == len(judging)
