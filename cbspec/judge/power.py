"""The power lint: an assertion that no measurements of so many seeds could ever show is a mistake
of its claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from cbspec.claim import Seeds
from cbspec.judge import escalation
from cbspec.kinds import Assertion
from cbspec.statistics import holm, sign_flip
from cbspec.statistics.reach import Reach, Spreads, counted

ENOUGH = 1000  # more seeds than anybody trains


def lint(
    assertion: Assertion, seeds: Seeds, alpha: float, *, spreads: Spreads | None = None
) -> str | None:
    """Return why the assertion can never be shown with these seeds, and the seeds it would need;
    None if it can.

    Args:
        seeds: one interim analysis that could show it is enough; each has the level that
            `escalation` gives it.
        alpha: the alpha of an assertion that has none of its own.
        spreads: those on record; a margin too narrow for them is refused.
    """
    level = alpha if assertion.alpha is None else assertion.alpha
    if assertion.enumerates and len(seeds.pool) > sign_flip.MOST:
        return (
            f"test: exact enumerates the sign flips of at most {sign_flip.MOST} seeds, "
            f"not {len(seeds.pool)}; use test: t"
        )
    attainable = {n: assertion.least_p(n, level) for n in seeds.analyses}
    if not any(p <= escalation.alpha_at(n, seeds, level) for n, p in attainable.items()):
        n = len(seeds.pool)
        held = escalation.alpha_at(n, seeds, level)
        return (
            f"{counted(n)} can never show this: p is at least {attainable[n]:.2g} "
            f"and held to {held:.2g}; {_ask(assertion, level)}"
        )
    if not spreads:
        return None
    analyses = {n: escalation.share(n, seeds) for n in seeds.analyses}
    return assertion.missed(Reach(analyses=analyses, alpha=level, spreads=spreads))


def lint_all(assertions: Sequence[Assertion], seeds: Seeds, alpha: float) -> str | None:
    """Return why the assertions of a claim, each possible by itself, can never all be shown by
    Holm; None if they can.
    """
    alphas = [alpha if assertion.alpha is None else assertion.alpha for assertion in assertions]

    def possible(n: int, part: float) -> bool:
        ps = [
            assertion.least_p(n, alpha) for assertion, alpha in zip(assertions, alphas, strict=True)
        ]
        levels = holm.levels(ps, [alpha * part for alpha in alphas])
        return all(p <= level for p, level in zip(ps, levels, strict=True))

    if not assertions or any(possible(n, escalation.share(n, seeds)) for n in seeds.analyses):
        return None
    enough = next((n for n in range(1, ENOUGH) if possible(n, 1.0)), ENOUGH)
    return (
        f"{counted(len(seeds.pool))} can never show all {len(assertions)} assertions "
        f"at alpha {alpha:g} (Holm): "
        f"{counted(enough)} are needed, as start and max"
    )


def _ask(assertion: Assertion, alpha: float) -> str:
    enough = next((n for n in range(1, ENOUGH) if assertion.least_p(n, alpha) <= alpha), ENOUGH)
    return f"at least {counted(enough)} are needed at alpha {alpha:g}"
