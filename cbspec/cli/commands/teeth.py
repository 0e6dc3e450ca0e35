"""``cbspec teeth``: mistakes made on purpose, and who notices them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from operator import attrgetter
from typing import TYPE_CHECKING

import click

from cbspec.claim import base
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import ConfigError
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.canary.teeth import Teeth, Tried


@click.command("teeth")
@click.argument("words", nargs=-1, metavar="[CLAIM|FOLDER]...")
@click.option("--stage", metavar="NAME", help="Only code that this stage reaches.")
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar="N",
    help="How many mutants.",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Of the sample.")
@click.option(
    "--minutes", type=click.FloatRange(0), metavar="N", help="Start no mutant after this time."
)
@click.option(
    "--workers",
    "-n",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many at a time.",
)
@click.option(
    "--verdicts",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Also compute verdicts at the default scale, of up to N claims a mutant, until one changes.",
)
@click.option("--tests", is_flag=True, help="Also run the unit tests in tests/engine.")
@click.option("--show", is_flag=True, help="Try nothing: show what is on record.")
@json_option
@pass_project
def command(
    project: Project,
    words: tuple[str, ...],
    stage: str | None,
    sample: int,
    seed: int,
    minutes: float | None,
    workers: int,
    verdicts: int,
    tests: bool,
    show: bool,
    as_json: bool,
) -> None:
    """Make mistakes in the engine on purpose, and see who notices.

    Each mutant is one small change of the code that the claims reach: a sign, a constant, an index,
    a mean for a sum, a call or an argument left out. It is made in a copy of the project, where the
    canaries of the claims that execute the changed lines are computed, the cheapest first, until one
    notices it. What was tried before is not tried again, so that an interrupted call goes on where
    it was; the record is reports/teeth.json.
    """
    _require(project)
    from cbspec.canary.teeth import teeth_on_record
    from cbspec.trials.campaign import Campaign

    place = project.config.teeth_record
    teeth = teeth_on_record(place)
    if not show:
        campaign = Campaign(project, project.claims(words), stage)
        for teeth in campaign.run(
            place,
            sample=sample,
            seed=seed,
            minutes=minutes,
            workers=workers,
            verdicts=verdicts,
            tests=tests,
        ):
            _report(teeth, sample)
        echo(f"recorded in {display(place)}", err=True)
    if teeth is None:
        raise click.UsageError("nothing was tried yet")
    if as_json:
        echo_json(teeth)
    else:
        echo("\n".join(_lines(teeth)))


def _require(project: Project) -> None:
    for library in ("mutmut", "coverage"):
        if not find_spec(library):
            raise ConfigError(f"cbspec teeth needs {library}: pip install 'cbspec[teeth]'")
    if not project.config.canary:
        raise ConfigError('[tool.cbspec] names no canary scale; add canary = "NAME"')


def _report(teeth: Teeth, sample: int) -> None:
    """Tell the terminal what became of the last mutant."""
    done = f"{len(teeth.mutants)} of {sample}"
    if not teeth.mutants:
        echo(f"{done}; first the canaries of the code as it is", err=True)
        return
    last = teeth.mutants[-1]
    place = f"{last.definition}, line {last.line}"
    echo(f"{done}  {last.outcome}: {place}: {last.before} -> {last.after}", err=True)


def _lines(teeth: Teeth) -> Iterator[str]:
    outcomes = Counter(map(attrgetter("outcome"), teeth.mutants))
    counts = ", ".join(f"{times} {outcome}" for outcome, times in outcomes.most_common())
    made = count(len(teeth.mutants), "mutant")
    yield f"{made} of {count(teeth.sites, 'place')} (seed {teeth.seed}): {counts}"
    counted = teeth.counted
    if counted:
        noticed = outcomes["noticed"]
        share = f"{noticed / len(counted):.1%}"
        if outcomes["open"]:
            share += f"; {outcomes['open']} more are open"
        yield f"canaries noticed {noticed} of {len(counted)} that are not equivalent ({share})"
    if judged := teeth.judged:
        changed = len(list(filter(attrgetter("verdicts"), judged)))
        yield f"verdicts changed for {changed} of {len(judged)} ({changed / len(judged):.1%})"
    yield str(_table(teeth))
    if outcomes["missed"]:
        yield "Missed by every canary:"
    for mutant in teeth.mutants:
        if mutant.outcome == "missed":
            by = "; the unit tests noticed it" if mutant.tests else ""
            place = f"{mutant.definition}, line {mutant.line}"
            yield f"  {place}: {mutant.before} -> {mutant.after}{by}"
    if teeth.toothless:
        yield f"Toothless, no mutant changed their verdict: {', '.join(teeth.toothless)}"


WAYS = ("canary", "verdict", "control", "tests", "nobody")


def _table(teeth: Teeth) -> TextTable:
    """Lay out, for each claim, how many mutants it was asked about and who noticed them."""
    drawn = TextTable("claim", "mutants", *WAYS, right=("mutants", *WAYS))
    counts: dict[str, Counter[str]] = {}
    for mutant in teeth.counted:
        for claim in {*mutant.asked, *mutant.judged}:
            ways = counts.setdefault(claim, Counter())
            ways["mutants"] += 1
            ways.update(_noticed_by(claim, mutant))
    for claim in sorted(counts):
        drawn.row(claim, *map(counts[claim].__getitem__, ("mutants", *WAYS)))
    return drawn


def _noticed_by(claim: str, mutant: Tried) -> set[str]:
    """Return the ways in which a mutant was noticed, by a claim or by the unit tests."""
    ways = set()
    if mutant.ended or claim in map(base, mutant.canary):
        ways.add("canary")
    for cell, verdict in mutant.verdicts.items():
        if base(cell) == claim:
            ways.add("control" if verdict == "invalid" else "verdict")
    if mutant.tests:
        ways.add("tests")
    return ways or {"nobody"}
