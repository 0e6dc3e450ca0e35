"""``cbspec accept``: verdicts, or the canary figures, of the last run go on record, on purpose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, TextIO

import click

from cbspec.cli.canaries import accept_canaries
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.kept_canaries import keep_canaries
from cbspec.cli.last_run import last_run, records, refuse_outdated
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.cli.record import save
from cbspec.cli.request import requested
from cbspec.errors import LedgerError
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import named

if TYPE_CHECKING:
    from cbspec.ledger import Comparison, Ledger, NoiseRecord
    from cbspec.report import Run


@click.command("accept")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--all", "every", is_flag=True, help="Every claim of the last run.")
@click.option(
    "--canary",
    is_flag=True,
    help="Record canary values: those of CLAIMS, or all of the last run.",
)
@click.option(
    "--carry-over",
    is_flag=True,
    help="With --canary: let the verdicts in doubt stand instead of superseding them.",
)
@click.option("--reason", default="", help="Why a change is right; kept in the ledger.")
@click.option(
    "--request",
    type=click.File(encoding="utf-8", errors="replace"),
    metavar="FILE",
    help="Take claim and reason from a comment: /cbspec accept ID because REASON.",
)
@json_option
@pass_project
def command(
    project: Project,
    claims: tuple[str, ...],
    every: bool,
    canary: bool,
    carry_over: bool,
    reason: str,
    request: TextIO | None,
    as_json: bool,
) -> None:
    """Put verdicts of the last run on record.

    CLAIMS are ids of the last run. A flipped or weakened verdict, or a changed assertion, needs a
    reason. The values that each verdict was judged on are stored beside the ledger, as evidence. For
    a claim that the run did not compute, the verdict that its evidence gives today is recorded if it
    differs.

    --canary records canary values instead. Verdicts that the changed code has not confirmed are then
    superseded until you run them again; with --carry-over they stand on your word.
    """
    if request is not None:
        if claims or every or canary or reason:
            raise click.UsageError("--request names claim and reason by itself")
        asked = requested(request.read())
        claims, reason = (asked.claim,), asked.reason
    _refuse_mixed(claims, every=every, canary=canary, carry_over=carry_over)
    run = last_run(project)
    if canary:
        place = project.config.canary_record
        results, recorded = accept_canaries(project, run, claims, reason, carry_over=carry_over)
    else:
        place = project.config.ledger
        results, recorded = accept_verdicts(project, run, claims, reason)
    if as_json:
        echo_json(results)
    else:
        _tell(results, place, recorded=recorded)


def _refuse_mixed(claims: Sequence[str], *, every: bool, canary: bool, carry_over: bool) -> None:
    """Refuse options that do not go together."""
    if carry_over and not canary:
        raise click.UsageError("--carry-over belongs to --canary")
    if canary and every:
        raise click.UsageError("--canary takes all figures of the last run unless claims are named")
    if not canary and bool(claims) == every:
        raise click.UsageError("name the claims to accept, or --all of the last run")


def _tell(results: Iterable[Mapping[str, str]], place: Path, *, recorded: bool) -> None:
    for result in results:
        echo(result["text"])
    if recorded:
        echo(f"recorded in {display(place)}")
    else:
        echo(f"nothing to record: {display(place)} has it all")


def accept_verdicts(
    project: Project, run: Run, claims: Sequence[str], reason: str
) -> tuple[list[dict[str, str]], bool]:
    """Put the verdicts of a run on record, all or those of the claims that ids name.

    Returns:
        What was done, each as a mapping with its `text`; and whether the ledger is another one now.

    Raises:
        LedgerError: a verdict is outdated, or its change has no reason.
    """
    from cbspec.ledger import accept

    chosen = records(run, claims)
    rejudged = _judged_anew(run, claims)
    refuse_outdated(project, chosen, rejudged)
    _refuse_orphans(run, claims, {record.claim for record in chosen})
    found = [record.comparison for record in chosen] + rejudged
    entries = [comparison.new for comparison in found if comparison.new is not None]
    evidence = [record.evidence for record in chosen if record.evidence]
    with project.editing() as ledger:
        compared = [_with_record(comparison, ledger, project.noise) for comparison in found]
        kept = keep_canaries(project, run, accept(ledger, entries, reason, project.noise), entries)
        save(project, ledger, kept.ledger, evidence)
        if kept.record:
            kept.record.save(project.config.canary_record)
    results = []
    for comparison in compared:
        text = f"{comparison.key}: {comparison.headline}"
        results.append({**comparison.key._asdict(), "change": comparison.change, "text": text})
    return [*results, *kept.results], kept.ledger != ledger


def _with_record(comparison: Comparison, ledger: Ledger, noise: NoiseRecord) -> Comparison:
    """Return a comparison of a run's verdict with the one that is on record by now."""
    from cbspec.ledger import compare

    if comparison.new is None or comparison.expected == ledger.expected(comparison.key):
        return comparison
    return compare(ledger.expected(comparison.key), comparison.new, noise)


def _refuse_orphans(run: Run, claims: Sequence[str], judged: Collection[str]) -> None:
    """Refuse claims that are named and not judged, whose recorded verdicts nothing checks."""
    for claim, checks in run.checks.items():
        if claim in judged or not claims or not named(claim, claims):
            continue
        orphaned = [check for check in checks if check.way == "orphaned"]
        if orphaned and len(orphaned) == len(checks):
            withdraw = f'cbspec withdraw {quote(claim)} --reason "..."'
            raise LedgerError(f"{claim}: {orphaned[0].reason}; withdraw the verdict: {withdraw}")


def _judged_anew(run: Run, claims: Sequence[str]) -> list[Comparison]:
    """Return what evidence says otherwise by now, of the claims that ids name."""
    comparisons = []
    for claim, checks in run.checks.items():
        if claims and not named(claim, claims):
            continue
        for check in checks:
            if check.way == "judged otherwise" and check.comparison is not None:
                comparisons.append(check.comparison)
    return comparisons
