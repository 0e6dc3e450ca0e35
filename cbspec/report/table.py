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
_ALIGNED = {"memo": "right", "s": "right"}
_NARROWEST = 12  # characters of an effect's name that still tell which it is
_GAP = 2  # tabulate's, between columns
_HEADING = 2  # tabulate's, spaces kept beside a heading


def row(record: Record) -> dict[str, str]:
    """Return what stands in the table of one claim, by `COLUMNS`."""
    texts = dict.fromkeys(COLUMNS, "")
    texts["claim"] = record.claim
    texts["verdict"] = record.judgement.verdict
    texts["vs ledger"] = _against(record)
    texts["s"] = f"{record.seconds:.1f}"
    effect = record.entry.decisive
    if effect:
        texts["effect"] = f"{effect.label} of {effect.measure}"
        texts["estimate [interval]"] = interval(effect)
        if effect.reported is not None:
            texts["memo"] = number(effect.reported)
    return texts


def summary_table(records: Sequence[Record], width: int) -> str:
    """The table for a terminal of `width` columns.

    A narrow one shortens the effects' names, then gives up seconds, the memo's values, the names,
    the estimates; what is still too long is cut.
    """
    rows = [row(record) for record in ranked(records)]
    if not rows:
        return ""
    columns = list(COLUMNS)
    for further in (*_GIVEN_UP, None):
        room = width - _taken(rows, columns)
        least = 0
        if "effect" in columns:
            least = min(_longest(rows, "effect"), _NARROWEST)
        if room >= least:
            return _drawn(rows, columns, room)
        if further:
            columns.remove(further)
    table = _drawn(rows, columns, 0)
    return "\n".join(shortened(line, width) for line in table.splitlines())


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
    text: str = record.comparison.change
    expected = record.comparison.expected
    if expected is not None and expected.verdict != record.judgement.verdict:
        text += f" (was {expected.verdict})"
    if record.entry.adopted:
        text += ", adopted"
    return text


def _taken(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> int:
    """Return the width of all columns but that of the effects' names, and of the gaps."""
    taken = _GAP * (len(columns) - 1)
    for column in columns:
        if column != "effect":
            taken += _longest(rows, column)
    return taken


def _longest(rows: Sequence[Mapping[str, str]], column: str) -> int:
    return max(len(column) + _HEADING, *(len(texts[column]) for texts in rows))


def _drawn(rows: Sequence[Mapping[str, str]], columns: Sequence[str], room: int) -> str:
    """The table, names of effects cut to `room`."""
    body = []
    for texts in rows:
        shown = {**texts, "effect": shortened(texts["effect"], room)}
        body.append(list(map(shown.__getitem__, columns)))
    align = [_ALIGNED.get(column, "left") for column in columns]
    return tabulate(body, headers=columns, tablefmt="simple", disable_numparse=True, colalign=align)
