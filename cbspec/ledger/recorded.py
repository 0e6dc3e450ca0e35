"""Assertions and their effects as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import force_setattr, replace

from cbspec.committed import Committed
from cbspec.kinds import AnyKind, Assertion, Stated
from cbspec.ledger.notation import rounded
from cbspec.model.finding import Effect, Finding, Verdict


class RecordedEffect(Committed, frozen=True, kw_only=True):
    """An `Effect` as the ledger keeps it: numbers to six significant digits.

    A number is None if it is undefined or unbounded; a spread also if the entry is older than it.

    Attributes:
        drifted_from: the estimate that was last recorded with a reason, or first; None if that is
            this one.
    """

    label: str
    measure: str
    unit: str
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    p: float | None
    n: int
    reported: float | None = None
    spread: float | None = None
    drifted_from: float | None = None

    @property
    def undrifted(self) -> float | None:
        """Return the estimate without the drifts that were accepted since, which need no reason."""
        return self.estimate if self.drifted_from is None else self.drifted_from

    @property
    def printed(self) -> bool:
        """Tell whether numbers are compared as they are printed, without a test."""
        return self.confidence == 1


class RecordedAssertion(Committed, frozen=True, kw_only=True):
    """An assertion with its own verdict.

    Attributes:
        key: the key path in the claim when the verdict was recorded.
        verdict: the verdict; None if the run ended before it was reached.
        terms: the assertion with its alpha and without its note, to see whether goalposts moved.
    """

    key: str
    verdict: Verdict | None
    terms: AnyKind
    effects: tuple[RecordedEffect, ...] = ()

    def __post_init__(self) -> None:
        """Take the p and the level from numbers that were compared as printed: old records have both."""
        if isinstance(self.terms, Stated):
            effects = [replace(effect, confidence=1.0, p=None) for effect in self.effects]
            force_setattr(self, "effects", tuple(effects))


def recorded(
    section: str, assertions: Sequence[Assertion], findings: Sequence[Finding], alpha: float
) -> tuple[RecordedAssertion, ...]:
    """Return the assertions or controls of a claim as the ledger keeps them.

    Args:
        section: their section in the claim: ``"assert"`` or ``"controls"``.
        assertions: the assertions.
        findings: the findings on them. If the run ended early, some may be missing.
        alpha: the claim's error rate.
    """
    by_key = {finding.key: finding for finding in findings}
    records = []
    for index, assertion in enumerate(assertions):
        key = f"{section}[{index}]"
        records.append(_record(key, assertion.spelled_out(alpha), by_key.get(key)))
    return tuple(records)


def _record(key: str, terms: Assertion, finding: Finding | None) -> RecordedAssertion:
    if finding is None:
        return RecordedAssertion(key=key, verdict=None, terms=terms)
    return RecordedAssertion(
        key=key, verdict=finding.verdict, terms=terms, effects=tuple(map(_effect, finding.effects))
    )


def _effect(effect: Effect) -> RecordedEffect:
    return RecordedEffect(
        label=effect.label,
        measure=effect.measure,
        unit=effect.unit,
        estimate=rounded(effect.estimate),
        low=rounded(effect.low),
        high=rounded(effect.high),
        confidence=rounded(effect.confidence) or 0.0,
        p=rounded(effect.p),
        n=effect.n,
        reported=rounded(effect.reported),
        spread=rounded(effect.spread),
    )
