"""Formatting numbers for people: an estimate with its interval, to the digits this supports."""

from __future__ import annotations

import math
from functools import partial

from cbspec.model.interval import Interval, interval_text

# Significant digits of a recorded number. Noise in the last bits of a float64 does not reach them
DIGITS = 6


def rounded(value: float | None) -> float | None:
    """Round `value` to `DIGITS` significant digits.

    A value that is not a finite number becomes None, and -0.0 becomes 0.0.
    """
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}") + 0.0


def number(value: float | None, decimals: int | None = None) -> str:
    """Format a number to `decimals` places, or to three significant digits."""
    if value is None or math.isnan(value):
        return "?"
    if math.isinf(value):
        return f"{value:g}"
    text = f"{value:.3g}"
    if decimals is not None:
        text = f"{value:.{decimals}f}"
    if float(text) == 0:
        return text.removeprefix("-")
    return text


def number_or_blank(value: float | None) -> str:
    """Format a number as `number` does; return an empty text for None."""
    if value is None:
        return ""
    return number(value)


def interval(effect: Interval) -> str:
    """Format an effect as `bounds` does, and say so if the interval is one of rounding alone."""
    if effect.printed:
        return f"{bounds(effect)} by rounding, no test"
    return bounds(effect)


def bounds(effect: Interval) -> str:
    """Format an effect with its interval: ``"-0.132 [-0.140, -0.124]"``, or in words where it has no
    ends.

    The interval's half width has two significant digits.
    """
    if not effect.n:
        return "no value"
    return interval_text(effect, partial(number, decimals=_decimals(effect)))


def _decimals(effect: Interval) -> int | None:
    figures = (effect.low, effect.estimate, effect.high)
    known = [x for x in figures if x is not None and math.isfinite(x)]
    if effect.low is None or effect.high is None or len(known) < 3 or effect.high <= effect.low:
        return None
    places = 1 - math.floor(math.log10((effect.high - effect.low) / 2))
    if not 0 <= places <= 6 or max(map(abs, known)) >= 1e6:
        return None
    return places


def place_of(scale: str, device: str | None) -> str:
    """Return a scale, with any device family but the CPU: ``"memo on cuda"``."""
    if device in (None, "cpu"):
        return scale
    return f"{scale} on {device}"
