"""Tables for a terminal. They fit its width, have its colours, and are never cut."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from textwrap import wrap

from cbspec import terminal

GAP = 2  # tabulate's spaces between columns
HEADING = 2  # tabulate's spaces beside a heading
NARROWEST = 16  # characters of a column in which running text is still readable

COLOURS = {
    "holds": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    "invalid": "magenta",
    "error": "bright_red",
    "flip": "bright_red",
    "goalposts": "bright_red",
    "weakened": "bright_red",
    "shift": "bright_red",
    "in doubt": "bright_red",
    "orphaned": "bright_red",
    "stale": "yellow",
    "superseded": "yellow",
}
_WORDS = re.compile(rf"\b({'|'.join(COLOURS)})\b")


class TextTable:
    """A table for people, filled row by row.

    Args:
        headings: the headings of the columns.
        right: the columns that are aligned right.
        wraps: the columns of running text, whose cells may take several lines.
        lead: the columns that share a line if the terminal is too narrow for columns; all by
            default.
        spare: the columns that are left out if there is no room for all.
        coloured: the columns whose verdicts and changes are coloured.
    """

    def __init__(
        self,
        *headings: str,
        right: Collection[str] = (),
        wraps: Collection[str] = (),
        lead: Collection[str] = (),
        spare: Collection[str] = (),
        coloured: Collection[str] = (),
    ) -> None:
        self.headings = headings
        self.rows: list[list[str]] = []
        self._right, self._wraps, self._spare = right, wraps, spare
        self._lead = lead or headings
        self._coloured = coloured

    def row(self, *cells: object) -> None:
        """Add a row. The text of each cell becomes one line."""
        self.rows.append([terminal.line(str(cell)) for cell in cells])

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = None, *, colour: bool = False) -> str:
        """Return the table.

        Args:
            width: the width of the terminal; None for lines of any length.
            colour: whether to colour verdicts and changes.
        """
        columns = list(range(len(self.headings)))
        if width is None:
            return self._drawn(columns, {}, colour=colour)
        for column in columns.copy():
            if self.headings[column] in self._spare and self._natural(columns) > width:
                columns.remove(column)
        widths = self._fitted(columns, width)
        if widths is None:
            return "\n".join(self._stacked(columns, width, colour=colour))
        return self._drawn(columns, widths, colour=colour)

    def _longest(self, column: int) -> int:
        longest = len(self.headings[column]) + HEADING
        for row in self.rows:
            longest = max(longest, len(row[column]))
        return longest

    def _natural(self, columns: Sequence[int]) -> int:
        """Return the width of the table with every cell on one line."""
        return sum(map(self._longest, columns)) + GAP * (len(columns) - 1)

    def _fitted(self, columns: Sequence[int], width: int) -> dict[int, int] | None:
        """Return the widths of the columns that have to wrap; None if even that does not fit."""
        room = width - self._natural(columns)
        if room >= 0:
            return {}
        wrapping = []
        for column in sorted(columns, key=self._longest):
            if self.headings[column] in self._wraps:
                wrapping.append(column)
                room += self._longest(column)
        widths: dict[int, int] = {}
        for column in wrapping:
            # Shorter columns get what they need, and longer ones share the rest
            share = room // (len(wrapping) - len(widths))
            widths[column] = min(share, self._longest(column))
            if widths[column] < min(NARROWEST, self._longest(column)):
                return None
            room -= widths[column]
        return widths or None

    def _drawn(self, columns: Sequence[int], widths: Mapping[int, int], *, colour: bool) -> str:
        from tabulate import tabulate

        body = []
        for row in self.rows:
            cells = []
            for column in columns:
                lines = [row[column]]
                if column in widths:
                    lines = _wrapped(row[column], widths[column])
                if self._paints(column, colour=colour):
                    lines = list(map(coloured, lines))
                cells.append("\n".join(lines))
            body.append(cells)
        headings = [self.headings[column] for column in columns]
        align = ["right" if heading in self._right else "left" for heading in headings]
        drawn = tabulate(
            body, headers=headings, tablefmt="simple", disable_numparse=True, colalign=align
        )
        return "\n".join(map(str.rstrip, drawn.splitlines()))

    def _stacked(self, columns: Sequence[int], width: int, *, colour: bool) -> list[str]:
        """Return a few lines for each row: the lead columns, then the others.

        The others share a line if they fit; otherwise each running text has its own.
        """
        lines: list[str] = []
        indent = "  " if width > NARROWEST else ""
        for row in self.rows:
            lead, rest, values = [], [], []
            for column in columns:
                heading, text = self.headings[column], row[column]
                if heading in self._lead:
                    lead.append(text)
                elif heading in self._wraps:
                    rest.append((text, self._paints(column, colour=colour)))
                elif text:
                    values.append(f"{heading} {text}" if heading in self._right else text)
            lines += _wrapped("  ".join(filter(None, lead)), width, painted=colour)
            rest.append(("  ".join(values), False))
            if sum(len(text) + GAP for text, _ in rest if text) <= width:
                whole = "  ".join(
                    coloured(text) if paints else text for text, paints in rest if text
                )
                lines.append(indent + whole)
                continue
            for text, paints in rest:
                for line in _wrapped(text, width - len(indent), painted=paints):
                    lines.append(indent + line)
        return lines

    def _paints(self, column: int, *, colour: bool) -> bool:
        return colour and self.headings[column] in self._coloured


def coloured(text: str) -> str:
    """Return a text with its verdicts and changes coloured."""
    from click import style

    return _WORDS.sub(lambda word: style(word[0], fg=COLOURS[word[0]]), text)


def _wrapped(text: str, width: int, *, painted: bool = False) -> list[str]:
    """Wrap a text to lines of `width` characters, breaking longer words, with coloured verdicts."""
    lines = wrap(text, width, break_on_hyphens=False)
    return list(map(coloured, lines)) if painted else lines
