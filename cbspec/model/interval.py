"""The interval of an effect as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

UNBOUNDED = "unbounded"


class Interval(Protocol):
    """Anything with an estimate and bounds: a judged or a recorded effect."""

    @property
    def label(self) -> str: ...

    @property
    def n(self) -> int: ...

    @property
    def estimate(self) -> float | None: ...

    @property
    def printed(self) -> bool: ...

    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...


def interval_text(effect: Interval, number: Callable[[float | None], str]) -> str:
    """Format an estimate with its interval: ``"-0.132 [-0.140, -0.124]"``.

    If both ends are open, the text says so and why.

    Args:
        effect: the effect.
        number: formats a number.
    """
    estimate = number(effect.estimate)
    if _open(effect.low) and _open(effect.high):
        return f"{estimate} ({_why_unbounded(effect)})"
    low = UNBOUNDED if _open(effect.low) else number(effect.low)
    high = UNBOUNDED if _open(effect.high) else number(effect.high)
    return f"{estimate} [{low}, {high}]"


def _open(end: float | None) -> bool:
    """Tell whether an end of an interval is open: infinite, or None in a recorded effect."""
    return end is None or not math.isfinite(end)


def _why_unbounded(effect: Interval) -> str:
    if " / " in effect.label:
        return f"{UNBOUNDED}: the denominator may be zero"
    if effect.n < 2:
        return f"{UNBOUNDED}: one run tells no spread"
    return UNBOUNDED
