"""Collecting the mistakes of a file: each once, and not more than a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from cbspec.errors import Diagnostic
from cbspec.language.node import Document, Node
from cbspec.model.origin import Origin
from cbspec.model.visible import visible

LIMIT = 50  # mistakes of one file


class TooMany(Exception):
    """The file has `LIMIT` mistakes, which is enough."""


class Diagnostics:
    """Collects the mistakes of a file. `add` raises `TooMany` at the limit.

    Attributes:
        scale: the scale that is being checked, if it is not the asked one. A mistake that is found
            only there names it.
        met: how many mistakes were added, repeated ones included.
    """

    def __init__(self) -> None:
        self.scale = ""
        self.met = 0
        self._unread: set[Origin] = set()  # places where the text itself is wrong
        self._stand_ins: set[str] = set()  # keys of wrong values that stand there
        self._kept: dict[tuple[Origin, str], Diagnostic] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, node: Node, message: str) -> None:
        """Add a mistake at a value or a key."""
        site = node.site or node
        key, shown = site.document.find(site)
        if shown.origin in self._unread:  # the value is only a stand-in for unreadable text
            self._stand_ins.add(visible(key))
            return
        line = site.document.line(shown.line)
        self._keep(Diagnostic(shown.origin, visible(key), visible(message), line))

    def add_at(self, document: Document, line: int, column: int, message: str) -> None:
        """Add a mistake in the text, before there are values."""
        origin = document.origin(line, column)
        self._unread.add(origin)
        self._keep(Diagnostic(origin, "", visible(message), document.line(line)))

    def extend(self, mistakes: Iterable[Diagnostic]) -> None:
        """Add the mistakes of another file, such as the defaults."""
        for mistake in mistakes:
            self._keep(mistake)

    def _keep(self, mistake: Diagnostic) -> None:
        self.met += 1
        if (mistake.origin, mistake.message) in self._kept:
            return
        if self.scale and f"scale {self.scale}" not in mistake.message:
            mistake = replace(mistake, message=f"{mistake.message} (at scale {self.scale})")
        self._kept.setdefault((mistake.origin, mistake.message), mistake)
        if len(self._kept) == LIMIT:
            end = Diagnostic(mistake.origin, "", f"there are more mistakes; {LIMIT} are shown")
            self._kept[mistake.origin, end.message] = end
            raise TooMany

    @property
    def sections(self) -> set[str]:
        """Return the top-level keys of the file that have mistakes; an empty one is the file's."""
        sections = set()
        for key in [*self._stand_ins, *(mistake.key for mistake in self._kept.values())]:
            section, *_ = re.split(r"[.\[]", key)
            sections.add(section)
        return sections

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Return all mistakes, by file and line."""
        return tuple(sorted(self._kept.values(), key=_place))


def _place(mistake: Diagnostic) -> tuple[str, int, int]:
    return str(mistake.origin.path), mistake.origin.line, mistake.origin.column


def shown(value: object) -> str:
    """Format a value for a message: short, and in the words of YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    if len(text) > 60:
        text = f"{text[:56]}...{text[-1]}"
    return text
