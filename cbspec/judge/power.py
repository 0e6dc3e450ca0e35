"""The power lint: it refuses assertions that the claim's seeds could never show."""

from __future__ import annotations

from collections.abc import Mapping

from cbspec.claim import Seeds
from cbspec.judge import escalation
from cbspec.kinds import Assertion, Compound, arms_of
from cbspec.model.number import count
from cbspec.stage import Measure
from cbspec.statistics import sign_flip
from cbspec.statistics.design import Design, Spreads

ENOUGH = 1000  # more seeds than anybody will train
CLEARLY = 0.9  # a factor on the bound of a level that leaves room for the error of integration


def lint(
    assertion: Assertion,
    seeds: Seeds,
    alpha: float,
    *,
    spreads: Spreads | None = None,
    measures: Mapping[str, Measure] | None = None,
) -> str | None:
    """Return why these seeds can never show an assertion, with the seeds needed; None if they can.

    Args:
        assertion: the assertion.
        seeds: the seeds of the claim. One interim analysis that could show it is enough.
        alpha: the error rate of an assertion without its own.
        spreads: (measure, label) -> recorded spread. A margin too narrow for it is refused.
        measures: measure -> its declaration, whose noise may demand a test with a smallest p-value.
    """
    assertion = assertion.judged_under(measures or {})
    level = assertion.alpha_or(alpha)
    if assertion.enumerates and len(seeds.pool) > sign_flip.MOST:
        return (
            f"test: exact enumerates the sign flips of at most {sign_flip.MOST} seeds, "
            f"not {len(seeds.pool)}; use test: t"
        )
    if not _showable(assertion, seeds, level):
        n = len(seeds.pool)
        return (
            f"{count(n, 'seed')} can never show this: p is at least {assertion.least_p(n, level):.2g} "
            f"and held to {escalation.alpha_at(n, seeds, level):.2g}; "
            f"at least {count(_enough(assertion, level), 'seed')} are needed at alpha {level:g}"
        )
    if not spreads:
        return None
    analyses: dict[int, float] = {}
    for n in seeds.analyses:
        analyses[n] = escalation.alpha_at(n, seeds, level) / level
    return assertion.missed(Design(analyses=analyses, alpha=level, spreads=spreads))


def lint_runs(assertion: Assertion, runs: Mapping[str, int], alpha: float) -> str | None:
    """Return why arms with so few runs of their own can never show an assertion; None if they can.

    Args:
        assertion: the assertion. A part of one counts where all parts have to hold, or all are out
            of reach.
        runs: arm -> how many it has.
        alpha: the error rate of an assertion without its own.
    """
    level = assertion.alpha_or(alpha)
    if isinstance(assertion, Compound):
        reasons = [lint_runs(part, runs, level) for part in assertion.of]
        hopeless = [reason for reason in reasons if reason]
        if hopeless and (assertion.conjunctive or len(hopeless) == len(reasons)):
            return hopeless[0]
        return None
    sizes = {arm: runs[arm] for arm in arms_of(assertion) if arm in runs}
    if not sizes:
        return None
    p = assertion.least_p_of(tuple(sizes.values()), level)
    if p <= level:
        return None
    known = " and ".join(f"{n} of {arm}" for arm, n in sizes.items())
    return (
        f"with so few runs ({known}) this can never be shown: p is at least {p:.2g} and held to "
        f"{level:g}"
    )


def _showable(assertion: Assertion, seeds: Seeds, level: float) -> bool:
    """Tell whether some interim analysis could show the assertion with any values at all."""
    return any(_attained(assertion.least_p(n, level), n, seeds, level) for n in seeds.analyses)


def _attained(p: float, n: int, seeds: Seeds, level: float) -> bool:
    # A t test can give any p; and what is clearly within or beyond the level's bounds need not have
    # validation pay for SciPy to find it
    if p == 0 or p > level:
        return p == 0
    if p <= CLEARLY * escalation.spent_at(n, seeds, level):
        return True
    return p <= escalation.alpha_at(n, seeds, level)


def _enough(assertion: Assertion, alpha: float) -> int:
    """Return the fewest seeds that could show the assertion in one analysis."""
    for n in range(1, ENOUGH):
        if assertion.least_p(n, alpha) <= alpha:
            return n
    return ENOUGH
