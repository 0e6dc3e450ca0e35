"""``cbspec run``: the same as pytest, with claims named by their ids."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from cbspec import terminal
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import json_option
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import named

WORKERS = "4"
VALUED = (
    "-n", "--scale", "--device", "--stage-threads", "--backend", "--address", "--slurm", "--adopt",
    "--repeat-of",
)  # fmt: skip
"""The options of the plugin, which take a value, and the number of workers."""
_PARALLEL = ("-n", "--numprocesses", "no:xdist", "-pno:xdist")


@click.command(
    "run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument(
    "words",
    nargs=-1,
    type=click.UNPROCESSED,
    metavar="[CLAIMS]... [PYTEST ARGS]...",
    shell_complete=complete,
)
@json_option
@pass_project
def command(project: Project, words: tuple[str, ...], as_json: bool) -> None:
    """Run claims: the same as pytest.

    CLAIMS are ids, files or folders (default: all), before or behind options of cbspec's own such as
    --scale memo or --device cuda. Everything from the first other option on goes to pytest unchanged:
    -k vec, -x, ... Runs four workers (-n 4) unless -n says otherwise. The exit status is pytest's;
    with --json pytest's output goes to stderr, and the run's report to stdout.
    """
    as_json = as_json or "--json" in words  # behind the claims too
    claims, options = _parted([word for word in words if word != "--json"])
    if not any(word.startswith(_PARALLEL) for word in options):
        options += ["-n", WORKERS]
    arguments = [sys.executable, "-m", "pytest", *targets(project, claims), *options]
    if as_json:
        raise SystemExit(_report(project, arguments))
    sys.stdout.flush()
    os.execv(arguments[0], arguments)


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    """Part the words of the command line into claims and pytest's options."""
    claims: list[str] = []
    options: list[str] = []
    while words:
        word, *words = words
        if not word.startswith("-"):
            claims.append(word)
        elif word in VALUED:
            options += [word, *words[:1]]
            words = words[1:]
        elif word.partition("=")[0] in VALUED:
            options.append(word)
        else:  # whether a value follows is not known
            return claims, [*options, word, *words]
    return claims, options


def _report(project: Project, arguments: Sequence[str]) -> int:
    """Run pytest and print the report that it writes; return its exit status."""
    report = project.config.reports / "latest.json"
    before = report.stat().st_mtime_ns if report.exists() else None
    status = exit_status(arguments)
    if report.exists() and report.stat().st_mtime_ns != before:
        click.echo(terminal.json(report.read_text(encoding="utf-8")), nl=False)
    return status


def exit_status(arguments: Sequence[str]) -> int:
    """Run pytest with its output on stderr, and return the exit status as a shell does."""
    with subprocess.Popen(arguments, stdout=sys.stderr) as run:
        # pytest stops the run in order at SIGTERM, which must not end this process before it
        before = signal.signal(signal.SIGTERM, lambda number, _: run.send_signal(number))
        try:
            status = run.wait()
        except BaseException:
            run.kill()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)
    return status if status >= 0 else 128 - status


def targets(project: Project, words: Sequence[str]) -> Sequence[str]:
    """Return pytest's names for claims: ``claims/phase6/6A.a.yaml::6A.a``, and files and folders as
    they are.
    """
    from cbspec.language import meant

    if not words:
        return [str(project.claims_folder)]
    claims = project.claims(words)
    names = []
    for word in words:
        ids = [claim for claim in claims if named(claim.id, [word])]
        for claim in ids:
            names.append(f"{display(claim.path)}::{claim.id}")
        if not ids:
            names.append(str(meant(Path(word))))
    return names
