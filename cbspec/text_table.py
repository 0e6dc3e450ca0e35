"""Tables for a terminal: as wide as it is, in its colours, and never cut."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from textwrap import wrap

from cbspec import terminal

GAP = 2  # tabulate's, between columns
HEADING = 2  # tabulate's, spaces kept beside a heading
NARROWEST = 16  # characters in which running text still reads well

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
        headings: of the columns.
        right: the columns that are aligned right.
        wraps: the columns of running text, whose cells take several lines where there is no room.
        lead: the columns that stay together in a terminal too narrow for columns; all by default.
        spare: the columns that a terminal goes without where it has no room for all.
        coloured: the columns whose verdicts and changes have colours.
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
        """Add a row; each cell is one line, whatever its text holds."""
        self.rows.append([terminal.line(str(cell)) for cell in cells])

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = None, *, colour: bool = False) -> str:
        """Return the table.

        Args:
            width: columns of the terminal; None where lines may have any length.
            colour: whether verdicts and changes have colours.
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
        """Return the widths of the columns that have to wrap; None where even that does not fit."""
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
            # What the shorter ones leave, the longer ones have
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
        """Return a few lines for each row: what leads, then the rest, on one line if it fits there,
        else each running text by itself.
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
    """Return text with its verdicts and changes in their colours."""
    from click import style

    return _WORDS.sub(lambda word: style(word[0], fg=COLOURS[word[0]]), text)


def _wrapped(text: str, width: int, *, painted: bool = False) -> list[str]:
    """Return text in lines of so many characters, a longer word broken, its verdicts in colour."""
    lines = wrap(text, width, break_on_hyphens=False)
    return list(map(coloured, lines)) if painted else lines
