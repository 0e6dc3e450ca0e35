"""``cbspec accept``: verdicts of the last run go on record, on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cbspec.claim import base
from cbspec.cli.output import dumps, json_option
from cbspec.cli.project import Project, pass_project, shown
from cbspec.cli.selection import UnknownClaimError, complete
from cbspec.errors import LedgerError, suggestion

if TYPE_CHECKING:
    from cbspec.report import Record, Run


@click.command("accept")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--all", "every", is_flag=True, help="Every claim of the last run.")
@click.option("--reason", default="", help="Why a changed verdict or assertion is right; kept in the ledger.")
@json_option
@pass_project
def command(project: Project, claims: tuple[str, ...], every: bool, reason: str, as_json: bool) -> None:
    """Put verdicts of the last run on record.

    CLAIMS are ids of the last run. A verdict that flipped or was weakened, and an assertion that was moved, is taken only with a
    reason. The ledger is committed: what it says is what the project publishes.
    """
    from cbspec.ledger import accept

    if bool(claims) == every:
        raise click.UsageError("name the claims to accept, or --all of the last run")
    records = _chosen(_last_run(project), claims)
    _refuse_outdated(project, records)
    entries = [record.entry for record in records]
    with project.editing() as ledger:
        accept(ledger, entries, reason).save(project.config.ledger)
    if as_json:
        click.echo(dumps([{**record.comparison.key._asdict(), "change": record.comparison.change} for record in records]))
        return
    for record in records:
        click.echo(f"{record.comparison.key}: {record.comparison.headline}")
    click.echo(f"recorded in {shown(project.config.ledger)}")


def _last_run(project: Project) -> Run:
    import msgspec

    from cbspec.report import Run, decode

    path = project.config.reports / "latest.json"
    try:
        return decode(path.read_text(encoding="utf-8"), Run)
    except FileNotFoundError:
        raise LedgerError(f"{shown(path)}: there is no report of a run yet; run the claims first: cbspec run") from None
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{shown(path)}: not the report of a run: {error}; run the claims again") from None


def _chosen(run: Run, claims: Sequence[str]) -> list[Record]:
    """The records that ids name, all without one."""
    known = [record.claim for record in run.records]
    if strange := [word for word in claims if not any(word in (name, base(name)) for name in known)]:
        lines = (f"the last run (scale {run.scale}) has no claim {word!r}{suggestion(word, known)}" for word in strange)
        raise UnknownClaimError("\n".join(lines))
    return [record for record in run.records if not claims or record.claim in claims or base(record.claim) in claims]


def _refuse_outdated(project: Project, records: Sequence[Record]) -> None:
    """A verdict is recorded for the claim and the code as they are, or not at all."""
    if outdated := list(_outdated(project, records)):
        again = f"cbspec run {records[0].options}".rstrip()
        raise LedgerError(f"the last run is not of the claims and code as they are; run again: {again}\n" + "\n".join(outdated))


def _outdated(project: Project, records: Sequence[Record]) -> Iterator[str]:
    from cbspec.ledger.entry import short

    planner = project.planner("cpu")  # on whatever device: the code is the same
    now = {(claim.id, scale): claim for scale in {each.scale for each in records} for claim in project.claims(scale=scale)}
    for record in records:
        entry, claim = record.entry, now.get((record.claim, record.scale))
        if claim is None:
            yield f"  {record.claim}: no claim file has it any more"
            continue
        if entry.digest != short(claim.digest):
            yield f"  {record.claim}: the claim was edited since"
        if stale := entry.stale(planner.code(claim.arms.values())):
            yield f"  {record.claim}: the code of {', '.join(stale)} was edited since"
