"""Rules for what a changed field does to an assertion: whether it is harder to meet than before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Way = Literal["looser", "tighter", "neutral"]
"""Looser includes every change that cannot be ordered; neutral asserts neither more nor less."""

Rule = Callable[[Any, Any], Way]
"""The values of a field before and after -> what the change does."""


def larger(before: Any, after: Any) -> Way:
    """A larger value is harder to meet, and so is a bound that was left out before."""
    return tighter_if(after is not None and (before is None or after > before))


def smaller(before: Any, after: Any) -> Way:
    """A smaller value is harder to meet, and so is a bound that was left out before."""
    return tighter_if(after is not None and (before is None or after < before))


def more(before: Any, after: Any) -> Way:
    """Each name is a condition: all that were there and others are harder to meet."""
    return tighter_if(set(before) <= set(after))


def unordered(before: Any, after: Any) -> Way:  # noqa: ARG001 - every rule takes both
    """Nothing can be said of what another value does."""
    return "looser"


def unasserted(before: Any, after: Any) -> Way:  # noqa: ARG001 - every rule takes both
    """Nothing is asserted by the field."""
    return "neutral"


def tighter_if(harder: bool) -> Way:
    """Return the way of a change that is harder to meet, or not."""
    if harder:
        return "tighter"
    return "looser"


def holds_each(parts: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    """Return whether each of the wanted parts is there."""
    # Asked one by one, as parts need not be hashable
    return all(part in parts for part in wanted)
