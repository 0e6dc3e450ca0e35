"""The table that ends a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabulate import tabulate

from cbspec.ledger.notation import interval, number
from cbspec.report.record import Record, ranked

COLUMNS = ("claim", "verdict", "effect", "estimate [interval]", "memo", "vs ledger", "s")
# By a narrow terminal, one after another
_GIVEN_UP = (
    "s",
    "memo",
    "effect",
    "estimate [interval]",
)
_NARROWEST = 12  # characters of an effect's name that still tell which it is
_GAP = 2  # tabulate's, between columns
_HEADING = 2  # tabulate's, spaces kept beside a heading


def row(record: Record) -> dict[str, str]:
    """The cells of one claim, by `COLUMNS`."""
    effect = record.entry.decisive
    return {
        "claim": record.claim,
        "verdict": record.judgement.verdict,
        "effect": f"{effect.label} of {effect.measure}" if effect else "",
        "estimate [interval]": interval(effect) if effect else "",
        "memo": number(effect.reported) if effect and effect.reported is not None else "",
        "vs ledger": _against(record),
        "s": f"{record.seconds:.1f}",
    }


def summary_table(records: Sequence[Record], width: int) -> str:
    """The table for a terminal of `width` columns.

    A narrow one shortens the effects' names, then gives up seconds, the memo's figures, the names,
    the figures; what is still too long is cut.
    """
    rows = [row(record) for record in ranked(records)]
    if not rows:
        return ""
    for count in range(len(_GIVEN_UP) + 1):
        columns = [column for column in COLUMNS if column not in _GIVEN_UP[:count]]
        room = (
            width
            - _taken(rows, [column for column in columns if column != "effect"])
            - _GAP * (len(columns) - 1)
        )
        if room >= min(_longest(rows, "effect"), _NARROWEST) if "effect" in columns else room >= 0:
            return _drawn(rows, columns, room)
    return "\n".join(shortened(line, width) for line in _drawn(rows, columns, 0).splitlines())


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters, cut at its end with three dots where there is room for
    them.
    """
    if len(text) <= width:
        return text
    return text[: width - 3] + "..." if width > 3 else text[:width]


def _against(record: Record) -> str:
    """Return the change, with the old verdict where it is another one, and whether adopted results
    were judged.
    """
    expected = record.comparison.expected
    adopted = ", adopted" if record.entry.adopted else ""
    if expected is None or expected.verdict == record.judgement.verdict:
        return f"{record.comparison.change}{adopted}"
    return f"{record.comparison.change} (was {expected.verdict}){adopted}"


def _taken(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> int:
    return sum(_longest(rows, column) for column in columns)


def _longest(rows: Sequence[Mapping[str, str]], column: str) -> int:
    return max(len(column) + _HEADING, *(len(cells[column]) for cells in rows))


def _drawn(rows: Sequence[Mapping[str, str]], columns: Sequence[str], room: int) -> str:
    """The table, names of effects cut to `room`."""
    body = []
    for cells in rows:
        shown = {**cells, "effect": shortened(cells["effect"], room)}
        body.append([shown[column] for column in columns])
    right = {"memo", "s"}
    align = ["right" if column in right else "left" for column in columns]
    return tabulate(body, headers=columns, tablefmt="simple", disable_numparse=True, colalign=align)
