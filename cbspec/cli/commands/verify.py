"""``cbspec verify``: stored results computed again, and compared to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.errors import StoreError
from cbspec.model.number import count
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.evaluation.recomputation import Recomputed


@click.command("verify")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Only so many of the results, drawn at random; of all claims unless some are named.",
)
@results_options
@json_option
@pass_project
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    claims: tuple[str, ...],
    sample: int | None,
    scale: str | None,
    device: str,
    threads: int,
    as_json: bool,
) -> None:
    """Compute stored results again and compare them to the last bit.

    A key names all that a result is known to depend on; only this shows whether that is all. The
    results of CLAIMS are computed in this process as in a run, each from its stored inputs and
    beside the replicas that it was computed with; the store is left as it is. Exits with 1 where
    one differs or cannot be computed, and names stage, seed and measure.
    """
    from cbspec.evaluation.recomputation import Recomputation, drawn

    if not claims and sample is None:
        raise click.UsageError("name the claims to verify, or --sample N of all")
    planner = project.planner(device, threads, computing=True)
    recomputation = Recomputation(
        planner,
        project.store,
        project.code,
        project.config,
        lambda: project.claims(scale=scale, sound=True),
    )
    cells = recomputation.stored(project.claims(claims, scale))
    if not cells:
        raise StoreError(
            "no result of these claims is stored for the code as it is; run them first"
        )
    if sample is not None:
        cells = drawn(cells, sample)
    results = _told(recomputation.again(cells), as_json=as_json)
    if not all(result.equal for result in results):
        ctx.exit(1)


def _told(recomputed: Iterable[Recomputed], *, as_json: bool) -> list[Recomputed]:
    """Return the results, each told as it comes, or all at once as JSON."""
    results = []
    for result in recomputed:
        results.append(result)
        if not as_json:
            echo(_line(result))
    if as_json:
        echo_json(results)
    else:
        echo(_summary(results))
    return results


def _line(result: Recomputed) -> str:
    """Say what became of a result: ``"train_bp@5 seed 42: equal"``."""
    about = f"{result.stage} seed {result.seed}"
    if result.adopted:
        about += f" (adopted from code {result.adopted[:10]})"
    if result.failure:
        return f"{about}: cannot be computed again: {result.failure}"
    if result.differences:
        return f"{about}: DIFFERS in {'; '.join(result.differences)}"
    return f"{about}: equal"


def _summary(results: Sequence[Recomputed]) -> str:
    differing = sum(bool(result.differences) for result in results)
    failed = sum(bool(result.failure) for result in results)
    equal = len(results) - differing - failed
    text = f"{count(len(results), 'result')}: {equal} as stored, {differing} not"
    return f"{text}, {failed} not computed again" if failed else text
