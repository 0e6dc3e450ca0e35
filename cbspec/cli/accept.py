"""``cbspec accept``: verdicts, or the canary figures, of the last run go on record, on purpose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cbspec.claim import base
from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option
from cbspec.errors import LedgerError, suggestion
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import UnknownClaimError, unknown

if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck, CanaryRecord
    from cbspec.claim import Claim
    from cbspec.ledger import Comparison, Entry, Evidence, EvidenceFolder, Ledger
    from cbspec.report import Record, Run


@click.command("accept")
@click.argument("claims", nargs=-1, shell_complete=complete)
@click.option("--all", "every", is_flag=True, help="Every claim of the last run.")
@click.option(
    "--canary",
    is_flag=True,
    help="Take the canary figures; all of the last run, or those of CLAIMS.",
)
@click.option(
    "--carry-over",
    is_flag=True,
    help="With --canary: keep the verdicts in doubt, in place of superseding them.",
)
@click.option("--reason", default="", help="Why a change is right; kept in the ledger.")
@json_option
@pass_project
def command(
    project: Project,
    claims: tuple[str, ...],
    every: bool,
    canary: bool,
    carry_over: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Put verdicts of the last run on record.

    CLAIMS are ids of the last run. A verdict that flipped or was weakened, and an assertion that
    was moved, is taken only with a reason. The values that each verdict was judged on are kept
    beside the ledger, as evidence. Of a claim that the run did not compute, the verdict that its
    evidence gives is taken where it changed.

    --canary takes the canary figures instead. Verdicts that the changed code has not confirmed are
    then superseded until they are run again, or carried over by your word.
    """
    if carry_over and not canary:
        raise click.UsageError("--carry-over belongs to --canary")
    if canary and every:
        raise click.UsageError("--canary takes all figures of the last run unless claims are named")
    if not canary and bool(claims) == every:
        raise click.UsageError("name the claims to accept, or --all of the last run")
    run = _last_run(project)
    if canary:
        results = _accept_canary(project, run, claims, reason, carry_over=carry_over)
    else:
        results = _accept_verdicts(project, run, claims, reason)
    click.echo(dumps(results) if as_json else "\n".join(result["text"] for result in results))
    if not as_json:
        place = project.config.canary_record if canary else project.config.ledger
        click.echo(f"recorded in {display(place)}")


def _accept_verdicts(
    project: Project, run: Run, claims: Sequence[str], reason: str
) -> list[dict[str, str]]:
    from cbspec.canary import CanaryRecord
    from cbspec.ledger import EvidenceFolder, accept

    records = _chosen(run, claims)
    _refuse_outdated(project, records)
    anew = _judged_anew(run, claims)
    entries = [record.entry for record in records]
    entries += [comparison.new for comparison in anew if comparison.new is not None]
    with project.editing() as ledger:
        folder = EvidenceFolder(project.config.evidence)
        after = accept(ledger, entries, reason)
        _save(
            project,
            folder,
            ledger,
            after,
            [record.evidence for record in records if record.evidence],
        )
        _keep_new_canaries(project, run, CanaryRecord.load(project.config.canary_record), entries)
    compared = [record.comparison for record in records] + anew
    return [
        {
            **comparison.key._asdict(),
            "change": comparison.change,
            "text": f"{comparison.key}: {comparison.headline}",
        }
        for comparison in compared
    ]


def _save(
    project: Project,
    folder: EvidenceFolder,
    before: Ledger,
    after: Ledger,
    evidence: Sequence[Evidence],
) -> None:
    """Write evidence first, then the ledger that names it, then drop what nothing names any
    more.
    """
    folder.keep(evidence, before, after)
    after.save(project.config.ledger)
    folder.prune([item.claim for item in evidence], after)


def _keep_new_canaries(
    project: Project, run: Run, record: CanaryRecord, entries: Sequence[Entry]
) -> None:
    """Take the canary figures of claims that have none on record: the verdicts going on record are
    of the same code.
    """
    accepted = {entry.claim for entry in entries}
    new = [
        check.figures
        for check in run.canaries
        if check.claim in accepted and check.figures and check.claim not in record.figures
    ]
    if new:
        record.recording(new).save(project.config.canary_record)


def _accept_canary(
    project: Project, run: Run, claims: Sequence[str], reason: str, *, carry_over: bool
) -> list[dict[str, str]]:
    from cbspec.canary import CanaryRecord
    from cbspec.ledger import EvidenceFolder, accept, supersede, today
    from cbspec.ledger import carry_over as carried

    checks = _canaries(run, claims)
    with project.editing() as ledger:
        record = CanaryRecord.load(project.config.canary_record)
        confirmed = _confirmed(run, {check.claim for check in checks})
        settled = accept(ledger, [confirmation.entry for confirmation in confirmed], reason)
        outdated = _unconfirmed(
            settled, [check for check in checks if check.claim in record.figures]
        )
        decide = carried if carry_over else supersede
        after = decide(settled, outdated, reason, today())
        record.recording(check.figures for check in checks if check.figures).save(
            project.config.canary_record
        )
        folder = EvidenceFolder(project.config.evidence)
        _save(
            project,
            folder,
            ledger,
            after,
            [confirmation.evidence for confirmation in confirmed if confirmation.evidence],
        )
    word = "carried over" if carry_over else "superseded"
    changes = [
        {"claim": entry.claim, "change": word, "text": f"{entry.key}: {entry.verdict} {word}"}
        for entry in outdated
    ]
    summary = f"{len(checks)} {'canary' if len(checks) == 1 else 'canaries'} taken"
    return [*changes, {"change": "canary", "text": summary}]


def _canaries(run: Run, claims: Sequence[str]) -> list[CanaryCheck]:
    """Return the canaries to take: those that are not as recorded, of the claims that ids name.

    Raises:
        LedgerError: one of them could not be computed, or the last run has none.
    """
    known = {check.claim: check for check in run.canaries}
    if not known:
        raise LedgerError(
            "the last run computed no canary; "
            "run them first: cbspec run --scale with the canary's name"
        )
    if strange := unknown(claims, known):
        lines = [
            f"the last run has no canary of {word!r}{suggestion(word, list(known))}"
            for word in strange
        ]
        raise UnknownClaimError("\n".join(lines))
    named = [
        check
        for name, check in known.items()
        if not claims or name in claims or base(name) in claims
    ]
    if broken := [check for check in named if check.state == "error"]:
        listed = "\n".join(f"  {check.claim}: {check.reason}" for check in broken)
        raise LedgerError(f"a canary that broke is no result; mend it and run again:\n{listed}")
    return [check for check in named if check.state != "equal"]


def _confirmed(run: Run, claims: Collection[str]) -> list[Record]:
    """Return the verdicts of these claims that the last run computed and found as recorded."""
    records = [record for record in run.records if record.claim in claims]
    return [
        record
        for record in records
        if record.comparison.old and record.comparison.change in ("same", "drift")
    ]


def _unconfirmed(ledger: Ledger, checks: Sequence[CanaryCheck]) -> list[Entry]:
    """Return the verdicts of claims with another canary that were not reached by the code as it
    is.
    """
    from cbspec.ledger.entry import short

    entries = []
    for check in checks:
        assert check.figures is not None  # those that broke are refused
        code = {stage: short(digest) for stage, digest in check.figures.code.items()}
        entries += [
            entry
            for entry in ledger.of(check.claim)
            if entry.stale(code) and entry.doubt != "superseded"
        ]
    return entries


def _judged_anew(run: Run, claims: Sequence[str]) -> list[Comparison]:
    """Return what evidence says otherwise by now, of the claims that ids name."""
    comparisons = []
    for claim, checks in run.checks.items():
        if not claims or claim in claims or base(claim) in claims:
            anew = [check.comparison for check in checks if check.way == "judged otherwise"]
            comparisons += [comparison for comparison in anew if comparison is not None]
    return comparisons


def _last_run(project: Project) -> Run:
    import msgspec

    from cbspec.report import Run, decode

    path = project.config.reports / "latest.json"
    try:
        return decode(path.read_text(encoding="utf-8"), Run)
    except FileNotFoundError:
        raise LedgerError(
            f"{display(path)}: there is no report of a run yet; run the claims first: cbspec run"
        ) from None
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise LedgerError(
            f"{display(path)}: not the report of a run: {error}; run the claims again"
        ) from None


def _chosen(run: Run, claims: Sequence[str]) -> list[Record]:
    """Return the records that ids name, all without one."""
    known = [record.claim for record in run.records] + [upheld.claim for upheld in run.upheld]
    if strange := unknown(claims, known):
        lines = (
            f"the last run (scale {run.scale}) has no claim {word!r}{suggestion(word, known)}"
            for word in strange
        )
        raise UnknownClaimError("\n".join(lines))
    return [
        record
        for record in run.records
        if not claims or record.claim in claims or base(record.claim) in claims
    ]


def _refuse_outdated(project: Project, records: Sequence[Record]) -> None:
    """Refuse a verdict that is not of the claim and the code as they are."""
    if outdated := list(_outdated(project, records)):
        again = f"cbspec run {records[0].options}".rstrip()
        raise LedgerError(
            f"the last run is not of the claims and code as they are; run again: {again}\n"
            + "\n".join(outdated)
        )


def _outdated(project: Project, records: Sequence[Record]) -> Iterator[str]:
    from cbspec.ledger.entry import short

    planner = project.planner("cpu")  # on whatever device: the code is the same
    now: dict[tuple[str, str], Claim] = {}
    for scale in {record.scale for record in records}:
        now |= {(claim.id, scale): claim for claim in project.claims(scale=scale)}
    for record in records:
        entry, claim = record.entry, now.get((record.claim, record.scale))
        if claim is None:
            yield f"  {record.claim}: no claim file has it any more"
            continue
        if entry.digest != short(claim.digest):
            yield f"  {record.claim}: the claim was edited since"
        if stale := entry.stale(planner.code(claim.arms.values())):
            yield f"  {record.claim}: the code of {', '.join(stale)} was edited since"
