"""What a run computes, shares between workers and keeps, in real pytest processes over a small
engine without torch.
"""

import re
import shutil
import signal

import pytest

from tests.support.claim_text import LIGHT
from tests.support.laboratory import outcomes
from tests.support.patience import until


def test_workers_share_one_run_and_one_report(project):
    """Under xdist every stage is stored once and the controller writes one report of all claims,
    equal to that of one process.
    """
    for letter in "abcde":
        project.claim(f"light{letter}.yaml", id=f"1.{letter}")
    status, output = project.pytest("-n", "3")
    shared = [record.judgement for record in project.report.records]
    alone_status, _ = project.pytest("-n", "0")

    assert (status, alone_status, outcomes(output)) == (0, 0, "5 passed")
    assert [record.judgement for record in project.report.records] == shared
    assert len(project.stored()) == 6
    assert list((project.root / ".cbspec" / "runs").iterdir()) == []


def test_second_run_computes_nothing(project):
    """With everything stored, a run leaves the store as it is."""
    project.claim("light.yaml")
    project.run()
    before = project.stored()

    project.pytest("-n", "2")

    assert project.stored() == before


@pytest.mark.usefixtures("inline")
def test_more_seeds_compute_only_the_new_ones(project):
    """Asking for two more seeds stores two more results per arm and leaves the others alone."""
    project.claim("light.yaml")
    project.run()
    before = project.stored()
    project.claim("light.yaml", LIGHT + "seeds: [1, 2, 3, 4, 5]\n")

    project.pytest()

    assert before.items() <= project.stored().items()
    assert len(project.stored()) == len(before) + 4


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize(
    ("pool", "jobs", "judged"),
    [
        ("[1, 2, 3, 4, 5]", ["1,2,3", "1,2,3", "4,5", "4,5"], 5),
        ("[9, 1, 2, 3, 4]", ["1,2,9", "1,2,9"], 3),
    ],
)
def test_seeds_that_the_record_took_run_beside_the_first(project, pool, jobs, judged):
    """What a verdict on record drew is planned and judged from the start, while the claim draws it
    in that order.
    """
    project.claim("light.yaml", LIGHT + "seeds: [1, 2, 3, 4, 5]\n")
    project.record(project.run())
    shutil.rmtree(project.root / ".cbspec" / "store")
    project.claim("light.yaml", LIGHT + f"seeds: {{pool: {pool}, start: 3}}\n")

    _, output = project.pytest("-n", "2")

    assert sorted(re.findall(r"grow @3 seeds (\S+) for 1.a \w+: done in", output)) == jobs
    assert len(project.report.records[0].judgement.seeds) == judged


@pytest.mark.usefixtures("inline")
def test_a_claim_is_judged_when_its_results_lie_ready(project):
    """Claims run in the order in which they can be judged: critical path first as they are computed,
    and as they were collected where all is stored.
    """
    project.claim("quick.yaml")
    slow = LIGHT.replace("8.0}", "9.0, day: 90}").replace("2.0}", "3.0, day: 90}")
    project.claim("slow.yaml", slow, id="1.z")

    started = []
    for _ in range(2):
        _, output = project.pytest("-v")
        started.append(re.findall(r"yaml::(1\.\w)", output.partition("claims at scale")[0]))

    assert started == [["1.z", "1.a"], ["1.a", "1.z"]]


@pytest.mark.parametrize(
    ("workers", "sent", "ending"),
    [("0", "interrupt", 2), ("2", "interrupt", 2), ("2", "terminate", -signal.SIGTERM)],
)
def test_interrupted_run_keeps_finished_stages(project, workers, sent, ending):
    """After Ctrl-C or SIGTERM in the middle, finished stages are there, nothing is half-written, and the next
    run computes only the rest.
    """
    # The critical path, so first, and quick
    project.claim("short.yaml", LIGHT.replace("8.0}", "8.0, day: 500}"))
    project.claim(
        "endless.yaml",
        LIGHT.replace("id: 1.a", "id: 1.z").replace("2.0}", "2.0, day: 400, thirsty: true}"),
    )
    process = project.start("-n", workers)
    until(
        lambda: (project.root / "thirsty").exists() and len(project.stored()) >= 3,
        "a finished stage and one that never is",
    )
    before = project.stored()

    getattr(process, sent)()
    status, output = process.end()

    assert status == ending, output
    assert "run again to go on from there" in output
    assert list((project.root / ".cbspec" / "runs").iterdir()) == []
    assert before.items() <= project.stored().items()
    assert [
        path for path in (project.root / ".cbspec" / "store" / "tmp").rglob("*") if path.is_file()
    ] == []
    assert outcomes(project.pytest("claims/short.yaml", "-k", "1.a")[1]).startswith("1 passed")
    assert before.items() <= project.stored().items()


DEADLY = """\
    import os, signal
    from contextlib import suppress
    with suppress(FileExistsError):  # to the first that comes here, once it has shown a sign of life
        Path("dead").touch(exist_ok=False)
        time.sleep(0.3)
        job.advance(0, 1, "day")
        os.kill({victim}, signal.SIGKILL)
        time.sleep(60)
"""


def test_a_killed_worker_keeps_nobody_and_is_told(project, tmp_path):
    """The others do not wait for what it computed, and its claim is without a verdict in every
    report.
    """
    project.claim("light.yaml")
    project.claim("more.yaml", id="1.b")
    deadly = DEADLY.format(victim="os.getppid()")
    project.edit("lab/catalog.py", "    days = ", deadly + "    days = ")
    summary = tmp_path / "summary.md"

    status, output = project.pytest(
        "-n", "2", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)
    )

    [lost] = project.report.broken
    assert status == 1
    assert re.fullmatch(
        r"worker 'gw\d' crashed while running 'claims/(light|more).yaml::1.[ab]'", lost.reason
    )
    assert f"::error file={lost.path},line=1,title={lost.claim}%3A no verdict::worker " in output
    assert "1 without a verdict" in summary.read_text()
    assert set(project.verdicts()) | {lost.claim} == {"1.a", "1.b"}
    assert re.search(
        r"^2 findings: 1 recomputed, 0 by .* never run, 1 without a verdict$", output, re.M
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_killed_stage_is_computed_once_more(project, workers):
    """A stage whose process is killed costs no claim its verdict; terminal and report tell of it."""
    project.claim("light.yaml")
    project.claim("more.yaml", id="1.b")
    deadly = DEADLY.format(victim="os.getpid()")
    project.edit("lab/catalog.py", "    days = ", deadly + "    days = ")

    status, output = project.pytest("-n", workers)

    why = "the first failed: its process was killed (SIGKILL; out of memory?)"
    retried = [
        f"grow@3 seed {seed} was computed at the second attempt; {why}" for seed in (1, 2, 3)
    ]
    page = (project.root / "reports" / "latest.md").read_text()
    assert (status, outcomes(output)) == (0, "2 passed")
    assert sorted(project.report.retried) == retried
    assert all(f"retried: {line}" in output for line in retried)
    assert "## Computed at the second attempt" in page


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    "option",
    ["--collect-only", "--setup-plan", "--setup-only", "--fixtures", "--fixtures-per-test"],
)
def test_showing_computes_nothing(project, option, workers):
    """Asked what there is or what it would do, pytest computes no result, with workers or without."""
    project.claim("light.yaml")

    status, _ = project.pytest("-n", workers, option)

    assert status in (0, 5)
    assert project.stored() == {}


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_file_that_cannot_be_collected_ends_the_run(project, workers):
    """One mistake is told once and before anything is computed, unless pytest is asked to continue."""
    project.claim("light.yaml")
    project.claim("wrong.yaml", LIGHT.replace("kind: order", "kind: ordre"))

    status, output = project.pytest("-n", workers)

    assert status == 2
    assert output.count("ERROR collecting") == 1
    assert "Interrupted: 1 error during collection" in output
    assert project.stored() == {}
    assert project.pytest("-n", workers, "--continue-on-collection-errors")[0] == 1
    assert project.verdicts() == {"1.a": "holds"}


def test_plain_log_shows_finished_stages(project):
    """Without a terminal every finished job leaves one plain line of its own, the last one too,
    which says what it is for.
    """
    project.claim("dark.yaml", scales="[memo]", id="1.z")
    project.claim("light.yaml")

    _, output = project.pytest("-n", "2")

    lines = [line for line in output.splitlines() if "grow @3 seeds 1,2,3 for " in line]
    assert sorted(line.partition(" for ")[2].partition(" in ")[0] for line in lines) == [
        "1.a bright: done",
        "1.a dark: done",
    ]
    assert all(line.startswith("[cbspec]") for line in lines)
    assert "\x1b" not in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_project_that_cannot_be_written_is_one_message(project, workers):
    """Where the processes of a run cannot talk to each other, the run ends with the folder's name."""
    project.claim("light.yaml")
    (project.root / ".cbspec").write_text("not a folder")

    status, output = project.pytest("-n", workers)

    assert status == 4
    assert (
        ".cbspec/runs, where the processes of a run talk to each other, cannot be written" in output
    )
    assert "Traceback" not in output


@pytest.mark.parametrize("place", [".cbspec", ".cbspec/runs", ".cbspec/store/tmp"])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_file_in_the_place_of_a_folder_is_told(project, place, workers):
    """A file where a run needs a folder ends the run with one sentence that names the place."""
    project.claim("light.yaml")
    project.write(place, "")

    status, output = project.pytest("-n", workers)

    assert status == 4
    assert f"{project.root}/.cbspec" in output
    assert "Traceback" not in output
