"""``cbspec run``: the same as pytest, with claims named by their ids."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from cbspec.claim import base
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import json_option
from cbspec.paths import display
from cbspec.project import Project

WORKERS = "4"


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

    CLAIMS are ids, files or folders; all claims when left out. What follows from the first word
    with a dash goes to pytest as it is: --scale memo, --device cuda, -k vec, -x, ... Four workers
    (-n 4) unless -n says otherwise. The exit status is pytest's; with --json its output goes to
    stderr, and the run's report to stdout.
    """
    as_json = as_json or "--json" in words  # behind the claims too
    words = tuple(word for word in words if word != "--json")
    first = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    arguments = [sys.executable, "-m", "pytest", *targets(project, words[:first]), *words[first:]]
    parallel = ("-n", "--numprocesses", "no:xdist", "-pno:xdist")
    if not any(word.startswith(parallel) for word in words[first:]):
        arguments += ["-n", WORKERS]
    if not as_json:
        sys.stdout.flush()
        os.execv(arguments[0], arguments)
    report = project.config.reports / "latest.json"
    before = report.stat().st_mtime_ns if report.exists() else None
    status = subprocess.run(arguments, stdout=sys.stderr, check=False).returncode
    if report.exists() and report.stat().st_mtime_ns != before:
        click.echo(report.read_text(encoding="utf-8"), nl=False)
    raise SystemExit(status)


def targets(project: Project, words: Sequence[str]) -> Iterable[str]:
    """Return pytest's names for claims: ``claims/phase6/6A.a.yaml::6A.a``, and files and folders as
    they are.
    """
    from cbspec.language import meant

    if not words:
        return [str(project.claims_folder)]
    named = {claim.id: claim for claim in project.claims(words)}
    names = []
    for word in words:
        matching = [claim for claim in named.values() if word in (claim.id, base(claim.id))]
        names += [f"{display(claim.path)}::{claim.id}" for claim in matching] or [
            str(meant(Path(word)))
        ]
    return names
