"""Holm's step-down procedure (1979) over the assertions of a claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def levels(
    ps: Sequence[float],
    alphas: Sequence[float],
    held_to: Callable[[float], float] = lambda alpha: alpha,
) -> list[float]:
    """Return the level for each p-value. Holm rejects exactly those with p <= level.

    The smallest p, relative to its own alpha, has the level alpha / m, the next one alpha / (m -
    1), and so on. After the first p that fails, the divisor stays.

    Args:
        ps: the p-values.
        alphas: the error rate of each.
        held_to: returns the level at this interim analysis for a test with a given alpha.
    """
    order = sorted(range(len(ps)), key=lambda i: ps[i] / alphas[i])
    decided_at = [0.0] * len(ps)
    divisor, failed = len(ps), False
    for i in order:
        decided_at[i] = held_to(alphas[i] / divisor)
        failed = failed or ps[i] > decided_at[i]
        if not failed:
            divisor -= 1
    return decided_at
