"""Making texts of claims, ledgers and stages safe for terminals and the logs of CI runs."""

from __future__ import annotations

from cbspec.model.visible import inert, visible


def lines(text: str) -> str:
    """Return a text of several lines with its control characters escaped."""
    return inert(visible(text, keep="\n\t"))


def line(text: str) -> str:
    """Return a text as one line with its control characters escaped."""
    return inert(visible(text))


def json(text: str) -> str:
    """Return a JSON document with control characters and workflow commands as JSON escapes."""
    return visible(text, keep="\n").replace("##[", "#\\u0023[")
