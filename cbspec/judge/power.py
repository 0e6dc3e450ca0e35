"""The power lint: an assertion that no measurements of so many seeds could ever show is a mistake of its claim."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cbspec.assertion import All, Any, Assertion, Figure, Trend
from cbspec.claim import Seeds
from cbspec.judge import escalation, holm, sign_flip, student
from cbspec.judge.bounds import Bounded, contrasts
from cbspec.judge.contrast import Contrast
from cbspec.judge.evidence import strictness

ENOUGH = 1000  # more seeds than anybody trains
POWER = 0.8

Spreads = Mapping[tuple[str, str], float]
"""(measure, label) of an effect -> its standard deviation over seeds."""


def lint(assertion: Assertion, seeds: Seeds, alpha: float, *, spreads: Spreads | None = None) -> str | None:
    """Why the assertion can never be shown with these seeds, naming the seeds it would need; None where it can.

    Args:
        seeds: one look that could show it is enough; each has the level that `escalation` gives it.
        alpha: of an assertion that has none of its own.
        spreads: those on record; a margin too narrow for them is refused.
    """
    own = alpha if assertion.alpha is None else assertion.alpha
    if _exact(assertion) and len(seeds.pool) > sign_flip.MOST:
        return f"test: exact enumerates the sign flips of at most {sign_flip.MOST} seeds, not {len(seeds.pool)}; use test: t"
    attainable = {n: least_p(assertion, n, own) for n in seeds.looks}
    if not any(p <= escalation.alpha_at(n, seeds, own) for n, p in attainable.items()):
        n = len(seeds.pool)
        held = escalation.alpha_at(n, seeds, own)
        return (
            f"{_count(n)} can never show this: p is at least {attainable[n]:.2g} and held to {held:.2g}; {_ask(assertion, own)}"
        )
    return _too_wide(assertion, seeds, own, spreads) if spreads else None


def lint_all(assertions: Sequence[Assertion], seeds: Seeds, alpha: float) -> str | None:
    """Why the assertions of a claim, each possible by itself, can never all be shown by Holm; None where they can."""
    alphas = [alpha if assertion.alpha is None else assertion.alpha for assertion in assertions]

    def possible(n: int, part: float) -> bool:
        ps = [least_p(assertion, n, own) for assertion, own in zip(assertions, alphas, strict=True)]
        return all(p <= level for p, level in zip(ps, holm.levels(ps, [own * part for own in alphas]), strict=True))

    if not assertions or any(possible(n, escalation.share(n, seeds)) for n in seeds.looks):
        return None
    enough = next((n for n in range(1, ENOUGH) if possible(n, 1.0)), ENOUGH)
    return (
        f"{_count(len(seeds.pool))} can never show all {len(assertions)} assertions at alpha {alpha:g} (Holm): "
        f"{_count(enough)} are needed, as start and max"
    )


def least_p(assertion: Assertion, n: int, alpha: float) -> float:
    """The smallest p that any measurements over n seeds could give; 0 for a t test, which has none. `alpha`: see `lint`.

    A figure needs no power: what one seed shows of the sample is shown.
    """
    if isinstance(assertion, Figure):
        return 0.0
    if isinstance(assertion, All | Any):
        own = alpha if assertion.alpha is None else assertion.alpha
        parts = [least_p(part, n, own) * strictness(part.alpha, own) for part in assertion.of]
        return min(1.0, max(parts) if isinstance(assertion, All) else min(parts) * len(parts))
    if isinstance(assertion, Trend) and not assertion.strict:
        return float(math.factorial(len(assertion.arms)) ** -n)  # every seed in the one order of k!
    if assertion.test == "exact":
        return float(2.0**-n)
    return 0.0 if n > 1 else 1.0


def _exact(assertion: Assertion) -> bool:
    if isinstance(assertion, All | Any):
        return any(map(_exact, assertion.of))
    return assertion.test == "exact" and not (isinstance(assertion, Trend) and not assertion.strict)


def _ask(assertion: Assertion, alpha: float) -> str:
    enough = next((n for n in range(1, ENOUGH) if least_p(assertion, n, alpha) <= alpha), ENOUGH)
    return f"at least {_count(enough)} are needed at alpha {alpha:g}"


def _too_wide(assertion: Assertion, seeds: Seeds, alpha: float, spreads: Spreads, share: float = 1.0) -> str | None:
    """Two one-sided tests that fail even at the very middle, with the spread on record. `share`: part of alpha left by Holm."""
    own = min(alpha, assertion.alpha or alpha)
    if isinstance(assertion, All | Any):
        part = share / len(assertion.of) if isinstance(assertion, Any) else share
        reasons = [_too_wide(one, seeds, own, spreads, part) for one in assertion.of]
        wide = [reason for reason in reasons if reason]
        fatal = len(wide) == len(reasons) if isinstance(assertion, Any) else bool(wide)
        return "; ".join(wide) if fatal else None
    sums = contrasts(assertion) if isinstance(assertion, Bounded) else ()
    known = [(spread, each) for each in sums if (spread := spreads.get((each.measure, each.label))) is not None]
    widest = max(known, key=lambda pair: pair[0], default=None)
    return _out_of_reach(widest[1], seeds, own * share, widest[0]) if widest else None


def _out_of_reach(contrast: Contrast, seeds: Seeds, alpha: float, spread: float) -> str | None:
    """Why no look can show the sum to lie between its bounds; a bound by itself is never out of reach."""
    half, guarded = (contrast.high - contrast.low) / 2, not contrast.balanced
    reached = [
        student.critical(escalation.alpha_at(n, seeds, alpha), n, guarded=guarded) * spread / math.sqrt(n)
        for n in seeds.looks
        if n > 1
    ]
    if math.isinf(half) or not reached or min(reached) < half:
        return None
    enough = student.needed(0.0, spread, alpha, low=-half, high=half, guarded=guarded, target=POWER)
    asked = f"about {_count(enough)} are needed" if enough else "no number of seeds would do"
    return (
        f"{_count(len(seeds.pool))} can never show {contrast.label} to lie within {half:.4g} of "
        f"{(contrast.low + contrast.high) / 2:.4g} where it varies by {spread:.3g} from seed to seed "
        f"(they reach {min(reached):.2g} at best); {asked}"
    )


def _count(n: int) -> str:
    return f"{n} seed{'s' if n != 1 else ''}"
