"""The results of judging, as plain data: effects, a finding for each assertion, and a judgement."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

Verdict = Literal["holds", "refuted", "inconclusive", "invalid", "error"]


def p_value(p: float | None) -> str:
    """Format a p-value: ``"p = 0.012"``. Very small values are shown as a bound."""
    if p is None or math.isnan(p):
        return "p = ?"
    if p < 1e-4:
        return "p < 0.0001"
    return f"p = {p:.2g}"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One estimated quantity with its interval.

    Attributes:
        label: the quantity in the claim's words, such as ``"vec_m4 - dfa"``.
        estimate: the mean over seeds, in `unit`. NaN for a point of a figure without a value on
            some seed; `n` is 0 then.
        low: the lower end of the two-sided interval at `confidence`.
        high: the upper end.
        confidence: 1 where numbers are compared as they are printed: the bounds are what rounding of
            their digits leaves open, and nothing is tested.
        p: the one-sided p-value of the assertion; NaN where nothing is tested.
        n: the number of training seeds.
        needed: the numbers of seeds with a predictive power of 0.5 and 0.8 to decide; None if it is
            decided or they are out of reach.
        reported: the memo's value of the same quantity, if there is one.
        spread: the standard deviation over seeds of the values that `estimate` is the mean of, in
            `unit`; to first order for a quotient or a geometric mean. None for a single seed.
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

    @property
    def printed(self) -> bool:
        """Tell whether numbers are compared as they are printed, without a test."""
        return self.confidence == 1


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on one assertion.

    Attributes:
        p: the one-sided p-value for the assertion.
        p_against: the one-sided p-value for its refutation, which is the opposite or, if the kind
            defines it, practical equality.
        reason: one sentence for people.
        key: the assertion's key path in the claim: ``"assert[0]"``.
    """

    key: str
    kind: str
    verdict: Verdict
    p: float
    p_against: float
    effects: tuple[Effect, ...]
    reason: str

    @property
    def printed(self) -> bool:
        """Tell whether it only compares numbers as they are printed, without a test."""
        return bool(self.effects) and all(effect.printed for effect in self.effects)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one claim at one scale.

    Attributes:
        again: the probability that a run with fresh seeds gives the same verdict; None if no values
            can be drawn.
    """

    claim: str
    scale: str
    verdict: Verdict
    reason: str
    seeds: tuple[int, ...]
    findings: tuple[Finding, ...]
    controls: tuple[Finding, ...]
    again: float | None = None
