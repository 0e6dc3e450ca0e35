"""The command group: help, completion, exit status, and the hand-over to pytest."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from cbspec.cli import main
from cbspec.cli.commands.run import VALUED, exit_status
from cbspec.plugin.hooks import OPTIONS

REPOSITORY = Path(__file__).parents[3]
HEAVY = (
    "torch",
    "scipy",
    "numpy",
    "yaml",
    "jinja2",
    "filelock",
    "pytest",
    "cbspec.language",
    "cbspec.store",
)


def test_help_imports_nothing_heavy():
    """``cbspec --help`` ends before anything but click is imported."""
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom cbspec.cli import main\n"
        "CliRunner().invoke(main, ['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("command", "status"), [("list >&-", 0), ("status >&-", 0), ("new x.a --title A <&-", 2)]
)
def test_a_closed_stream_is_no_terminal(laboratory, command, status):
    """Where standard input or output is closed, as under some daemons, commands do as in a pipe."""
    line = f"{sys.executable} -m cbspec {command}"
    done = subprocess.run(
        line, shell=True, cwd=laboratory.root, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr
    assert done.returncode == status


def test_exit_status_is_documented(laboratory):
    """The help names each exit status and how to complete commands in a shell."""
    text = laboratory.cbspec("--help").stdout

    assert "0  all is well" in text
    assert "1  something to act on" in text
    assert "2  a mistake in how cbspec was called or configured" in text
    assert "_CBSPEC_COMPLETE=bash_source cbspec" in text


def test_mistakes_of_configuration_are_status_2(laboratory):
    """A broken pyproject.toml, an engine that cannot be imported, an unknown scale and no claims
    are one message each.
    """
    scale = laboratory.cbspec("show", "1.a", "--scale", "quik")
    status = laboratory.cbspec("status", "--scale", "quik")
    (laboratory.root / "claims").rename(laboratory.root / "moved")
    claims = laboratory.cbspec("list")
    (laboratory.root / "moved").rename(laboratory.root / "claims")
    laboratory.edit("pyproject.toml", "lab.catalog", "lab.nowhere")
    engine = laboratory.cbspec("validate")
    laboratory.write("pyproject.toml", "[tool.cbspec]\nengin = 'x'\n")
    key = laboratory.cbspec("validate")

    assert (scale.exit_code, scale.stderr) == (
        2,
        "--scale quik: unknown scale 'quik'; did you mean 'quick'? (one of quick, memo)\n",
    )
    assert (status.exit_code, "unknown scale 'quik'; did you mean 'quick'?" in status.stderr) == (
        2,
        True,
    )
    assert (claims.exit_code, "there is no such folder of claims" in claims.stderr) == (2, True)
    assert engine.exit_code == 2
    assert engine.stderr.startswith("engine lab.nowhere ([tool.cbspec] of ")
    assert key.exit_code == 2
    assert "unknown key 'engin'; did you mean 'engine'?" in key.stderr


def test_project_is_found_from_below_and_by_directory(laboratory, monkeypatch):
    """The project is the one around the working directory, or around the one that -C names."""
    monkeypatch.chdir(laboratory.root / "claims" / "phase1")
    below = laboratory.cbspec("show", "1.a")
    monkeypatch.chdir("/")
    named = laboratory.cbspec("-C", str(laboratory.root), "validate")

    assert below.exit_code == 0
    assert named.stdout == "2 claims in 2 files: valid\n"


def test_shell_completes_commands_and_claims(laboratory):
    """Commands, and the ids of claims where a claim is expected."""
    shell = ShellComplete(main, {}, "cbspec", "_CBSPEC_COMPLETE")

    assert [item.value for item in shell.get_completions([], "s")] == [
        "schema",
        "show",
        "status",
        "store",
    ]
    assert [item.value for item in shell.get_completions(["explain"], "1")] == ["1.a"]
    assert [
        item.value
        for item in shell.get_completions(["-C", str(laboratory.root), "accept", "1.a"], "")
    ] == ["1.a", "2.a"]


@pytest.fixture
def handed_over(monkeypatch):
    """The words that pytest is started with."""
    started = []

    def start(program, arguments):
        started.append(arguments[1:])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    return started


def test_run_is_pytest(laboratory, handed_over):
    """Claims become pytest's own names, before or behind options of cbspec's own; what follows from
    any other dash is handed on; four workers unless -n is given.
    """
    laboratory.cbspec("run")
    laboratory.cbspec("run", "1.a", "claims/phase2", "--scale", "memo", "-x", "-k", "dark")
    laboratory.cbspec("run", "2.a", "-n", "0")
    laboratory.cbspec("run", "-n2")
    laboratory.cbspec("run", "--scale=memo", "-n", "0", "1.a", "-k", "2.a")

    assert handed_over == [
        ["-m", "pytest", "claims", "-n", "4"],
        [
            "-m",
            "pytest",
            "claims/phase1/1.a.yaml::1.a",
            "claims/phase2",
            "--scale",
            "memo",
            "-x",
            "-k",
            "dark",
            "-n",
            "4",
        ],
        ["-m", "pytest", "claims/phase2/2.a.yaml::2.a", "-n", "0"],
        ["-m", "pytest", "claims", "-n2"],
        ["-m", "pytest", "claims/phase1/1.a.yaml::1.a", "--scale=memo", "-n", "0", "-k", "2.a"],
    ]
    assert set(VALUED) == {"-n", *OPTIONS}


@pytest.mark.parametrize(
    "asked", ["--sample=0", "--sample=-3", "--workers=0", "--minutes=-1", "--verdicts=-1"]
)
def test_a_number_of_mutants_that_is_none(laboratory, asked):
    """What can be no number of mutants, workers or minutes is refused, and not taken for some."""
    refused = laboratory.cbspec("teeth", asked)

    assert refused.exit_code == 2
    assert f"Invalid value for '{asked.partition('=')[0]}'" in refused.stderr


def test_run_as_json_prints_the_report(laboratory):
    """With --json the report of the run is all that goes to stdout, and the status is pytest's."""
    arguments = ["-m", "cbspec.cli", "run", "--json", "1.a", "-n", "0", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert [record["claim"] for record in json.loads(done.stdout)["records"]] == ["1.a"]
    assert "1 passed" in done.stderr


def test_sigterm_reaches_the_run_behind_json():
    """It is pytest's to stop the run; the status is what a shell makes of its end."""
    send = "import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(600)"
    before = signal.getsignal(signal.SIGTERM)

    assert exit_status([sys.executable, "-c", send]) == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before


def test_unknown_command_is_a_usage_mistake():
    """A command that is not there is refused by name."""
    with pytest.raises(click.UsageError, match="No such command 'retract'"):
        main.resolve_command(click.Context(main), ["retract"])
