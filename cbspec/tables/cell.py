"""The cells of a table: each read as an id, as a number or as a value to compare with."""

from __future__ import annotations

from typing import Any

from cbspec.tables.column import Cell

MISSING = frozenset({"", "na", "n/a", "nan", "none", "null"})  # spellings of a missing value
TRUTH = {"true": 1.0, "false": 0.0}


def cell_id(cell: Any, paired: bool) -> str:
    """Return the id in a cell.

    A whole number is spelt as one, so that the seeds 7 and 7.0 are the same. In a column of text
    that holds for paired runs only, since other ids may be names such as 007.
    """
    text = _cell_text(cell)
    if paired or isinstance(cell, float):
        number = _number(text)
        if number is not None and number == number // 1:
            return str(int(number))
    return text


def cell_number(cell: Any, measure: str, run: str) -> float | None:
    """Return the number in a cell; None if the value is missing.

    Raises:
        ValueError: the cell is no number. The message is a predicate, with the measure and the run.
    """
    text = _cell_text(cell).lower()
    if text in MISSING:
        return None
    if text in TRUTH:
        return TRUTH[text]
    try:
        if "_" in text:  # Python accepts digit groups, but no table means them
            raise ValueError
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        shown = f"has {cell!r} as {measure} of run {run!r}"
        raise ValueError(f"{shown}, which is no number{_why_no_number(text)}") from None


def cell_is(cell: Any, wanted: Cell | tuple[Cell, ...]) -> bool:
    """Tell whether a cell equals a value, or one of several."""
    if isinstance(wanted, tuple):
        return any(_same(cell, value) for value in wanted)
    return _same(cell, wanted)


def _cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(cell).strip()


def _why_no_number(text: str) -> str:
    """Return how to spell what people read as a number, but each in their own way; else nothing."""
    if not any(letter.isdigit() for letter in text):
        return ""
    if "%" in text:
        return ": leave out the percent sign; the unit says what it is"
    if "," in text:
        return ": write a decimal point, and no separator of thousands"
    return ""


def _same(cell: Any, wanted: Cell) -> bool:
    """Tell whether a cell equals a value. In a text file, 0.10 equals the number 0.1."""
    if isinstance(wanted, bool):
        return str(cell).strip().lower() == str(wanted).lower()
    if isinstance(wanted, str):
        return str(cell).strip() == wanted
    return _number(_cell_text(cell)) == wanted


def _number(text: str) -> int | float | None:
    """Return the number in a text, with all its digits if it is a whole one; None if it is none."""
    if "_" in text:  # Python accepts digit groups, but no table means them
        return None
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None
