"""The verdict on a claim, from the findings on its assertions and controls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cbspec.claim import Claim
from cbspec.judge import escalation
from cbspec.judge.decision import Weighed, conclude, weigh
from cbspec.kinds import Assertion
from cbspec.model.finding import Finding, Judgement, Verdict
from cbspec.statistics import holm, student
from cbspec.statistics.evidence import Level, StatisticalEvidence
from cbspec.statistics.sample import Measurements, Table

MISS = 0.05  # of the two-sided intervals


def judge(claim: Claim, table: Table, *, units: Mapping[str, str] | None = None) -> Judgement:
    """Return the verdict at the seeds in the table.

    - `holds`: every assertion is shown, by Holm over them.
    - `refuted`: the opposite of one is shown, likewise. `holds` and `refuted` each err at most
      alpha of the time, where alpha is the claim's or the largest that an assertion has of its own.
    - `invalid`: a control does not hold, or a value that is read does not exist.
    - `inconclusive`: otherwise.

    With fewer seeds than the pool, alpha is what `escalation` lets this interim analysis spend.

    Args:
        table: (arm, measure) -> `Sample`, all over the same seeds.
        units: measure -> unit, for the report.

    Raises:
        ValueError: the samples differ in seeds, so nothing is paired.
    """
    seeds = _seeds(table)
    data = Measurements(table, units or {}, claim.source.reported)
    part = escalation.share(len(seeds), claim.seeds)
    decided = _findings(claim, data, part)
    findings = tuple(finding for finding, _ in decided)
    controls = tuple(
        _control(i, control, data, claim.alpha, part) for i, control in enumerate(claim.controls)
    )
    verdict, reason = _verdict(findings, controls)
    return Judgement(
        claim=claim.id,
        scale=claim.scale,
        verdict=verdict,
        reason=reason,
        seeds=seeds,
        findings=findings,
        controls=controls,
        headroom=_headroom(verdict, decided, len(seeds)),
    )


def _seeds(table: Table) -> tuple[int, ...]:
    lists = {sample.seeds for sample in table.values()}
    if len(lists) != 1:
        raise ValueError(
            f"arms are paired by seed, but the samples have {len(lists)} different lists of seeds: "
            f"{sorted(lists)}"
        )
    return lists.pop()


def _findings(claim: Claim, data: Measurements, part: float) -> list[tuple[Finding, Level]]:
    """Return every assertion with the level that Holm holds it to, once for `holds` and once for
    `refuted`.

    What tests nothing (a figure) takes no part of alpha from those that do.
    """
    weighed = [weigh(assertion, data, claim.alpha) for assertion in claim.assertions]
    alphas = [_alpha(assertion, claim.alpha) * part for assertion in claim.assertions]
    tested = [i for i, assertion in enumerate(claim.assertions) if assertion.tested]
    shown = _shared(
        [float(w.p) if isinstance(w, StatisticalEvidence) else 1.0 for w in weighed], alphas, tested
    )
    refuted = _shared(
        [float(w.against) if isinstance(w, StatisticalEvidence) else 1.0 for w in weighed],
        alphas,
        tested,
    )
    levels = [
        Level(shown=one, refuted=other, miss=MISS * part)
        for one, other in zip(shown, refuted, strict=True)
    ]
    return [
        (conclude(w, level, key=f"assert[{i}]", kind=assertion.kind), level)
        for i, (assertion, w, level) in enumerate(
            zip(claim.assertions, weighed, levels, strict=True)
        )
    ]


def _shared(ps: Sequence[float], alphas: Sequence[float], tested: Sequence[int]) -> list[float]:
    """Share alpha by Holm's rule among those that are tested; the others keep theirs."""
    levels = list(alphas)
    for i, level in zip(
        tested, holm.levels([ps[i] for i in tested], [alphas[i] for i in tested]), strict=True
    ):
        levels[i] = level
    return levels


def _control(
    index: int, control: Assertion, data: Measurements, alpha: float, part: float
) -> Finding:
    """Decide a control by itself: all have to hold, so each is held to the full alpha (Berger
    1982).
    """
    held_to = _alpha(control, alpha) * part
    weighed: Weighed = weigh(control, data, alpha)
    level = Level(shown=held_to, refuted=held_to, miss=MISS * part)
    return conclude(weighed, level, key=f"controls[{index}]", kind=control.kind)


def _alpha(assertion: Assertion, alpha: float) -> float:
    return alpha if assertion.alpha is None else assertion.alpha


def _verdict(findings: Sequence[Finding], controls: Sequence[Finding]) -> tuple[Verdict, str]:
    for control in controls:
        if control.verdict != "holds":
            return (
                "invalid",
                f"{control.key} ({control.kind}) is {control.verdict}: {control.reason}",
            )
    for verdict in ("invalid", "refuted", "inconclusive"):
        decisive = [finding for finding in findings if finding.verdict == verdict]
        if decisive:
            return decisive[0].verdict, _told(decisive, findings)
    closest = max(findings, key=lambda finding: finding.p)
    return "holds", _told([closest], findings)


def _told(decisive: Sequence[Finding], findings: Sequence[Finding]) -> str:
    """Return the first deciding finding's reason, named if the claim has several."""
    return (
        decisive[0].reason
        if len(findings) == 1
        else f"{decisive[0].key} ({decisive[0].kind}): {decisive[0].reason}"
    )


def _headroom(verdict: Verdict, decided: Sequence[tuple[Finding, Level]], n: int) -> float | None:
    """Return the standard errors (of the t test with the same p) to the nearest other verdict.

    None if the claim is undecided, or without any spread.
    """
    if verdict == "holds":
        headroom = min(_distance(finding.p, level.shown, n) for finding, level in decided)
    elif verdict == "refuted":
        refuted = [
            (finding.p_against, level.refuted)
            for finding, level in decided
            if finding.verdict == "refuted"
        ]
        headroom = max(_distance(p, level, n) for p, level in refuted)
    else:
        return None
    return headroom if math.isfinite(headroom) else None


def _distance(p: float, level: float, n: int) -> float:
    return student.equivalent(p, n) - student.equivalent(level, n)
