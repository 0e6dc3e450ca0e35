"""``cbspec status``: the verdict on record of each claim at each scale, and whether it is still of
this code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cbspec.canary import UNHELD
from cbspec.claim import Claim
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.link import link_line
from cbspec.cli.output import echo, echo_json, echo_table, json_option
from cbspec.ledger import Entry, Standing, drawn, expected_changes, likeliest
from cbspec.ledger import status as standings
from cbspec.model.number import count
from cbspec.project import Project
from cbspec.selection import named
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.evaluation.canary import Canaries
    from cbspec.execution.plan import Planner


@click.command("status")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--scale", metavar="NAME", help="Only this scale (default: all).")
@json_option
@pass_project
def command(project: Project, claims: tuple[str, ...], scale: str | None, as_json: bool) -> None:
    """Show where each claim stands at each scale.

    \b
    current       nothing has changed since the verdict was recorded
    stale         the claim, its code, torch, or a declared file, version or
                  environment variable changed since; the column says which
    orphaned      no claim file can decide the recorded verdict any more

    A stale verdict stands if its claim's canary is equal, as far as stored results tell, and is in
    doubt if it differs or a declared file changed. Superseded: somebody accepted another canary, and the verdict has to be run
    again. In quarantine: changes fail no run until the day that is shown. Below the table: the
    verdicts that noise alone would most likely change.
    """
    if scale is not None:
        project.scale(scale)  # an unknown one is a mistake
    planner = project.planner("cpu")
    code = Currency(planner, project.canaries(planner))
    chosen = project.at_every_scale(claims)
    asked = [*claims, *(claim.id for claim in chosen)]
    rows = []
    for row in standings(project.ledger, chosen, code.moved, code.canary):
        # What was not asked for is not orphaned
        unasked = claims and row.currency == "orphaned" and not named(row.claim, asked)
        if scale in (None, row.scale) and not unasked:
            rows.append(row)
    if as_json:
        echo_json(rows)
    else:
        echo_table(_table(rows))
        for line in _likeliest(rows):
            echo(line)
        shown = {row.claim for row in rows}
        for line in link_line(project, shown.pop() if len(shown) == 1 else ""):
            echo(line)


class Currency:
    """What of a claim's code has changed since a verdict, and what its canary says of that."""

    def __init__(self, planner: Planner, canaries: Canaries | None) -> None:
        self._planner = planner
        self._canaries = canaries

    def moved(self, claim: Claim, entry: Entry) -> Iterator[str]:
        """Yield what is no longer as recorded: code, versions, files, variables."""
        if entry.stale(self._planner.code(claim.arms.values())):
            yield "code"
        dependencies = self._planner.dependencies(claim.arms.values())
        yield from entry.moved(self._planner.numerics.torch, dependencies)

    def canary(self, claim: Claim, entry: Entry) -> str:
        """Say what stored results tell of a claim's canary, if it counts for a verdict."""
        if self._canaries is None:
            return ""
        edited = entry.dependencies.edited(self._planner.dependencies(claim.arms.values()))
        if edited or entry.apart:  # no canary vouches for data, or for such a verdict
            return "in doubt"
        if check := self._canaries.stored(claim):
            return check.text if check.held or entry.doubt else UNHELD
        return "canary not run"


def _table(rows: Sequence[Standing]) -> TextTable:
    table = TextTable(
        "claim",
        "scale",
        "device",
        "verdict",
        "standing",
        "recorded",
        "title",
        wraps=("standing", "title"),
        lead=("claim", "scale", "device", "verdict"),
        coloured=("verdict", "standing"),
    )
    for row in rows:
        verdict = row.verdict or "-"
        device = row.device or "-"
        table.row(row.claim, row.scale, device, verdict, _standing(row), _since(row), row.title)
    return table


def _likeliest(rows: Sequence[Standing]) -> Iterator[str]:
    """Yield the verdicts that noise alone would change most likely."""
    entries = [row.entry for row in rows if row.entry]
    fragile = likeliest(entries)
    if not fragile:
        return
    changes, known = expected_changes(entries)
    told = f"fresh {drawn(entries)} alone would change {changes:.1f} of {count(known, 'verdict')}"
    yield f"{told}; most likely"
    for entry in fragile:
        assert entry.again is not None  # a fragile one has it
        yield f"  {entry.key}: {entry.verdict}, {1 - entry.again:.2f}"


def _standing(row: Standing) -> str:
    """Return the standing with its details: ``"stale: code; canary equal"``."""
    doubt = row.entry.doubt if row.entry else None
    if doubt == "superseded":
        return "superseded"
    parts = [row.currency, doubt, row.checked, row.lenience]
    if row.moved:
        parts[0] = f"{row.currency}: {', '.join(row.moved)}"
    return "; ".join(filter(None, parts))


def _since(row: Standing) -> str:
    if row.entry is None:
        return "-"
    made = row.entry.provenance
    if not made.commit:
        return made.date
    edited = "+" if made.dirty else ""
    return f"{made.date} {made.commit[:10]}{edited}"
