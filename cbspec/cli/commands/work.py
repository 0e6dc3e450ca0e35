"""``cbspec work``: compute for runs that were started elsewhere."""

from __future__ import annotations

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.model.number import count
from cbspec.project import Project


@click.command("work")
@json_option
@pass_project
def command(project: Project, as_json: bool) -> None:
    """Compute for the runs of this project that offer work (--backend slurm).

    For a machine that shares the project's folder and store with the one where the runs were
    started. It ends when these runs do.
    """
    from cbspec.execution.backends.slurm import Helper, open_runs

    runs = list(open_runs(project.config))
    for path in runs:
        Helper(path)()
    if as_json:
        echo_json({"runs": [path.name for path in runs]})
    elif runs:
        echo(f"{count(len(runs), 'run')} ended.")
    else:
        echo("No run of this project offers work; start one with --backend slurm.")
    if not runs:
        raise SystemExit(1)
