"""Text from claims, ledgers and stages as a terminal, or the log of a CI run, can show it."""

from __future__ import annotations

from cbspec.model.visible import inert, visible


def lines(text: str) -> str:
    """Return text of several lines without control over where it is shown."""
    return inert(visible(text, keep="\n\t"))


def line(text: str) -> str:
    """Return text as one line without control over where it is shown."""
    return inert(visible(text))


def json(text: str) -> str:
    """Return a JSON document with every control, mark and command in JSON's own escapes."""
    return visible(text, keep="\n").replace("##[", "#\\u0023[")
