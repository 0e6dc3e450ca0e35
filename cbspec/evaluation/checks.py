"""The checks of recorded verdicts that a run does not recompute.

A verdict is judged again from its evidence. Then either its code is unchanged, or its canary has to
be equal. A canary vouches for code, versions and variables, but not for a declared file whose content
is another one: at toy sizes a stage may read only a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from cbspec.canary import UNHELD, CanaryCheck
from cbspec.claim import Claim
from cbspec.errors import JudgingError, UnitChanged
from cbspec.evaluation.interim import judged
from cbspec.execution.plan import Planner
from cbspec.kinds import measures_of_all
from cbspec.ledger import CHANGED, Comparison, Entry, EvidenceFolder, compare, entry_of
from cbspec.ledger.entry import short
from cbspec.ledger.units import OtherUnit, differing, other_units
from cbspec.ledger.withdrawal import unchecked
from cbspec.model.edit import Edit
from cbspec.report import Check
from cbspec.report.check import Way


@dataclass(frozen=True)
class Checker:
    """Checks recorded verdicts.

    Attributes:
        planner: knows the present code.
        evidence: the values that the verdicts were judged on.
        at_scale: returns a claim at another scale.
        canary: computes and compares a claim's canary; None if the project has no canary scale.
        edits: returns what changed in a claim's code since a verdict was recorded.
    """

    planner: Planner
    evidence: EvidenceFolder
    at_scale: Callable[[Claim, str], Claim]
    canary: Callable[[Claim], CanaryCheck] | None
    edits: Callable[[Claim, Entry], tuple[Edit, ...]]

    def check(self, claim: Claim, entry: Entry) -> Check:
        """Check one recorded verdict.

        Args:
            claim: the claim of the verdict, at any scale.
            entry: the verdict.
        """
        if entry.scale not in claim.decidable:
            return orphan(entry)
        there = self.at_scale(claim, entry.scale)
        moved = measures_otherwise(there, entry)
        try:
            comparison = rejudged(there, entry, self.evidence)
        except UnitChanged as error:
            comparison, moved = None, str(error)
        except JudgingError as error:
            return _check(entry, "in doubt", reason=str(error))
        if entry.doubt == "superseded":
            return _check(entry, "superseded", reason=_decided(entry), comparison=comparison)
        if moved:
            return _check(entry, "in doubt", reason=moved)
        if comparison is not None and comparison.change in CHANGED:
            return _check(
                entry, "judged otherwise", reason=would_be(comparison), comparison=comparison
            )
        if comparison is None and entry.digest != short(there.digest):
            return _check(
                entry,
                "in doubt",
                reason="the claim was edited since, and there is no evidence to judge it by",
            )
        return self._by_code(there, entry, comparison)

    def _by_code(self, claim: Claim, entry: Entry, comparison: Comparison | None) -> Check:
        remark = f"carried over {_decided(entry)}" if entry.doubt else ""
        since = changed_since(claim, entry, self.planner)
        if not since:
            return _check(entry, "code unchanged", reason=remark, comparison=comparison)
        if self.canary is None:
            reason = f"{since}, and the project has no canary scale"
            return _check(entry, "unchecked", reason=reason, comparison=comparison)
        canary = self.canary(claim)
        edited = entry.dependencies.edited(self.planner.dependencies(claim.arms.values()))
        objection = _objection(canary, entry, data_edited=bool(edited))
        if not objection:
            return _check(entry, "canary equal", reason=remark, comparison=comparison)
        return _check(
            entry,
            "in doubt",
            reason=f"{since}; {objection}",
            comparison=comparison,
            differences=canary.differences,
            edits=self.edits(claim, entry),
        )


def _objection(canary: CanaryCheck, entry: Entry, *, data_edited: bool) -> str:
    """Return why a canary does not vouch for a verdict; empty if it does."""
    if canary.state != "equal":
        return canary.text
    if data_edited:
        return "no canary vouches for data"
    if entry.apart:
        return "its canary is of code that computes something else than the verdict's"
    if not canary.held and not entry.doubt:  # one that is carried over stands on a person's word
        return UNHELD
    return ""


def orphan(entry: Entry) -> Check:
    """Return the failed check of a recorded verdict that no claim file asks for."""
    return _check(entry, "orphaned", reason=unchecked(entry))


def rejudged(claim: Claim, entry: Entry, folder: EvidenceFolder) -> Comparison | None:
    """Judge a recorded verdict again from its evidence, and compare the two.

    The claim file and the judge may have changed since.

    Args:
        claim: the claim at the scale of the verdict.
        entry: the recorded verdict.
        folder: the evidence of all verdicts.

    Returns:
        None if there is no evidence, or it lacks an arm or a measure that the claim reads now.

    Raises:
        LedgerError: the evidence is damaged, or belongs to another verdict.
        UnitChanged: a measure that the claim reads has another unit than its recorded values.
        JudgingError: an assertion kind raised.
    """
    from cbspec.judge import NoColumn

    evidence = folder.of(entry)
    if evidence is None:
        return None
    _same(differing(evidence.units, _units_read(claim)))
    try:
        judgement = judged(claim, evidence.values)
    except NoColumn:  # the claim reads an arm or a measure that it did not read then
        return None
    anew = entry_of(
        claim,
        judgement,
        device=entry.device,
        code=entry.code,
        provenance=entry.provenance,
        values=evidence.values,
        adopted=entry.adopted,
        dependencies=entry.dependencies,
        loaded=entry.loaded,
    )
    _same(other_units(entry, anew))
    # What canaries say of its code is as true of the same values judged anew
    return compare(entry, replace(anew, doubt=entry.doubt, apart=entry.apart))


def _units_read(claim: Claim) -> dict[str, str]:
    """Return measure -> its present unit, for the measures that a claim asserts something of."""
    read = measures_of_all(claim.asserted.values())
    return {name: unit for name, unit in claim.units.items() if name in read}


def _same(others: Iterable[OtherUnit]) -> None:
    """Raise UnitChanged if there are measures in another unit: their numbers cannot be compared."""
    if told := "; ".join(other.text for other in others):
        raise UnitChanged(f"no longer the measure that was recorded: {told}")


def changed_since(claim: Claim, entry: Entry, planner: Planner) -> str:
    """Describe what changed in code, versions, files and variables since a verdict was recorded.

    For instance ``"the code of train_bp changed since"``; empty if nothing changed.
    """
    parts: list[str] = []
    calls = claim.arms.values()
    if stale := entry.stale(planner.code(calls)):
        parts.append(f"the code of {', '.join(stale)} changed since")
    for change in entry.moved(planner.numerics.torch, planner.dependencies(calls)):
        parts.append(f"{change} since")
    return " and ".join(parts)


def measures_otherwise(claim: Claim, entry: Entry) -> str:
    """Describe which arms are other stage calls than recorded; empty if all are the same."""
    moved = [arm for arm, call in claim.arms.items() if entry.arms.get(arm) != short(call.digest)]
    if not moved:
        return ""
    return f"another experiment than recorded: {', '.join(moved)}"


def would_be(comparison: Comparison) -> str:
    """Describe the verdict that the present claim and judge reach from recorded evidence."""
    assert comparison.new is not None  # compare always sets it
    what = comparison.headline
    if moves := "; ".join(move.text for move in comparison.goalposts):
        what = f"{comparison.change}: {moves}"
    new = comparison.new
    return f"{what}; by its evidence the verdict would have been {new.verdict}: {new.reason}"


def _decided(entry: Entry) -> str:
    """Describe when and why a person decided about a verdict whose canary had changed."""
    last = entry.doubted
    return f"{last.date}: {last.reason}"


def _check(entry: Entry, way: Way, **fields: object) -> Check:
    return Check(scale=entry.scale, device=entry.device, verdict=entry.verdict, way=way, **fields)  # type: ignore[arg-type]


def needs_canary(claim: Claim, entries: Iterable[Entry], planner: Planner) -> bool:
    """Tell whether the code or torch changed since one of these verdicts of a claim was reached.

    If so, the canary decides whether the verdict stands.
    """
    return any(
        entry.doubt != "superseded" and changed_since(claim, entry, planner) for entry in entries
    )
