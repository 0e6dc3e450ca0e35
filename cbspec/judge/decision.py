"""From evidence to a finding: a verdict at a level, with the sentence that says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import msgspec

from cbspec.kinds import Assertion
from cbspec.model.finding import Effect, Finding
from cbspec.statistics.evidence import Inference, Level, StatisticalEvidence
from cbspec.statistics.sample import Measurements, Table, Unmeasured

Weighed = StatisticalEvidence | Unmeasured
"""What was found, or why nothing can be."""


def decide(
    assertion: Assertion,
    table: Table,
    *,
    alpha: float,
    key: str = "",
    units: Mapping[str, str] | None = None,
    reported: Mapping[str, Mapping[str, float]] | None = None,
) -> Finding:
    """Decide one assertion by itself: no other assertions, one analysis.

    Args:
        table: (arm, measure) -> `Sample`; it may hold more than the assertion reads.
        alpha: error rate of both `holds` and `refuted`; an assertion with its own alpha has that
            instead.
        key: the assertion's key path, kept in the finding.
        units: measure -> unit.
        reported: measure -> arm -> the memo's number.
    """
    level = alpha if assertion.alpha is None else assertion.alpha
    data = Measurements(table, units or {}, reported or {})
    return conclude(
        weigh(assertion, data, level),
        Level(shown=level, refuted=level),
        key=key,
        kind=assertion.kind,
    )


def weigh(assertion: Assertion, data: Measurements, alpha: float) -> Weighed:
    """Return the evidence, or why a value that the assertion reads is missing.

    Args:
        alpha: the alpha of an assertion that has none of its own.
    """
    if assertion.alpha is None:
        assertion = msgspec.structs.replace(assertion, alpha=alpha)
    try:
        return assertion.evidence(data)
    except Unmeasured as missing:
        return missing


def conclude(weighed: Weighed, level: Level, *, key: str, kind: str) -> Finding:
    """Return the finding at a level."""
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
    effects = tuple(inference.effect(level) for inference in weighed.inferences)
    verdict, reason = _verdict(weighed, level, effects)
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
    evidence: StatisticalEvidence, level: Level, effects: tuple[Effect, ...]
) -> tuple[Literal["holds", "refuted", "inconclusive", "invalid"], str]:
    for premise in evidence.premises:
        if premise.fails(level.shown):
            return "invalid", premise.reason
    shown, refuted = evidence.p <= level.shown, evidence.against <= level.refuted
    if evidence.said:
        return "holds" if shown else "refuted", evidence.said
    if shown and not refuted:
        return "holds", _sentence(evidence, effects, "lies")
    if refuted and not shown:
        return "refuted", _sentence(evidence, effects, "is shown not to lie", against=True)
    return "inconclusive", _sentence(evidence, effects, "is not shown to lie") + _outlook(
        evidence, level
    )


def _sentence(
    evidence: StatisticalEvidence, effects: tuple[Effect, ...], verb: str, *, against: bool = False
) -> str:
    inference = evidence.decisive(against=against)
    effect = next(
        effect for one, effect in zip(evidence.inferences, effects, strict=True) if one is inference
    )
    figures = f"{effect.estimate:.3g} [{effect.low:.3g}, {effect.high:.3g}]"
    p = float(evidence.against if against else evidence.p)
    basis = f"{_p(p)}, {effect.n} seeds{_among(evidence)}"
    return f"{effect.measure}: {inference.label} = {figures} {verb} {inference.asserted} ({basis})"


def _among(evidence: StatisticalEvidence) -> str:
    """Say which of several tests it is."""
    if len(evidence.inferences) < 2:
        return ""
    joins = evidence.joins
    which = "one"
    if len(joins) == 1:
        which = "the strongest" if joins == {"some"} else "the weakest"
    return f", {which} of {len(evidence.inferences)}"


def _outlook(evidence: StatisticalEvidence, level: Level) -> str:
    """Say what more seeds would do."""
    seeds, _ = _deciding(evidence, level)
    return (
        f"; about {seeds:g} seeds would decide an effect of this size"
        if 0 < seeds < math.inf
        else ""
    )


def _deciding(evidence: StatisticalEvidence, level: Level) -> tuple[float, bool]:
    """Return the seeds at which effects of the sizes seen would decide (0: they do; infinite:
    never), and whether for or against.
    """
    level = _divided(level, evidence.strictness, evidence.strictness)
    if not evidence.parts:
        side = bool(evidence.p <= evidence.against)
        [inference] = evidence.inferences
        return _needed(inference, level) if side == (
            inference.p <= inference.against
        ) else math.inf, side
    count = len(evidence.parts)
    # Who shares alpha
    shown, refuted = {"every": (1, count), "some": (count, 1), "readings": (1, 1)}[evidence.join]
    parts = [_deciding(part, _divided(level, shown, refuted)) for part in evidence.parts]
    if evidence.join == "readings":
        sides = {side for _, side in parts}
        return max(seeds for seeds, _ in parts) if len(sides) == 1 else math.inf, True in sides
    suffices = evidence.join == "some"
    alone = [seeds for seeds, side in parts if side == suffices]  # any of them decides by itself
    return (min(alone), suffices) if alone else (max(seeds for seeds, _ in parts), not suffices)


def _divided(level: Level, shown: float, refuted: float) -> Level:
    return replace(level, shown=level.shown / shown, refuted=level.refuted / refuted)


def _needed(inference: Inference, level: Level) -> float:
    """Return the seeds at which the effect of one inference, of the size seen, is decided by
    itself.
    """
    if inference.p <= level.shown or inference.against <= level.refuted:
        return 0
    needed = inference.effect(level).needed
    return math.inf if needed is None else needed


def _p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"
