"""``cbspec bisect``: the commit that moved a claim."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.project import Project


@click.command("bisect")
@click.argument("claim", metavar="CLAIM")
@click.argument("good", metavar="GOOD")
@click.argument("bad", metavar="[BAD]", default="HEAD")
@click.option(
    "--scale",
    metavar="NAME",
    help="Scale of the verdict (default: the project's, or the claim's first if it lacks that).",
)
@json_option
@pass_project
def command(
    project: Project, claim: str, good: str, bad: str, scale: str | None, as_json: bool
) -> None:
    """Find the commit that moved a claim, between GOOD and BAD (default: HEAD).

    A commit that changes nothing the claim reaches, of assertion, data or code, costs nothing. At
    the others the installed cbspec computes the claim's canary, or its verdict if the canary is the
    same at both ends. Your checkout is left alone, and an interrupted search resumes.
    """
    from cbspec.trials.bisection import Bisection
    from cbspec.trials.process import terminated_in_order

    def tell(line: str) -> None:
        echo(line, err=True)

    with (
        terminated_in_order(),
        tempfile.TemporaryDirectory(prefix="cbspec-bisect-") as folder,
    ):
        bisected = Bisection(project, claim, scale, Path(folder), tell).search(good, bad)
    if as_json:
        echo_json(bisected)
        return
    echo(f"{bisected.commit[:10]} {bisected.subject}")
    echo(f"moved the {bisected.what}: {bisected.change}")
    for definition in bisected.definitions:
        echo(f"  {definition}")
    for commit, reason in bisected.skipped.items():
        echo(f"not looked at: {commit[:10]}: {reason}")
    echo(f"{bisected.looked} runs")
