"""What judging yields: effects, one finding per assertion, one judgement per claim; plain data for
report and ledger.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

Verdict = Literal["holds", "refuted", "inconclusive", "invalid", "error"]


def p_value(p: float | None) -> str:
    """Format a p-value: ``"p = 0.012"``, with a floor below which the digits carry no
    information.
    """
    if p is None or math.isnan(p):
        return "p = ?"
    if p < 1e-4:
        return "p < 0.0001"
    return f"p = {p:.2g}"


def why_unbounded(label: str, n: int) -> str:
    """Say that an interval has no ends, and why: ``"unbounded: the denominator may be zero"``.

    Args:
        label: of the effect.
        n: runs that it was seen in.
    """
    if " / " in label:
        return "unbounded: the denominator may be zero"
    if n < 2:
        return "unbounded: one run tells no spread"
    return "unbounded"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One estimated quantity with its interval.

    Attributes:
        label: what it is in the claim's words, e.g. ``"vec_m4 - dfa"``.
        estimate: mean over seeds, in `unit`; NaN for a point of a figure that has no value on some
            seed, and `n` is 0 then.
        low, high: two-sided confidence interval at `confidence`.
        p: one-sided p-value of what was asserted.
        n: training seeds.
        needed: seeds in all with a predictive power of 0.5 and 0.8 to decide; None when it is decided
            or so many are out of reach.
        reported: the memo's figure for the same quantity, where there is one.
        spread: standard deviation over seeds of what `estimate` is the mean of, in `unit`; to first
            order where that is a quotient or a geometric mean. None for a single seed.
    """

    label: str
    measure: str
    unit: str
    estimate: float
    low: float
    high: float
    confidence: float
    p: float
    n: int
    needed: tuple[int, int] | None = None
    reported: float | None = None
    spread: float | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on one assertion.

    Attributes:
        p: one-sided p-value for the assertion.
        p_against: one-sided p-value for its refutation (the opposite, or practical equality, where
            the kind defines one).
        reason: one sentence for a person.
        key: the assertion's key path in the claim (``"assert[0]"``).
    """

    key: str
    kind: str
    verdict: Verdict
    p: float
    p_against: float
    effects: tuple[Effect, ...]
    reason: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one claim at one scale.

    Attributes:
        again: probability that a run with fresh noise gives the same verdict; None where no value
            can be drawn anew.
    """

    claim: str
    scale: str
    verdict: Verdict
    reason: str
    seeds: tuple[int, ...]
    findings: tuple[Finding, ...]
    controls: tuple[Finding, ...]
    again: float | None = None
