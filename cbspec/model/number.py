"""A number of things as text."""

from __future__ import annotations


def count(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun: ``"1 claim"``, ``"2 claims"``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {nouns or noun + 's'}"
