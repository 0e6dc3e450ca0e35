"""Rules that tell whether a changed field makes an assertion tighter, which is harder to meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Way = Literal["looser", "tighter", "neutral"]
"""What a change does to an assertion. Changes that cannot be ordered count as looser."""

Rule = Callable[[Any, Any], Way]
"""The value of a field before, and the value after -> what the change does."""


def larger(before: Any, after: Any) -> Way:
    """Return tighter for a larger value, or for a bound that was left out before."""
    return tighter_if(after is not None and (before is None or after > before))


def smaller(before: Any, after: Any) -> Way:
    """Return tighter for a smaller value, or for a bound that was left out before."""
    return tighter_if(after is not None and (before is None or after < before))


def more(before: Any, after: Any) -> Way:
    """Return tighter if no name was removed. Each name is a condition, so more are tighter."""
    return tighter_if(set(before) <= set(after))


def fewer_parts(before: tuple[object, ...], after: tuple[object, ...]) -> Way:
    """Return tighter if parts were only removed, where one, or as many of fewer, has to hold."""
    return tighter_if(holds_each(before, after))


def unordered(before: Any, after: Any) -> Way:  # noqa: ARG001 - every rule takes both
    """Return looser, because values of this field cannot be ordered."""
    return "looser"


def unasserted(before: Any, after: Any) -> Way:  # noqa: ARG001 - every rule takes both
    """Return neutral, because this field asserts nothing."""
    return "neutral"


def tighter_if(harder: bool) -> Way:
    """Return tighter if the new assertion is harder to meet; otherwise looser."""
    if harder:
        return "tighter"
    return "looser"


def holds_each(parts: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    """Tell whether `parts` has each of the wanted parts."""
    # A set would need parts that are hashable
    return all(part in parts for part in wanted)
