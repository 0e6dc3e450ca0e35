"""Judging a claim: its verdict follows from the findings on its assertions and controls."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cbspec.claim import Claim
from cbspec.judge import escalation
from cbspec.judge.decision import Weighed, conclude, weigh
from cbspec.kinds import Assertion
from cbspec.model.finding import Finding, Judgement, Verdict
from cbspec.model.replicates import counted, noun
from cbspec.statistics import holm
from cbspec.statistics.evidence import Level, StatisticalEvidence
from cbspec.statistics.sample import Measurements, Table


def judge(claim: Claim, table: Table) -> Judgement:
    """Return the verdict at the seeds in the table.

    - `holds`: every assertion is shown, each at the full alpha (Berger 1982).
    - `refuted`: the opposite of one is shown, by Holm over them and over the cells of the finding.
      `holds` and `refuted` each err at most alpha of the time, where alpha is the claim's or the
      largest that an assertion has of its own.
    - `invalid`: a control does not hold, or a value that is read does not exist.
    - `inconclusive`: otherwise.

    With fewer seeds than the pool, alpha is what `escalation` lets this interim analysis spend.

    Args:
        table: (arm, measure) -> `Sample`, all over the same seeds.

    Raises:
        ValueError: the samples differ in seeds, so nothing is paired.
    """
    seeds = _seeds(table, claim.independent_runs)
    over = claim.replicated_over
    data = Measurements(table, claim.measures, claim.source.reported, over)
    findings = tuple(_findings(claim, data, len(seeds)))
    controls = []
    for index, control in enumerate(claim.controls):
        controls.append(_control(claim, data, len(seeds), control, f"controls[{index}]"))
    verdict, reason = _verdict(findings, controls)
    first = claim.seeds.analyses[0]
    if len(seeds) < first and all(finding.effects for finding in (*findings, *controls)):
        verdict = "inconclusive"
        reason = (
            f"{counted(len(seeds), noun(over))}, and it is looked at from {first} {noun(over)} on"
        )
    return Judgement(
        claim=claim.id,
        scale=claim.scale,
        verdict=verdict,
        reason=reason,
        seeds=seeds,
        findings=findings,
        controls=tuple(controls),
    )


def _seeds(table: Table, independent_arms: Collection[str]) -> tuple[int, ...]:
    lists = {sample.seeds for sample in table.values()}
    if independent_arms:
        return max(lists, key=len)
    if len(lists) != 1:
        raise ValueError(
            f"arms are paired by seed, but the samples have {len(lists)} different lists of seeds: "
            f"{sorted(lists)}"
        )
    return lists.pop()


def _findings(claim: Claim, data: Measurements, n: int) -> list[Finding]:
    """Decide every assertion: for `holds` at its alpha, for `refuted` at the level by Holm's rule.

    Assertions without a test, such as figures, take no part of alpha from the others.
    """
    weighed = [weigh(assertion, data, claim.alpha) for assertion in claim.assertions]
    refuted = _shared(claim, weighed, n)
    findings = []
    for index, (assertion, weights) in enumerate(zip(claim.assertions, weighed, strict=True)):
        alpha = assertion.alpha_or(claim.alpha)
        level = Level(
            shown=escalation.alpha_at(n, claim.seeds, alpha),
            refuted=refuted[index],
            miss=escalation.miss_at(n, claim.seeds),
        )
        finding = conclude(
            weights,
            level,
            key=f"assert[{index}]",
            kind=assertion.kind,
            replicates=claim.replicates,
        )
        findings.append(finding)
    return findings


def _shared(claim: Claim, weighed: Sequence[Weighed], n: int) -> list[float]:
    """Return the level for refuting each assertion, by Holm's rule over those with a test."""
    tested: list[int] = []
    against: list[float] = []
    alphas: list[float] = []
    for i, assertion in enumerate(claim.assertions):
        if not assertion.tested:
            continue
        tested.append(i)
        against.append(_p_against(weighed[i]))
        alphas.append(assertion.alpha_or(claim.alpha) / claim.cells)
    levels = [0.0] * len(claim.assertions)
    shared = holm.levels(against, alphas, lambda alpha: escalation.alpha_at(n, claim.seeds, alpha))
    for i, level in zip(tested, shared, strict=True):
        levels[i] = level
    return levels


def _p_against(weighed: Weighed) -> float:
    """Return the p-value for refuting; 1 if a value is missing, since nothing is shown then."""
    if isinstance(weighed, StatisticalEvidence):
        return float(weighed.against)
    return 1.0


def _control(claim: Claim, data: Measurements, n: int, control: Assertion, key: str) -> Finding:
    """Decide a control at the full alpha, since all controls have to hold (Berger 1982)."""
    alpha = control.alpha_or(claim.alpha)
    held_to = escalation.alpha_at(n, claim.seeds, alpha)
    level = Level(shown=held_to, refuted=held_to, miss=escalation.miss_at(n, claim.seeds))
    weighed = weigh(control, data, claim.alpha)
    return conclude(weighed, level, key=key, kind=control.kind, replicates=claim.replicates)


def _verdict(findings: Sequence[Finding], controls: Sequence[Finding]) -> tuple[Verdict, str]:
    for control in controls:
        if control.verdict != "holds":
            reason = f"{control.key} ({control.kind}) is {control.verdict}: {control.reason}"
            return "invalid", reason
    for verdict in ("invalid", "refuted", "inconclusive"):
        for finding in findings:
            if finding.verdict == verdict:
                return finding.verdict, _told(finding, findings)
    closest = max(findings, key=lambda finding: finding.p)
    return "holds", _told(closest, findings)


def _told(decisive: Finding, findings: Sequence[Finding]) -> str:
    """Return the reason of the deciding finding, with its name if the claim has several."""
    if len(findings) == 1:
        return decisive.reason
    return f"{decisive.key} ({decisive.kind}): {decisive.reason}"
