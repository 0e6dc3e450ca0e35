"""Deciding one assertion: its evidence becomes a finding with a verdict and the reason for it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import msgspec

from cbspec.judge.wording import sentence
from cbspec.kinds import Assertion, arms_of, measures_of
from cbspec.model.finding import Effect, Finding
from cbspec.statistics.assurance import MOST
from cbspec.statistics.evidence import Inference, Level, StatisticalEvidence
from cbspec.statistics.sample import Measurements, Unmeasured

Weighed = StatisticalEvidence | Unmeasured
"""The evidence on an assertion, or why there is none."""

Seeds = tuple[float, float]
"""The seeds with an even and with a good chance to decide; 0 if it is decided."""


def weigh(assertion: Assertion, data: Measurements, alpha: float) -> Weighed:
    """Return the evidence on an assertion, or why it has none: a value that it reads is missing, or
    no test keeps its level under the noise that is declared.

    Args:
        assertion: the assertion.
        data: the measured values.
        alpha: the error rate of an assertion without its own.
    """
    if assertion.alpha is None:
        assertion = msgspec.structs.replace(assertion, alpha=alpha)
    for reason in assertion.unsuited(data.measures):
        return Unmeasured(reason)
    try:
        return replace(assertion.evidence(data), reported=_reported(assertion, data))
    except Unmeasured as missing:
        return missing


def _reported(assertion: Assertion, data: Measurements) -> str:
    """Describe arms whose single runs are unknown: ``"paper: mean 0.971, sd 0.006, n = 10"``."""
    texts: list[str] = []
    for measure in measures_of(assertion):
        for arm, summary in data.summarised(arms_of(assertion), measure).items():
            texts.append(f"{arm}: {summary.text}")
    if not texts:
        return ""
    return f"; as reported, {', '.join(texts)}"


def conclude(
    weighed: Weighed, level: Level, *, key: str, kind: str, replicates: str = "seeds"
) -> Finding:
    """Return the finding at a level.

    Args:
        replicates: what `n` counts, in words.
    """
    effects: tuple[Effect, ...] = ()
    if isinstance(weighed, StatisticalEvidence):
        try:
            effects = tuple(inference.effect(level) for inference in weighed.inferences)
        except Unmeasured as missing:  # the test may use ranks, where the effect's values overflow
            weighed = missing
    if isinstance(weighed, Unmeasured):
        return Finding(
            key=key,
            kind=kind,
            verdict="invalid",
            p=1.0,
            p_against=1.0,
            effects=(),
            reason=str(weighed),
        )
    verdict, reason = _verdict(weighed, level, effects, replicates)
    return Finding(
        key=key,
        kind=kind,
        verdict=verdict,
        p=float(weighed.p),
        p_against=float(weighed.against),
        effects=effects,
        reason=reason,
    )


def _verdict(
    evidence: StatisticalEvidence, level: Level, effects: tuple[Effect, ...], replicates: str
) -> tuple[Literal["holds", "refuted", "inconclusive", "invalid"], str]:
    for premise in evidence.premises:
        if premise.fails(level.shown):
            return "invalid", premise.reason
    shown, refuted = evidence.p <= level.shown, evidence.against <= level.refuted
    if evidence.said:  # an assertion without a test is either shown or refuted
        if shown:
            return "holds", evidence.said
        return "refuted", evidence.said
    if shown and not refuted:
        return "holds", sentence(evidence, effects, level, "lies", replicates)
    if refuted and not shown:
        verb = "is shown not to lie"
        return "refuted", sentence(evidence, effects, level, verb, replicates, against=True)
    undecided = sentence(evidence, effects, level, "is not shown to lie", replicates)
    return "inconclusive", undecided + _outlook(evidence, level, replicates)


def _outlook(evidence: StatisticalEvidence, level: Level, replicates: str) -> str:
    """Describe what more seeds would do."""
    even, likely = _deciding(evidence, level)
    if not 0 < even < math.inf:
        return ""
    noun, *_ = replicates.split(",")
    if even == likely:
        return f"; {even:g} {noun} would decide (a 0.8 chance)"
    upper = f"to {likely:g}" if likely < MOST else f"to more than {MOST}"
    return f"; {even:g} {upper} {noun} would decide (an even to a 0.8 chance)"


def _deciding(evidence: StatisticalEvidence, level: Level) -> Seeds:
    """Return the seeds that would decide, in the direction that each part leans to."""
    level = _divided(level, evidence.strictness, evidence.strictness)
    if not evidence.parts:
        return _needed(evidence.inferences[0], level)
    to_refute = len(evidence.parts) - evidence.least + 1
    level = _divided(level, to_refute, evidence.least)
    leaning: dict[bool, list[Seeds]] = {True: [], False: []}
    for part in evidence.parts:
        leaning[bool(part.p <= part.against)].append(_deciding(part, level))
    if len(leaning[False]) >= to_refute:
        return sorted(leaning[False])[to_refute - 1]
    return sorted(leaning[True])[evidence.least - 1]


def _divided(level: Level, shown: float, refuted: float) -> Level:
    return replace(level, shown=level.shown / shown, refuted=level.refuted / refuted)


def _needed(inference: Inference, level: Level) -> Seeds:
    """Return the seeds at which a single test would be decided."""
    if inference.p <= level.shown or inference.against <= level.refuted:
        return 0, 0
    return inference.effect(level).needed or (math.inf, math.inf)
