"""``cbspec plan``: the stages that a run would compute, why, and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.model.number import count
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.evaluation.forecast import Forecast
    from cbspec.evaluation.work import Work
    from cbspec.explain import Cause

ON_ONE_MACHINE = ("local", "inline")
SHOWN = 3  # causes of one job; the whole list is what `cbspec explain` is for
Causes = tuple["Cause", ...]


@click.command("plan")
@click.argument("claims", nargs=-1, shell_complete=complete)
@results_options
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Processes to forecast the time for.",
)
@click.option(
    "--backend",
    metavar="NAME",
    help="Back end to forecast for; on a cluster, too, at most --workers processes run at once.",
)
@json_option
@pass_project
def command(
    project: Project,
    claims: tuple[str, ...],
    scale: str | None,
    device: str,
    threads: int,
    workers: int,
    backend: str | None,
    as_json: bool,
) -> None:
    """Show the stages that a run would compute, and why.

    Jobs in start order (critical path first), for the seeds of the recorded verdict, or else of the
    next interim analysis: the first, and more if its results are stored and leave the claim
    inconclusive. The forecast uses the times that the same stages took before on this device family.
    """
    from cbspec.execution.backends import named
    from cbspec.execution.devices.cpu import available_cores

    here = named(project.config, backend).name in ON_ONE_MACHINE
    planned = project.plan(claims, scale, device, threads)
    if as_json:
        echo_json(planned)
    else:
        cores = available_cores() if here else workers
        for line in lines(planned, workers, cores):
            echo(line)


def lines(planned: Forecast, workers: int, cores: int) -> Iterator[str]:
    """Yield the forecast for a person, line by line.

    Args:
        cores: on which that many workers compute.
    """
    head = f"{count(planned.claims, 'claim')} at scale {planned.scale} on {planned.device}"
    if planned.undecidable:
        head += f"; {planned.undecidable} more not decidable there"
    yield head
    absent = [work for work in planned.work if work.absent]
    stored = [work for work in planned.work if not work.absent]
    if absent:
        yield f"\nTo compute ({count(len(absent), 'job')}, critical path first):"
    shared = _shared(absent)
    for work in absent:
        yield from _absent(work, shared)
    if shared:
        yield ""
    for causes, mark in shared.items():
        yield from _causes(causes, f"  {mark:>8}  ")
    if stored:
        yield f"\nStored ({count(len(stored), 'job')}):"
    for work in stored:
        yield f"            {work.label}"
    yield "\n" + _time(planned, workers, cores)
    if planned.further > 0.0:
        yield (
            f"{count(planned.open, 'claim')} without a verdict on record may draw more seeds while inconclusive:"
            f" at most {_duration(planned.further)} more."
        )


def _shared(absent: Iterable[Work]) -> dict[Causes, str]:
    """Return a mark for each list of causes that several jobs have: ``"[1]"``."""
    counts = Counter(work.causes for work in absent if work.causes)
    several = [causes for causes, jobs in counts.items() if jobs > 1]
    return {causes: f"[{number}]" for number, causes in enumerate(several, start=1)}


def _absent(work: Work, shared: Mapping[Causes, str]) -> Iterator[str]:
    label = work.label
    if work.absent != work.results:
        label += f"  ({work.absent} of {work.results} results)"
    line = f"  {_duration(work.seconds):>8}  {label}  {work.state}"
    if mark := shared.get(work.causes):
        yield f"{line} {mark}"
        return
    yield line
    yield from _causes(work.causes, " " * 14)


def _causes(causes: Causes, indent: str) -> Iterator[str]:
    """Yield the first causes line by line, the first one after `indent`."""
    texts = [cause.text for cause in causes[:SHOWN]]
    if len(causes) > SHOWN:
        texts.append(f"and {len(causes) - SHOWN} more (cbspec explain tells all)")
    for text in texts:
        yield indent + text
        indent = " " * len(indent)


def _time(planned: Forecast, workers: int, cores: int) -> str:
    if not any(work.absent for work in planned.work):
        return "Nothing to compute."
    if planned.seconds == 0.0 and planned.unknown:
        return "No forecast: none of these stages was computed here before."
    wall = max(planned.longest, planned.seconds / min(workers, cores))
    text = (
        f"{_duration(planned.seconds)} of computing, critical path {_duration(planned.longest)};"
        f" about {_duration(wall)} with {count(workers, 'worker')}"
    )
    if planned.unknown:
        text += f", without {', '.join(planned.unknown)}, never computed here before"
    return text


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
