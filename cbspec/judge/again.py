"""The probability that a run with fresh seeds gives the same verdict.

Fresh seeds are drawn from the predictive distribution of the seeds at hand, under a flat prior on
the means and on the logarithm of the spread. They are judged as in a run: every look, every
assertion, every control. Arms keep their correlation over seeds, unless they have independent runs.
A log-normal measure is drawn on logarithms, and every measure is rounded to its resolution, which it
varies by at least. Answers of 0 and 1 are drawn as such, unless arms are compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from cbspec.claim import Claim
from cbspec.judge.decision import weigh
from cbspec.judge.escalation import alpha_at
from cbspec.kinds import Assertion, arms_of, measures_of
from cbspec.model.finding import Judgement
from cbspec.stage.declaration import declared
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.sample import Array, Measurements, Sample, Table, Unmeasured

TRIALS = 1000
FEWEST = 2  # seeds, which tell a spread
MANY = 40  # runs, whose weights one by one would take room that grows with their square
FARTHEST = 300.0  # logarithm of a drawn value: any larger one has the same verdict, and no square
MOST_FLIPPED = 16  # seeds, where every sign flip is enumerated in every trial

Name = tuple[str, str]
"""(arm, measure)."""

Mask = NDArray[np.bool_]


def with_again(judgement: Judgement, claim: Claim, table: Table) -> Judgement:
    """Return the judgement with the probability of the same verdict from fresh seeds.

    The fresh run looks at no fewer seeds than this one, like a run that is compared with it.
    """
    try:
        # Two seeds may vary beyond any double; what a run draws there is Unmeasured
        with np.errstate(over="ignore", invalid="ignore"):
            drawn = fresh(claim, table, np.random.default_rng(2021))
            if drawn is None:
                return judgement
            repeated = verdicts(claim, drawn, len(judgement.seeds))
    except Unmeasured:
        return judgement
    share = np.mean(repeated == judgement.verdict)
    return msgspec.structs.replace(judgement, again=float(share))


def fresh(
    claim: Claim, table: Table, rng: np.random.Generator, trials: int = TRIALS
) -> dict[Name, Array] | None:
    """Draw fresh runs with all seeds of the pool, for each column that the claim reads.

    Returns:
        (arm, measure) -> values `[trial, seed]`; None if nothing can be drawn, as for a paper that
        gives no spread.

    Raises:
        Unmeasured: a value does not exist.
    """
    names = list(dict.fromkeys(_read(claim, table)))
    if not _drawable(claim, names, table):
        return None
    data = Measurements(table, claim.measures)
    drawn: dict[Name, Array] = {}
    for columns in _correlated(claim, names):
        seen, least = [], []
        for arm, measure in columns:
            column = data.column(arm, measure)
            logs = _positive(claim, measure, column)
            seen.append(np.log(column) if logs else column)
            alone = Contrast(label=arm, measure=measure, weights={arm: 1.0}, logs=logs)
            least.append(float(alone.least_deviation(data)))
        runs = len(claim.independent_runs.get(columns[0][0], claim.seeds.pool))
        values = _predicted(np.stack(seen, axis=-1), np.array(least), runs, trials, rng)
        if values is None:
            return None
        for index, (arm, measure) in enumerate(columns):
            column = values[..., index]
            if _answers(claim, measure, seen[index]):
                column = _answered(seen[index], runs, trials, rng)
            drawn[arm, measure] = _as_measured(claim, measure, column, table[arm, measure])
    return drawn


def _answers(claim: Claim, measure: str, seen: Array) -> bool:
    """Tell whether values are answers, right or wrong, that no assertion compares between arms."""
    described = declared(claim.measures, measure)
    if described.noise == "lognormal" or described.resolution not in (0, 1):
        return False
    compared = any(assertion.by_run for assertion in (*claim.assertions, *claim.controls))
    return not compared and bool(np.all((seen == 0) | (seen == 1)))


def _answered(seen: Array, runs: int, trials: int, rng: np.random.Generator) -> Array:
    """Draw answers `[trial, run]`, the share of which is unknown in each trial (a flat prior)."""
    share = rng.beta(1 + np.sum(seen), 1 + np.sum(1 - seen), size=(trials, 1))
    return (rng.random((trials, runs)) < share).astype(np.float64)


def _drawable(claim: Claim, names: list[Name], table: Table) -> bool:
    """Tell whether values can be drawn: all columns have a spread, and no test takes too long."""
    for name in names:
        summary = table[name].summary
        if summary is not None and summary.sd is None:
            return False
    asserted = (*claim.assertions, *claim.controls)
    flipped = any(assertion.enumerates for assertion in asserted)
    return bool(names) and not (flipped and len(claim.seeds.pool) > MOST_FLIPPED)


def _correlated(claim: Claim, names: list[Name]) -> list[list[Name]]:
    """Return the groups of columns with the same runs: all columns, or those of each arm."""
    if not claim.independent_runs:
        return [names]
    by_arm: dict[str, list[Name]] = {}
    for name in names:
        by_arm.setdefault(name[0], []).append(name)
    return list(by_arm.values())


def _predicted(
    seen: Array, least: Array, runs: int, trials: int, rng: np.random.Generator
) -> Array | None:
    """Draw fresh values `[trial, run, column]`; return None if too few were seen.

    Args:
        seen: the values at hand, `[run, column]`.
        least: the standard deviation that each column has at least, `[column]`: equal values are
            known to what the measure resolves, and do not repeat for certain.
        runs: the number of fresh runs.
        trials: the number of trials.
        rng: the random generator.
    """
    n = seen.shape[0]
    if n < FEWEST:
        return None
    residuals: Array = seen - seen.mean(axis=0)
    if not np.all(np.isfinite(residuals)):
        return None
    if n > MANY:  # turned orthogonally, normal weights are normal: as many as there are columns do
        residuals = np.asarray(np.linalg.qr(residuals, mode="r"))
    known = np.sqrt(np.sum(residuals**2, axis=0) / (n - 1))
    lacking = np.sqrt(np.maximum(least**2 - known**2, 0.0)) * math.sqrt(n - 1)
    if np.any(lacking):
        residuals = np.concatenate([residuals, np.diag(lacking)])
    rows = residuals.shape[0]
    # Normal weights on the residuals have the columns' covariance; one chi-square gives the doubt
    # about the spread, and noise that all seeds of a trial share gives that about the mean.
    weights = rng.normal(size=(trials, runs, rows))
    weights += rng.normal(size=(trials, 1, rows)) / np.sqrt(n)
    weights /= np.sqrt(rng.chisquare(n - 1, size=(trials, 1, 1)))
    values: Array = seen.mean(axis=0) + weights @ residuals
    return values


def verdicts(claim: Claim, drawn: dict[Name, Array], first: int = 0) -> NDArray[np.str_]:
    """Return the verdict on each trial after the looks that it needs, shape `[trial]`.

    Args:
        claim: the claim.
        drawn: (arm, measure) -> `[trial, seed]`, for all seeds of the pool.
        first: the fewest seeds of the first look.
    """
    trials = next(iter(drawn.values())).shape[0]
    verdict = np.full(trials, "inconclusive", dtype="<U12")
    for n in claim.seeds.analyses:
        if n < min(first, claim.seeds.analyses[-1]):
            continue
        waiting = np.isin(verdict, ("inconclusive", "invalid"))
        verdict[waiting] = _at(claim, drawn, n)[waiting]
    return verdict


def _at(claim: Claim, drawn: dict[Name, Array], n: int) -> NDArray[np.str_]:
    """Return the verdict of each trial at the look at n seeds."""
    table = {}
    for name, values in drawn.items():
        values = values[:, :n]
        table[name] = Sample(values, claim.seeds.pool[: values.shape[-1]])
    data = Measurements(table, claim.measures)
    trials = next(iter(drawn.values())).shape[0]
    valid, holds = np.ones(trials, dtype=bool), np.ones(trials, dtype=bool)
    refuted = np.zeros(trials, dtype=bool)
    tested = [assertion for assertion in claim.assertions if assertion.tested]
    for assertion in tested:
        alpha = assertion.alpha_or(claim.alpha)
        shown = alpha_at(n, claim.seeds, alpha)
        refutation = alpha_at(n, claim.seeds, alpha / len(tested) / claim.cells)
        evidence = _evidence(assertion, data, claim)
        valid &= _premises(evidence, shown)
        holds &= evidence.p <= shown
        refuted |= (evidence.against <= refutation) & ~(evidence.p <= shown)
    for control in claim.controls:
        level = alpha_at(n, claim.seeds, control.alpha_or(claim.alpha))
        evidence = _evidence(control, data, claim)
        valid &= _premises(evidence, level) & (evidence.p <= level) & ~(evidence.against <= level)
    decided: NDArray[np.str_] = np.select(
        [~valid, refuted, holds], ["invalid", "refuted", "holds"], "inconclusive"
    )
    return decided


def _evidence(assertion: Assertion, data: Measurements, claim: Claim) -> StatisticalEvidence:
    weighed = weigh(assertion, data, claim.alpha)
    if isinstance(weighed, Unmeasured):
        raise weighed
    return weighed


def _premises(evidence: StatisticalEvidence, level: float) -> Mask | bool:
    met: Mask | bool = True
    for premise in evidence.premises:
        met = met & ~premise.fails(level)
    return met


def _read(claim: Claim, table: Table) -> Iterator[Name]:
    """Yield each column that a tested assertion or control reads."""
    for assertion in (*claim.assertions, *claim.controls):
        if not assertion.tested:
            continue
        for measure in measures_of(assertion):
            for arm in arms_of(assertion):
                if (arm, measure) in table:
                    yield arm, measure


def _positive(claim: Claim, measure: str, column: Array) -> bool:
    return declared(claim.measures, measure).noise == "lognormal" and bool(np.all(column > 0))


def _as_measured(claim: Claim, measure: str, values: Array, sample: Sample) -> Array:
    """Return drawn values on the measure's own scale, rounded to its resolution."""
    if _positive(claim, measure, np.asarray(sample.values, dtype=np.float64)):
        values = np.exp(np.clip(values, -FARTHEST, FARTHEST))
    resolution = declared(claim.measures, measure).resolution
    if not resolution:
        return values
    return np.asarray(np.rint(values / resolution) * resolution)
