"""The closing table of a run."""

from __future__ import annotations

from collections.abc import Sequence

from cbspec.ledger.notation import interval, number_or_blank
from cbspec.report.record import Record
from cbspec.report.run import ranked
from cbspec.text_table import TextTable

COLUMNS = ("claim", "verdict", "effect", "estimate [interval]", "memo", "vs ledger", "s")


def row(record: Record) -> dict[str, str]:
    """Return the cells of one claim's row, in the order of `COLUMNS`."""
    texts = dict.fromkeys(COLUMNS, "")
    texts["claim"] = record.claim
    texts["verdict"] = record.judgement.verdict
    texts["vs ledger"] = _against(record)
    texts["s"] = f"{record.seconds:.1f}"
    effect = record.entry.decisive
    if effect:
        texts["effect"] = f"{effect.label} of {effect.measure}"
        texts["estimate [interval]"] = interval(effect)
        texts["memo"] = number_or_blank(effect.reported)
    return texts


def summary_table(records: Sequence[Record], width: int, *, colour: bool = False) -> str:
    """Return the table for a terminal of `width` columns.

    In a narrow terminal the seconds are left out, and long effect names take several lines. In a
    narrower one, each claim takes several lines. Nothing is cut.
    """
    if not records:
        return ""
    table = TextTable(
        *COLUMNS,
        right=("memo", "s"),
        wraps=("effect",),
        lead=("claim", "verdict", "vs ledger"),
        spare=("s",),
        coloured=("verdict", "vs ledger"),
    )
    for record in ranked(records):
        table.row(*row(record).values())
    return table.text(width, colour=colour)


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
