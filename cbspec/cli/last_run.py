"""The report of the last run, which `cbspec accept` records unless the project changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cbspec.claim import base
from cbspec.errors import LedgerError
from cbspec.paths import display
from cbspec.project import Project
from cbspec.selection import ids, named, refuse, unknown

if TYPE_CHECKING:
    from cbspec.canary import Figures
    from cbspec.claim import Claim
    from cbspec.execution.plan import Planner
    from cbspec.ledger import Comparison
    from cbspec.report import Record, Run

GONE = "no claim file has it any more"
EDITED = "the claim was edited since"


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


def refuse_outdated(
    project: Project,
    records: Sequence[Record] = (),
    rejudged: Sequence[Comparison] = (),
    canaries: Sequence[Figures] = (),
) -> None:
    """Refuse what a run found of claims, code or a record that have changed since.

    Args:
        project: the project.
        records: verdicts that the run has computed.
        rejudged: verdicts that it has judged anew from their evidence.
        canaries: values of canaries.

    Raises:
        LedgerError: there are such findings; it names each, and the run to repeat.
    """
    planner = project.planner("cpu")  # on whatever device: the code is the same
    canary = project.config.canary or ""
    places = [(record.claim, record.scale) for record in records]
    places += [(comparison.key.claim, comparison.key.scale) for comparison in rejudged]
    places += [(figures.claim, canary) for figures in canaries]
    claims = _present(project, places)
    outdated = []
    for record in records:
        for change in _changes(record, claims.get((record.claim, record.scale)), planner):
            outdated.append(f"  {record.claim}: {change}")
    for comparison in rejudged:
        key = comparison.key
        if change := _change(comparison, claims.get((key.claim, key.scale)), project):
            outdated.append(f"  {key.claim} at scale {key.scale}: {change}")
    for figures in canaries:
        for change in _canary_changes(figures, claims.get((figures.claim, canary)), planner):
            outdated.append(f"  {figures.claim}: {change}")
    if outdated:
        again = "cbspec run"
        if records:
            again = f"{again} {records[0].options}".rstrip()
        problem = f"claims or code changed since the last run; run again: {again}"
        raise LedgerError("\n".join([problem, *outdated]))


def _present(project: Project, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
    """Return (id, scale) -> claim, as far as there is a file that has it."""
    files = ids(project.claims_folder)  # other files may have mistakes
    wanted: dict[str, set[str]] = defaultdict(set)
    for name, scale in places:
        if base(name) in files:
            wanted[scale].add(base(name))
    claims = {}
    for scale, names in wanted.items():
        for claim in project.claims(sorted(names), scale):
            claims[claim.id, scale] = claim
    return claims


def _change(comparison: Comparison, claim: Claim | None, project: Project) -> str:
    """Return what changed since a recorded verdict was judged anew; empty if nothing did."""
    from cbspec.ledger.entry import short

    assert comparison.new is not None  # compare always sets it
    if claim is None:
        return GONE
    if comparison.new.digest != short(claim.digest):
        return EDITED
    if project.ledger.get(comparison.key) != comparison.old:
        return "its verdict on record is another one"
    return ""


def _canary_changes(figures: Figures, claim: Claim | None, planner: Planner) -> Iterator[str]:
    """Yield what changed in a claim or its code since its canary was computed."""
    from cbspec.ledger.entry import short, stale_stages

    if claim is None:
        yield GONE
        return
    if figures.calls != {arm: short(call.digest) for arm, call in claim.arms.items()}:
        yield EDITED
    if stale := stale_stages(figures.code, planner.code(claim.arms.values())):
        yield f"the code of {', '.join(stale)} was edited since"


def _changes(record: Record, claim: Claim | None, planner: Planner) -> Iterator[str]:
    """Yield what changed in a claim or its code since its verdict."""
    from cbspec.ledger.entry import short

    if claim is None:
        yield GONE
        return
    if record.entry.digest != short(claim.digest):
        yield EDITED
    if stale := record.entry.stale(planner.code(claim.arms.values())):
        yield f"the code of {', '.join(stale)} was edited since"
    dependencies = planner.dependencies(claim.arms.values())
    for change in record.entry.moved(planner.numerics.torch, dependencies):
        yield f"{change} since"
