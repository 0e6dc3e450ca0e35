"""Holm's step-down procedure (1979) over the assertions of a claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def levels(
    ps: Sequence[float],
    alphas: Sequence[float],
    held_to: Callable[[float], float] = lambda alpha: alpha,
) -> list[float]:
    """Return the level at which each p-value is decided: p <= level exactly for those that Holm
    rejects.

    The smallest p (in units of its own alpha) is held to alpha / m, the next to alpha / (m - 1),
    ...; from the first that fails on, the divisor stays.

    Args:
        held_to: the level at this interim analysis of a test with a given alpha.
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
