"""Assertions and their effects as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from cbspec.committed import Committed
from cbspec.kinds import AnyKind, Assertion
from cbspec.ledger.notation import rounded
from cbspec.model.finding import Effect, Finding, Verdict


class RecordedEffect(Committed, frozen=True, kw_only=True):
    """An `Effect` as recorded: figures to six significant digits, None where undefined or unbounded
    (or, for `spread`, older).
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


class RecordedAssertion(Committed, frozen=True, kw_only=True):
    """An assertion with its decision.

    Attributes:
        key: its key path in the claim when it was recorded.
        verdict: None when the run ended before it was decided.
        terms: what was asserted, alpha filled in and note left out; it shows whether the goalposts
            moved, and which way.
    """

    key: str
    verdict: Verdict | None
    terms: AnyKind
    effects: tuple[RecordedEffect, ...] = ()


def recorded(
    section: str, assertions: Sequence[Assertion], findings: Sequence[Finding], alpha: float
) -> tuple[RecordedAssertion, ...]:
    """Return what the ledger keeps of a claim's assertions, or of its controls.

    Args:
        section: what a claim calls them: ``"assert"`` or ``"controls"``.
        findings: those there are; a run may have ended before the others were decided.
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
