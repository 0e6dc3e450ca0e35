"""The report of the last run, which `cbspec accept` records unless the project changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cbspec.claim import base
from cbspec.errors import LedgerError
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import ids, named, refuse, unknown

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.execution.plan import Planner
    from cbspec.report import Record, Run


def last_run(project: Project) -> Run:
    """Return the report of the last run.

    Raises:
        LedgerError: there is no report, or it cannot be read.
    """
    import msgspec

    from cbspec.report import Run, decode

    path = project.config.reports / "latest.json"
    try:
        return decode(path.read_text(encoding="utf-8"), Run)
    except FileNotFoundError:
        missing = "there is no report of a run yet; run the claims first: cbspec run"
        raise LedgerError(f"{display(path)}: {missing}") from None
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise LedgerError(
            f"{display(path)}: not the report of a run: {error}; run the claims again"
        ) from None


def records(run: Run, claims: Sequence[str]) -> list[Record]:
    """Return the records of claims, by their ids; all if there are none.

    Raises:
        UnknownClaimError: the run has no such claim.
    """
    known = list(run.checks)
    problem = f"the last run (scale {run.scale}) has no claim"
    refuse(problem, unknown(claims, known), known)
    return [record for record in run.records if not claims or named(record.claim, claims)]


def refuse_outdated(project: Project, records: Sequence[Record]) -> None:
    """Refuse verdicts of claims or code that have changed since.

    Raises:
        LedgerError: there are such verdicts; it names each, and the run to repeat.
    """
    planner = project.planner("cpu")  # on whatever device: the code is the same
    claims: dict[tuple[str, str], Claim] = {}
    # Other files may have mistakes
    files = ids(project.claims_folder)
    judged: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if base(record.claim) in files:
            judged[record.scale].add(base(record.claim))
    for scale, names in judged.items():
        for claim in project.claims(sorted(names), scale):
            claims[claim.id, scale] = claim
    outdated = []
    for record in records:
        for change in _changes(record, claims.get((record.claim, record.scale)), planner):
            outdated.append(f"  {record.claim}: {change}")
    if outdated:
        again = f"cbspec run {records[0].options}".rstrip()
        problem = f"claims or code changed since the last run; run again: {again}"
        raise LedgerError("\n".join([problem, *outdated]))


def _changes(record: Record, claim: Claim | None, planner: Planner) -> Iterator[str]:
    """Yield what changed in a claim or its code since its verdict."""
    from cbspec.ledger.entry import short

    if claim is None:
        yield "no claim file has it any more"
        return
    if record.entry.digest != short(claim.digest):
        yield "the claim was edited since"
    if stale := record.entry.stale(planner.code(claim.arms.values())):
        yield f"the code of {', '.join(stale)} was edited since"
    dependencies = planner.dependencies(claim.arms.values())
    for change in record.entry.moved(planner.numerics.torch, dependencies):
        yield f"{change} since"
